import { setTimeout as wait } from 'node:timers/promises';
import type { Delivery } from '../driver.ts';
import { ServiceError } from '../errors.ts';
import { type Claim, type DeliveryStore, LeaseLostError, StoreUnavailableError } from './delivery-store.ts';
import { recordOutcome } from './record-outcome.ts';
import { leaseMs, type RunningWork } from './running-work.ts';

/** How often it is asked whether the next delivery's turn has come, milliseconds: another process may hold the lane. */
const askEveryMs = 50;
/** Nobody waits longer for a turn: the sender would be gone, milliseconds. */
const defaultPatienceMs = 30_000;

/** For how long it is tried to take a delivery out of its lane while its sender waits, milliseconds. */
const leaveMs = 3_000;

/** Has inline deliveries that exclude each other wait for their turns, in the order in which they were stored. */
export class InlineTurns {
  readonly #store: DeliveryStore;
  readonly #running: RunningWork;
  readonly #patienceMs: number;
  /** Lane → the deliveries that wait in it. */
  readonly #waiting = new Map<string, Set<string>>();
  #changed = Promise.withResolvers<void>();

  constructor(store: DeliveryStore, running: RunningWork, patienceMs = defaultPatienceMs) {
    this.#patienceMs = patienceMs;
    this.#store = store;
    this.#running = running;
  }

  /**
   * @param lane what the delivery must not share; undefined: nothing.
   * @param claim the delivery's, where its turn came when it was stored.
   * @throws ServiceError `Unavailable` where it was cancelled while it waited, waited too long, or the store cannot be used.
   */
  async take(
    { id, projectId }: Pick<Delivery, 'id' | 'projectId'>,
    lane: string | undefined,
    claim: Claim | undefined,
    work: (claim: Claim) => Promise<void>,
  ): Promise<void> {
    const mine = claim ?? (await this.#running.await(id, () => this.#turnOrLeave(id, projectId, lane ?? id)));
    try {
      await work(mine);
    } finally {
      this.#tell();
    }
  }

  async #turnOrLeave(id: string, projectId: string, lane: string): Promise<Claim> {
    try {
      return await this.#turn(id, projectId, lane);
    } catch (thrown) {
      if (!(thrown instanceof StoreUnavailableError)) throw thrown;
      // Nothing was done, and the others of the lane need not wait for it. Left there, it is interrupted when its lease is over.
      const deadline = performance.now() + leaveMs;
      const leave = async (): Promise<void> => void (await this.#store.cancel(projectId, id, 'the service: its store failed'));
      await recordOutcome(leave, () => performance.now() < deadline).catch(() => undefined);
      const options = { cause: thrown, retryAfterSeconds: 5 };
      throw new ServiceError('Unavailable', 'The store of deliveries cannot be used at the moment, try again later', options);
    }
  }

  async #turn(id: string, projectId: string, lane: string): Promise<Claim> {
    const deadline = performance.now() + this.#patienceMs;
    const waiting = this.#waiting.get(lane) ?? new Set();
    this.#waiting.set(lane, waiting.add(id));
    try {
      for (;;) {
        // Only one of a lane asks, however many wait.
        const claim = isFirst(id, waiting) ? await this.#claim(id) : undefined;
        if (claim !== undefined) return claim;
        if (performance.now() > deadline) return await this.#giveUp(id, projectId);
        await Promise.race([wait(askEveryMs), this.#changed.promise]);
      }
    } finally {
      waiting.delete(id);
      if (waiting.size === 0) this.#waiting.delete(lane);
      this.#tell();
    }
  }

  async #claim(id: string): Promise<Claim | undefined> {
    try {
      return await this.#running.ask(() => this.#store.claimInline(id, this.#running.owner, leaseMs));
    } catch (thrown) {
      if (!(thrown instanceof LeaseLostError)) throw thrown;
      const options = { cause: thrown, retryAfterSeconds: 5 };
      throw new ServiceError('Unavailable', 'The delivery was cancelled before its turn came', options);
    }
  }

  /** Nothing was done: the sender may send it again. */
  async #giveUp(id: string, projectId: string): Promise<never> {
    const { running } =
      (await this.#store.cancel(projectId, id, 'the service: others were busy with the same for too long')) ?? {};
    this.#running.cancel(running ?? []);
    throw new ServiceError('Unavailable', 'Others are busy with the same, try again later', { retryAfterSeconds: 5 });
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function isFirst(id: string, waiting: ReadonlySet<string>): boolean {
  const number = (text: string): number => Number(text.replace(/^\D*\d\D+/, ''));
  for (const other of waiting) if (number(other) < number(id)) return false;
  return true;
}
