import { setTimeout as wait } from 'node:timers/promises';
import { decodeStoredConfig } from '../definition.ts';
import type { ActionPause, ActionResult, Delivery, Driver, DriverConfig, PlannedAction } from '../driver.ts';
import { coerceError, ServiceError } from '../errors.ts';
import type { Receiver } from '../receiver.ts';
import type { Registry } from '../registry.ts';
import { abortOfRemoved, type Attempt, deliveryOf, inlineFailure, safeMessage, undone, withDeadline } from './attempt.ts';
import type { DeliveryObserver } from './delivery-observer.ts';
import {
  type Claim,
  type DeliveryStore,
  LeaseLostError,
  type PlannedWork,
  type Postponement,
  StoreUnavailableError,
  type WorkEnd,
} from './delivery-store.ts';
import { InlineEnds } from './inline-ends.ts';
import { recordOutcome, storeRetryMs } from './record-outcome.ts';
import { decideRetry } from './retry-policy.ts';
import { CancelledError, type RunningWork, StoppingError } from './running-work.ts';

/** Whether a receiver that was hit still is there; see design: asked before each attempt. */
export interface ReceiverStates {
  /** @throws ServiceError `Unavailable` where that cannot be told. */
  confirm(
    projectId: string,
    receiverId: string,
  ): Promise<{ readonly state: 'active' | 'paused' | 'removed'; readonly receiver?: Receiver }>;
}

export interface WorkRunnerOptions {
  readonly store: DeliveryStore;
  readonly running: RunningWork;
  readonly drivers: Registry<Driver>;
  readonly receivers: ReceiverStates;
  readonly observer: DeliveryObserver;
  /** Opens the sealed secrets of a config, which was stored for the receiver. */
  openConfig(driver: Driver, receiver: Pick<Receiver, 'key' | 'config'>): unknown;
}

/** What an attempt says about the upstream. */
export type AttemptOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'none' };

/** For how long a paused receiver's work waits before it is looked at again, milliseconds. */
const pausedMs = 5_000;
/** For how long planning may take, and one attempt at an action, whatever the driver does; milliseconds. */
const planDeadlineMs = 5 * 60_000;
const actionDeadlineMs = 24 * 3_600_000;

/** Does claimed work: plans a delivery, or does an action, and records what comes of it. */
export class WorkRunner {
  readonly #options: WorkRunnerOptions;

  constructor(options: WorkRunnerOptions) {
    this.#options = options;
  }

  /**
   * One attempt at queued work, recorded whatever becomes of it. Never rejects.
   * @param following see {@link ActionContext.following}
   */
  async run(claim: Claim, following: () => void): Promise<AttemptOutcome> {
    try {
      return await this.#options.running.run(claim, (signal) => this.#attemptOrGiveBack(claim, signal, following));
    } catch (thrown) {
      // Unless it was given back, the lease runs out, and the work is taken up again: by this process or another.
      this.#options.observer.failed?.(deliveryOf(claim), coerceError(thrown));
      return { kind: 'none' };
    }
  }

  /**
   * Plans an inline delivery and does its actions while the caller waits.
   * @throws ServiceError what the caller is to be told.
   */
  runInline(claim: Claim, delivery: Delivery, driver: Driver, config: DriverConfig): Promise<void> {
    const { store, running, observer } = this.#options;
    const ends = new InlineEnds(store, claim, delivery, observer);
    return running.run(claim, async (signal) => {
      const attempt: Attempt = { claim, driver, config, delivery, signal, following: () => undefined };
      let planned = claim.actions;
      try {
        if (planned.length === 0) planned = await this.#plan(attempt);
        for (const work of planned) await this.#endInlineAction(attempt, work, ends);
        if (planned.length > 0) await ends.record(undefined, { state: 'succeeded', message: '' });
      } catch (thrown) {
        const error = coerceError(thrown);
        if (error instanceof StoreUnavailableError) {
          // Others wait for the lane, and the same delivery may come again.
          await ends.record(undefined, { state: 'interrupted', message: 'interrupted: its store failed' });
        } else if (!(error instanceof LeaseLostError)) {
          const state = signal.reason instanceof CancelledError ? 'cancelled' : 'failed';
          observer.failed?.(delivery, error);
          await ends.record(undefined, { state, message: safeMessage(error) });
        }
        throw inlineFailure(error);
      }
      if (planned.length === 0 && (await this.#isCancelled(delivery))) throw inlineFailure(new CancelledError('cancelled'));
    });
  }

  /** A plan that comes after a cancel is recorded without actions, as one that has nothing to do. */
  async #isCancelled({ projectId, id }: Delivery): Promise<boolean> {
    const found = await this.#options.store.get(projectId, id).catch(() => undefined);
    return found?.state === 'cancelled';
  }

  async #endInlineAction(attempt: Attempt, work: PlannedWork, ends: InlineEnds): Promise<void> {
    try {
      const result = await this.#execute(attempt, work);
      if (result.outcome === 'waiting') throw new Error('an inline action cannot be paused');
      await ends.record(work.id, { state: result.outcome, message: result.message });
      this.#options.observer.ended?.(attempt.delivery, work.action, result);
    } catch (thrown) {
      if (thrown instanceof LeaseLostError || thrown instanceof StoreUnavailableError) throw thrown;
      const message = safeMessage(coerceError(thrown));
      const state = attempt.signal.reason instanceof CancelledError ? 'cancelled' : 'failed';
      await ends.record(work.id, { state, message });
      throw thrown;
    }
  }

