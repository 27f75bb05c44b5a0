import { ServiceError } from '../errors.ts';
import type { DecisionName, Driver } from '../driver.ts';
import type { Receiver } from '../receiver.ts';
import type { Registry } from '../registry.ts';
import type { Deliveries } from './deliveries.ts';
import type { DeliveryIntake, Hit } from './delivery-intake.ts';
import { type DeliveryRecord, type DeliverySummary, isEnded, type TargetRecord } from './delivery-record.ts';
import { type DeliveryStore, StoreUnavailableError } from './delivery-store.ts';
import { rehearse, type Rehearsal } from './rehearsal.ts';
import type { RunningWork } from './running-work.ts';

/** Where the receivers of today are found. */
export interface ReceiverSource {
  /** @throws ServiceError where that cannot be told. */
  get(projectId: string, receiverId: string): Promise<Receiver | undefined>;
}

export interface DeliveryControlOptions {
  readonly store: DeliveryStore;
  readonly drivers: Registry<Driver>;
  readonly receivers: ReceiverSource;
  readonly running: RunningWork;
  readonly intake: DeliveryIntake;
  /** True where other processes may write into the same store. */
  readonly shared: boolean;
  /** Called after work became ready. */
  wake(): void;
}

/** How often listeners are told at least, where other processes write too, milliseconds. */
const tellEveryMs = 1_000;

/** What people do with stored deliveries. */
export class DeliveryControl implements Deliveries {
  readonly #options: DeliveryControlOptions;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout | undefined;
  #telling = false;

  constructor(options: DeliveryControlOptions) {
    this.#options = options;
    if (options.shared) {
      this.#timer = setInterval(() => this.changed(), tellEveryMs);
      this.#timer.unref();
    }
  }

  readonly get: Deliveries['get'] = (...query) => available(this.#options.store.get(...query));
  readonly list: Deliveries['list'] = (query) => available(this.#options.store.list(query));
  readonly events: Deliveries['events'] = (query) => available(this.#options.store.events(query));
  readonly getTarget: Deliveries['getTarget'] = (...query) => available(this.#options.store.getTarget(...query));
  readonly listTargets: Deliveries['listTargets'] = (projectId) => available(this.#options.store.listTargets(projectId));

  async replay(projectId: string, deliveryId: string, by: string): Promise<string> {
    const replayed = await available(this.#options.store.getForReplay(projectId, deliveryId));
    if (replayed === undefined) throw notFound('delivery', deliveryId);
    const { summary, request, actions } = replayed;
    if (!isEnded(summary.state)) throw new ServiceError('Conflict', `Delivery ${deliveryId} has not ended`);
    const receiver = await this.#receiverOfToday(projectId, summary);
    const driver = this.#options.drivers.require(
      typeof receiver.driver === 'string' ? receiver.driver : '',
      'Conflict',
      (id) => `Driver ${id} of the receiver is not registered`,
    );
    const hit: Hit = { receiver, driver, request };
    const origin = { replayOf: deliveryId, requestedBy: by, ...(actions.length > 0 && { actions }) };
    return (await this.#options.intake.take(hit, origin)).id;
  }

  async cancel(projectId: string, deliveryId: string, by: string): Promise<DeliveryRecord> {
    const { store, running } = this.#options;
    const before = await this.get(projectId, deliveryId);
    if (before === undefined) throw notFound('delivery', deliveryId);
    if (isEnded(before.state)) throw new ServiceError('Conflict', `Delivery ${deliveryId} has ended`);
    const cancelled = await available(store.cancel(projectId, deliveryId, by));
    running.cancel(cancelled?.running ?? []);
    this.changed();
    this.#options.wake();
    return (await this.get(projectId, deliveryId)) ?? before;
  }

  async decide(projectId: string, deliveryId: string, decision: DecisionName, by: string): Promise<DeliveryRecord> {
    const told = await available(this.#options.store.decide(projectId, deliveryId, decision, by));
    const delivery = await this.get(projectId, deliveryId);
    if (told === undefined || delivery === undefined) throw notFound('delivery', deliveryId);
    if (told === 0) throw new ServiceError('Conflict', `Delivery ${deliveryId} does not await ${decision}`);
    this.changed();
    this.#options.wake();
    return delivery;
  }

  async hold(
    projectId: string,
    targetId: string,
    { image, reason, by }: { image: string; reason: string; by: string },
  ): Promise<TargetRecord> {
    const target = await available(this.#options.store.hold(projectId, targetId, { image, reason, heldBy: by }));
    if (target === undefined) throw notFound('target', targetId);
    this.changed();
    return target;
  }

  async release(projectId: string, targetId: string, { image }: { image?: string; by: string }): Promise<TargetRecord> {
    const target = await available(this.#options.store.releaseHold(projectId, targetId, image));
    if (target === undefined) throw notFound('target', targetId);
    return target;
  }

  rehearse(hit: Hit): Promise<Rehearsal> {
    const { intake, store } = this.#options;
    return available(rehearse(intake, store, hit));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the listeners soon, once for many changes. */
  changed(): void {
    if (this.#telling || this.#listeners.size === 0) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      for (const listener of this.#listeners) listener();
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The receiver, or the one that took over its URL. */
  async #receiverOfToday(projectId: string, { receiver, id }: DeliverySummary): Promise<Receiver> {
    const found = await this.#options.receivers.get(projectId, receiver.id);
    if (found === undefined || found.removed) throw new ServiceError('Conflict', `The receiver of delivery ${id} is removed`);
    const heir = found.replacedBy === undefined ? undefined : await this.#options.receivers.get(projectId, found.replacedBy);
    return heir !== undefined && !heir.removed ? heir : found;
  }
}

function notFound(type: 'delivery' | 'target', id: string): ServiceError {
  return new ServiceError('NotFound', `There is no ${type} ${id}`);
}

async function available<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    if (!(thrown instanceof StoreUnavailableError)) throw thrown;
    throw new ServiceError('Unavailable', 'The store of deliveries cannot be used at the moment, try again later', {
      cause: thrown,
      retryAfterSeconds: 5,
    });
  }
}
