import crypto from 'node:crypto';
import { decodeStoredConfig } from './definition.ts';
import type { ActionResult, Delivery, DeliveryRequest, Driver, DriverConfig, Plan, PlannedAction } from './driver.ts';
import { coerceError, ServiceError } from './errors.ts';
import { KeyedLock } from './keyed-lock.ts';
import { limits } from './limits.ts';
import type { Receiver } from './receiver.ts';
import { TargetQueue } from './target-queue.ts';

/** Hears what becomes of deliveries: a log, a terminal. Must not throw. */
export interface DeliveryObserver {
  ignored?(delivery: Delivery, reason: string): void;
  planned?(delivery: Delivery, plan: Plan): void;
  progress?(delivery: Delivery, action: PlannedAction, message: string): void;
  ended?(delivery: Delivery, action: PlannedAction, result: ActionResult): void;
  failed?(delivery: Delivery, error: Error): void;
}

/** A delivery on its way, with what the way needs. */
interface Journey {
  readonly delivery: Delivery;
  readonly driver: Driver;
  readonly config: DriverConfig;
}

/** Takes deliveries to their drivers: inline ones while the caller waits, queued ones behind its back. */
export class Dispatcher {
  readonly #observer: DeliveryObserver;
  readonly #abort = new AbortController();
  readonly #exclusive = new KeyedLock();
  readonly #queue = new TargetQueue();
  readonly #running = new Set<Promise<void>>();

  constructor(observer: DeliveryObserver) {
    this.#observer = observer;
  }

  /**
   * Resolves once the sender may be told that its delivery was taken.
   * @throws ServiceError a refusal, or an inline driver's failure.
   */
  async deliver(receiver: Receiver, driver: Driver, request: DeliveryRequest): Promise<void> {
    const config = decodeStoredConfig(driver.definition, receiver.config);
    const acceptance = driver.accept(request, config);
    const { id, name, projectId } = receiver;
    const events = acceptance.kind === 'accepted' ? acceptance.events : [];
    const journey = { delivery: { id: crypto.randomUUID(), projectId, receiver: { id, name }, request, events }, driver, config };
    if (receiver.paused) return this.#observer.ignored?.(journey.delivery, 'receiver is paused');
    if (acceptance.kind === 'ignored') return this.#observer.ignored?.(journey.delivery, acceptance.reason);
    if (driver.definition.mode === 'inline') return this.#deliverInline(journey);
    if (this.#running.size >= limits.waitingDeliveries || this.#abort.signal.aborted) {
      throw new ServiceError('Unavailable', 'Too many deliveries are waiting, try again later', { retryAfterSeconds: 5 });
    }
    const work = this.#deliverQueued(journey).finally(() => this.#running.delete(work));
    this.#running.add(work);
    return undefined;
  }

  /** Ends what is under way; resolves when nothing is. */
  async stop(): Promise<void> {
    this.#abort.abort(new ServiceError('Unavailable', 'The service is stopping'));
    await Promise.allSettled(this.#running);
  }

  async #deliverInline(journey: Journey): Promise<void> {
    const { driver, config, delivery } = journey;
    const key = driver.exclusive?.(config, delivery.projectId);
    const work = async (): Promise<void> => {
      const plan = await this.#plan(journey);
      for (const action of plan.actions) await this.#execute(journey, action);
    };
    await (key === undefined ? work() : this.#exclusive.run(key, work));
  }

  async #deliverQueued(journey: Journey): Promise<void> {
    try {
      const plan = await this.#plan(journey);
      await Promise.all(plan.actions.map((action) => this.#runQueued(journey, action)));
    } catch (thrown) {
      this.#observer.failed?.(journey.delivery, coerceError(thrown));
    }
  }

  async #runQueued(journey: Journey, action: PlannedAction): Promise<void> {
    const stream = JSON.stringify([journey.delivery.receiver.id, action.target]);
    const ran = await this.#queue.run(action.target, stream, async () => {
      try {
        await this.#execute(journey, action);
      } catch (thrown) {
        const { message } = coerceError(thrown);
        this.#observer.ended?.(journey.delivery, action, { outcome: 'failed', message });
      }
    });
    if (!ran) this.#observer.ended?.(journey.delivery, action, { outcome: 'superseded', message: 'a newer push took its place' });
  }

  async #plan({ driver, delivery, config }: Journey): Promise<Plan> {
    const plan = await driver.plan(delivery, config, this.#abort.signal);
    this.#observer.planned?.(delivery, plan);
    return plan;
  }

  async #execute({ driver, delivery, config }: Journey, action: PlannedAction): Promise<void> {
    const { signal } = this.#abort;
    const progress = (message: string): void => this.#observer.progress?.(delivery, action, message);
    const result = await driver.execute(action, {
      config,
      delivery,
      signal,
      progress,
      beforeWrite: async () => signal.throwIfAborted(),
    });
    this.#observer.ended?.(delivery, action, result);
  }
}
