import crypto from 'node:crypto';
import { coerceError, ServiceError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Registry } from '../registry.ts';
import type { Driver } from '../driver.ts';
import type { Receiver } from '../receiver.ts';
import { DeliveryControl, type ReceiverSource } from './delivery-control.ts';
import { DeliveryIntake } from './delivery-intake.ts';
import type { DeliveryObserver } from './delivery-observer.ts';
import type { DeliveryStore, RetentionPolicy } from './delivery-store.ts';
import { InlineTurns } from './inline-turns.ts';
import { recordOutcome } from './record-outcome.ts';
import { Retention } from './retention.ts';
import { RunningWork } from './running-work.ts';
import { SenderAuthenticity } from '../sender-authenticity/sender-authenticity.ts';
import { UpstreamLimits } from './upstream-limits.ts';
import { WorkLoop } from './work-loop.ts';
import { WorkRunner, type WorkRunnerOptions } from './work-runner.ts';

export interface DeliveryEngineOptions extends Pick<WorkRunnerOptions, 'drivers' | 'openConfig'> {
  readonly store: DeliveryStore;
  readonly drivers: Registry<Driver>;
  readonly receivers: WorkRunnerOptions['receivers'] & ReceiverSource;
  readonly observer: DeliveryObserver;
  readonly retention: RetentionPolicy;
  /** Verifies senders; absent: none that proves itself by a token. */
  readonly senders?: SenderAuthenticity;
  readonly log: Log;
  /** True where other processes may work on the same store. */
  readonly shared: boolean;
}

/** How long inline deliveries under way may take to end when the process stops, milliseconds. */
const inlineGraceMs = 1_000;
/** How long work may take to come to a safe point, milliseconds. */
const stopGraceMs = 2_000;

/** Takes deliveries, does their work, and tells of both: all that there is between the API and the store. */
export class DeliveryEngine {
  readonly intake: DeliveryIntake;
  readonly control: DeliveryControl;
  readonly #options: DeliveryEngineOptions;
  readonly #running: RunningWork;
  readonly #loop: WorkLoop;
  readonly #retention: Retention;
  #stopping = false;

  constructor(options: DeliveryEngineOptions) {
    const { store, drivers, receivers, observer, log, shared } = options;
    this.#options = options;
    this.#running = new RunningWork(store, crypto.randomUUID());
    const running = this.#running;
    const runner = new WorkRunner({ store, running, drivers, receivers, observer, openConfig: options.openConfig });
    const limits = new UpstreamLimits();
    this.#loop = new WorkLoop({ store, running, runner, limits, log, shared, changed: () => this.control.changed() });
    this.#retention = new Retention(store, options.retention, log);
    this.intake = new DeliveryIntake({
      store,
      running,
      runner,
      turns: new InlineTurns(store, running),
      observer,
      senders: options.senders ?? new SenderAuthenticity(),
      openConfig: options.openConfig,
      refusal: () => this.#refusal(),
      accepted: () => {
        this.#loop.wake();
        this.control.changed();
      },
    });
    this.control = new DeliveryControl({
      store,
      drivers,
      receivers,
      running,
      intake: this.intake,
      shared,
      wake: () => this.#loop.wake(),
    });
  }

  /** True while deliveries are taken. */
  get ready(): boolean {
    const { available } = this.#options.store.health?.() ?? { available: true };
    return available && this.#refusal() === undefined;
  }

  /** Takes up what an earlier process left, and begins to work. */
  async start(): Promise<void> {
    if (!this.#options.shared) await this.#options.store.endAllLeases();
    this.#retention.start();
    this.#loop.start();
  }

  /** Looks at once at what waits for a receiver that was paused, or that a person was to decide about: it may be gone. */
  receiverChanged({ projectId, id }: Pick<Receiver, 'projectId' | 'id'>): void {
    this.#options.store.wake({ projectId, receiverId: id }).then(
      () => this.#loop.wake(),
      // It is looked at later, when its time has come.
      () => undefined,
    );
  }

  /** From now on nothing is taken any more. */
  drain(): void {
    this.#stopping = true;
  }

  /** Ends what is under way at its next safe point, and leaves the rest to the next process. */
  async stop(): Promise<void> {
    this.drain();
    this.#retention.stop();
    this.control.stop();
    const loopEnded = this.#loop.stop();
    await within(inlineGraceMs, this.intake.settled());
    this.#running.abortAll();
    await within(stopGraceMs, Promise.all([loopEnded, this.intake.settled()]));
    this.#running.stop();
    const deadline = performance.now() + stopGraceMs;
    try {
      // Left to run out they would count as those of a process that crashed.
      await recordOutcome(
        () => this.#options.store.release(this.#running.owner),
        () => performance.now() < deadline,
      );
    } catch (thrown) {
      // The leases run out by themselves.
      this.#options.log.warn('leases could not be given up', { error: coerceError(thrown) });
    }
  }

  #refusal(): ServiceError | undefined {
    if (this.#stopping) return new ServiceError('Unavailable', 'The service is stopping', { retryAfterSeconds: 5 });
    if (this.#retention.full) {
      const message = 'The store of deliveries is full: nothing that it holds may be deleted yet';
      return new ServiceError('Unavailable', message, { retryAfterSeconds: 60 });
    }
    return undefined;
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
