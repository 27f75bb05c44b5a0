import { setTimeout as wait } from 'node:timers/promises';
import { ServiceError } from '../errors.ts';
import { type Claim, type DeliveryStore, LeaseLostError } from './delivery-store.ts';
import { leaseMs, type RunningWork } from './running-work.ts';

/** How often it is asked whether the next delivery's turn has come, milliseconds: another process may hold the lane. */
const askEveryMs = 50;

/** Has inline deliveries that exclude each other wait for their turns, in the order in which they were stored. */
export class InlineTurns {
  readonly #store: DeliveryStore;
  readonly #running: RunningWork;
  /** Lane → the deliveries that wait in it. */
  readonly #waiting = new Map<string, Set<string>>();
  #changed = Promise.withResolvers<void>();

  constructor(store: DeliveryStore, running: RunningWork) {
    this.#store = store;
    this.#running = running;
  }

  /**
   * @param lane what the delivery must not share; undefined: nothing.
   * @param claim the delivery's, where its turn came when it was stored.
   * @throws ServiceError `Unavailable` where it was cancelled while it waited.
   */
  async take(
    id: string,
    lane: string | undefined,
    claim: Claim | undefined,
    work: (claim: Claim) => Promise<void>,
  ): Promise<void> {
    const mine = claim ?? (await this.#turn(id, lane ?? id));
    try {
      await work(mine);
    } finally {
      this.#tell();
    }
  }

  async #turn(id: string, lane: string): Promise<Claim> {
    const waiting = this.#waiting.get(lane) ?? new Set();
    this.#waiting.set(lane, waiting.add(id));
    try {
      for (;;) {
        // Only one of a lane asks, however many wait.
        const claim = isFirst(id, waiting) ? await this.#claim(id) : undefined;
        if (claim !== undefined) return claim;
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
      return await this.#store.claimInline(id, this.#running.owner, leaseMs);
    } catch (thrown) {
      if (!(thrown instanceof LeaseLostError)) throw thrown;
      throw new ServiceError('Unavailable', 'The delivery was cancelled before its turn came', { cause: thrown });
    }
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
