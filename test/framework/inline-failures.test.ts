import { expect } from 'chai';
import type { DeliveryEngine } from '../../src/framework/deliveries/delivery-engine.ts';
import type { Driver } from '../../src/framework/driver.ts';
import { activeReceiver } from '../support/active-receiver.ts';
import { startEngine } from '../support/start-engine.ts';
import { openTemporaryStore } from '../support/temporary-store.ts';
import { testDriver } from '../support/test-drivers.ts';

const receiver = activeReceiver('inline', { name: 'scale' });

describe('the sender of an inline delivery that was stopped in the middle', () => {
  let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
  let engine: DeliveryEngine;
  let begun: PromiseWithResolvers<string>;
  let cancelled: PromiseWithResolvers<void>;
  let mayPlan: Promise<void> | undefined;

  const plain = testDriver('inline', 'inline');
  const driver: Driver = {
    ...plain,
    async plan(delivery, config, signal) {
      if (mayPlan !== undefined) {
        begun.resolve(delivery.id);
        await mayPlan;
      }
      return plain.plan(delivery, config, signal);
    },
    async execute(_action, { delivery, signal }) {
      begun.resolve(delivery.id);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    },
  };

  beforeEach(async () => {
    begun = Promise.withResolvers();
    cancelled = Promise.withResolvers();
    mayPlan = undefined;
    opened = await openTemporaryStore();
    engine = await startEngine({ drivers: [driver], receiver, store: opened.store });
  });

  afterEach(async () => {
    await engine.stop();
    await opened.close();
  });

  async function stopped(stop: (id: string) => Promise<unknown>): Promise<{ failure?: Error; state: unknown; message: unknown }> {
    const taken = engine.intake.take({ receiver, driver, request: { headers: {}, query: '', body: Buffer.alloc(0) } });
    const id = await begun.promise;
    await stop(id);
    const { failure } = await taken;
    const { state, message } = (await opened.store.get('1a5', id)) ?? {};
    return { ...(failure && { failure }), state, message };
  }

  it('is told so where somebody cancelled it', async () => {
    const { failure, ...rest } = await stopped((id) => engine.control.cancel('1a5', id, 'user 1a1'));
    expect(failure).to.include({ code: 'Conflict', message: 'Error The delivery was cancelled in executing driver for inline' });
    expect(rest).to.deep.equal({ state: 'cancelled', message: 'cancelled' });
  });

  it('is told so where that was by another process, while it was planned', async () => {
    mayPlan = cancelled.promise;
    const { failure, ...rest } = await stopped(async (id) => {
      await opened.store.cancel('1a5', id, 'user 1a1');
      cancelled.resolve();
    });
    expect(failure).to.include({ code: 'Conflict', message: 'Error The delivery was cancelled in executing driver for inline' });
    expect(rest).to.deep.equal({ state: 'cancelled', message: 'cancelled by user 1a1' });
  });

  it('is told to come again where the service stops', async () => {
    const { failure, ...rest } = await stopped(() => engine.stop());
    expect(failure).to.include({ code: 'Unavailable', retryAfterSeconds: 5 });
    expect(rest).to.deep.equal({ state: 'failed', message: 'the service is stopping' });
  });
});