  /** What cannot be begun is not lost: it is given back as soon as the store can be used again, within the lease. */
  async #attemptOrGiveBack(claim: Claim, signal: AbortSignal, following: () => void): Promise<AttemptOutcome> {
    try {
      return await this.#attempt(claim, signal, following);
    } catch (thrown) {
      if (thrown instanceof StoreUnavailableError && !signal.aborted) {
        await wait(storeRetryMs);
        await this.#postpone(claim, signal, { message: '', readyAt: Date.now(), counts: false }).catch(() => undefined);
      }
      throw thrown;
    }
  }

  async #attempt(claim: Claim, signal: AbortSignal, following: () => void): Promise<AttemptOutcome> {
    const delivery = deliveryOf(claim);
    try {
      const driver = this.#options.drivers.find(claim.delivery.driver);
      if (driver === undefined) throw new ServiceError('BadReceiver', `Driver ${claim.delivery.driver} is not registered`);
      const { receiver: found } = claim.delivery;
      const { state, receiver } = await this.#options.receivers.confirm(delivery.projectId, found.id);
      // What has begun comes to its end: half an upgrade is worse than none, whatever became of the receiver.
      const begun = claim.actions.some(({ step }) => step !== '');
      if (state === 'removed' && !begun) return await this.#cancel(claim, delivery, signal, 'receiver removed');
      if (state === 'paused' && !begun) {
        const readyAt = Date.now() + pausedMs;
        await this.#postpone(claim, signal, { message: 'receiver is paused', readyAt, counts: false });
        return { kind: 'none' };
      }
      const opened = this.#options.openConfig(driver, { key: receiver?.key ?? '', config: claim.delivery.config });
      const decision = claim.decision ?? (state === 'removed' ? abortOfRemoved(claim) : undefined);
      const config = decodeStoredConfig(driver.definition, opened);
      const attempt = { claim, driver, config, delivery, signal, decision, following };
      if (claim.kind === 'plan') await this.#plan(attempt);
      else for (const work of claim.actions) await this.#act(attempt, work);
      return { kind: 'answered' };
    } catch (thrown) {
      return this.#failed(claim, delivery, coerceError(thrown), signal);
    }
  }

  async #plan(attempt: Attempt): Promise<PlannedWork[]> {
    const { driver, delivery, config, claim, signal } = attempt;
    const plan = await driver.plan(delivery, config, withDeadline(signal, planDeadlineMs));
    const { actions, skipped = [], holds = [] } = plan;
    const planned = await this.#options.store.recordPlan(claim, { actions, skipped, holds });
    this.#options.observer.planned?.(delivery, plan);
    return planned;
  }

  async #act(attempt: Attempt, work: PlannedWork): Promise<void> {
    const { observer } = this.#options;
    const { claim, delivery, signal } = attempt;
    const current = await this.#upToDate(attempt, work);
    const result = 'reason' in current ? undone(current.reason, work) : await this.#execute(attempt, current);
    if (result.outcome === 'waiting') {
      const { message, until: readyAt, awaits } = result;
      await this.#postpone(claim, signal, { message, readyAt, counts: false, awaits });
      observer.paused?.(delivery, work.action, result);
      return;
    }
    const nothing = 'reason' in current && work.step === '';
    await this.#end(claim, signal, {
      state: nothing ? 'ignored' : result.outcome,
      message: result.message,
      ...(result.hold && { hold: result.hold }),
    });
    observer.ended?.(delivery, work.action, nothing ? { outcome: 'ignored', message: result.message } : result);
  }

  /** The action as it is to be done now that others have changed its target. */
  async #upToDate(
    { claim, driver, delivery, config, signal }: Attempt,
    work: PlannedWork,
  ): Promise<PlannedWork | { reason: string }> {
    if (!claim.outdated || driver.replan === undefined) return work;
    const planned = await driver.replan(work.action, delivery, config, withDeadline(signal, planDeadlineMs));
    if ('reason' in planned) return planned;
    await this.#options.store.replacePlannedAction(claim, work.id, planned.action);
    return { ...work, action: planned.action };
  }

  #execute(
    { claim, driver, delivery, config, signal, decision, following }: Attempt,
    { id, action, step }: PlannedWork,
  ): Promise<ActionResult | ActionPause> {
    const { store, running, observer } = this.#options;
    return driver.execute(action, {
      config,
      delivery,
      signal: withDeadline(signal, actionDeadlineMs),
      resumed: step !== '',
      ...(step !== '' && { step }),
      ...(decision && { decision }),
      progress: (message, rollout) => {
        observer.progress?.(delivery, action, message);
        // What cannot be told is not worth a failure.
        store.recordProgress(claim, id, message, rollout).catch(() => undefined);
      },
      beforeWrite: (name) => running.beforeWrite(claim, id, name),
      following,
    });
  }

  async #failed(claim: Claim, delivery: Delivery, error: Error, signal: AbortSignal): Promise<AttemptOutcome> {
    const reason: unknown = signal.aborted ? signal.reason : error;
    // Given back when the process stops, or somebody else's already.
    if (reason instanceof StoppingError || reason instanceof LeaseLostError) return { kind: 'none' };
    if (error instanceof StoreUnavailableError) throw error;
    if (reason instanceof CancelledError) return this.#cancelRunning(claim, delivery, signal);
    const { observer } = this.#options;
    const { attempt, firstAttemptAt } = claim;
    const decision = decideRetry({ error, attempt, firstAttemptAt, now: Date.now() });
    const action = claim.actions[0]?.action;
    if (decision.retry) {
      const { readyAt, notBefore } = decision;
      const message = `attempt ${attempt} failed: ${safeMessage(error)}`;
      const asked = notBefore === undefined ? {} : { notBefore };
      await this.#postpone(claim, signal, { message, readyAt, counts: true, ...asked });
      observer.postponed?.(delivery, action, message, readyAt, error);
    } else {
      await this.#end(claim, signal, { state: 'dead', message: decision.message });
      observer.failed?.(delivery, error);
      if (action !== undefined) observer.ended?.(delivery, action, { outcome: 'dead', message: decision.message });
    }
    return { kind: 'failed', error };
  }

  async #cancelRunning(claim: Claim, delivery: Delivery, signal: AbortSignal): Promise<AttemptOutcome> {
    const message = 'cancelled while it was being done';
    if (!claim.actions.some(({ action }) => action.takesBack === true)) return this.#cancel(claim, delivery, signal, message);
    // The store knows how far it is and who cancelled it: it ends it, or has it taken back.
    await this.#postpone(claim, signal, { message, readyAt: Date.now(), counts: false });
    return { kind: 'none' };
  }

  async #cancel(claim: Claim, delivery: Delivery, signal: AbortSignal, message: string): Promise<AttemptOutcome> {
    await this.#end(claim, signal, { state: 'cancelled', message });
    const action: PlannedAction | undefined = claim.actions[0]?.action;
    if (action !== undefined) this.#options.observer.ended?.(delivery, action, { outcome: 'cancelled', message });
    return { kind: 'none' };
  }

  /** Ends queued work. What was done is recorded as soon as the store can be used, within the lease: it is not done again. */
  #end(claim: Claim, signal: AbortSignal, end: WorkEnd): Promise<void> {
    const record = (): Promise<void> => this.#options.store.end(claim, claim.actions[0]?.id, end);
    return recordOutcome(record, () => !signal.aborted);
  }

  /** The same for what is to go on later. */
  #postpone(claim: Claim, signal: AbortSignal, postponement: Postponement): Promise<void> {
    return recordOutcome(
      () => this.#options.store.postpone(claim, postponement),
      () => !signal.aborted,
    );
  }
}
