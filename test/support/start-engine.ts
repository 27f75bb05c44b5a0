import { DeliveryEngine } from '../../src/framework/deliveries/delivery-engine.ts';
import type { DeliveryObserver } from '../../src/framework/deliveries/delivery-observer.ts';
import type { DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import { defaultRetention } from '../../src/framework/deliveries/retention.ts';
import type { Driver } from '../../src/framework/driver.ts';
import { createLog } from '../../src/framework/log.ts';
import { hasEnded, type Receiver } from '../../src/framework/receiver.ts';
import { createRegistry } from '../../src/framework/registry.ts';
import { openTemporaryStore } from './temporary-store.ts';

export interface StartEngineOptions {
  readonly drivers: readonly Driver[];
  /** The only receiver there is, or how it is now. */
  readonly receiver: Receiver | (() => Receiver | undefined);
  readonly observer?: DeliveryObserver;
  /** One that outlives the engine; else it gets its own. */
  readonly store?: DeliveryStore;
  readonly shared?: boolean;
}

/** The delivery engine alone, in front of a real store and behind no HTTP. */
export async function startEngine(options: StartEngineOptions): Promise<DeliveryEngine & { readonly store: DeliveryStore }> {
  const own = options.store ? undefined : await openTemporaryStore();
  const store = options.store ?? own?.store;
  if (store === undefined) throw new Error('there is no store');
  const find = (): Receiver | undefined => (typeof options.receiver === 'function' ? options.receiver() : options.receiver);
  const engine = new DeliveryEngine({
    store,
    drivers: createRegistry(options.drivers, ({ definition }) => definition.id),
    receivers: {
      get: () => Promise.resolve(find()),
      confirm() {
        const receiver = find();
        if (receiver === undefined || hasEnded(receiver)) return Promise.resolve({ state: 'removed' as const });
        return Promise.resolve({ state: receiver.paused ? ('paused' as const) : ('active' as const), receiver });
      },
    },
    observer: options.observer ?? {},
    openConfig: (_driver, { config }) => config,
    retention: defaultRetention,
    log: createLog(() => undefined),
    shared: options.shared ?? false,
  });
  await engine.start();
  const stop = engine.stop.bind(engine);
  return Object.assign(engine, {
    store,
    async stop() {
      await stop();
      await own?.close();
    },
  });
}
