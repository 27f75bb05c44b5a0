import { setTimeout as wait } from 'node:timers/promises';
import { LeaseLostError, StoreUnavailableError } from './delivery-store.ts';

/** How often it is tried to record what could not be recorded, milliseconds. */
export const storeRetryMs = 500;

/**
 * Records what became of work that a claim is held for, again and again while the store cannot be used: the work is not to be done
 * once more for the want of a line about it.
 * @param mayTryAgain asked before each further try.
 * @throws StoreUnavailableError when it may not, and LeaseLostError.
 */
export async function recordOutcome(record: () => Promise<void>, mayTryAgain: () => boolean): Promise<void> {
  for (let failed = false; ; failed = true) {
    try {
      return await record();
    } catch (thrown) {
      // What ends a claim may have been committed though it was said to have failed.
      if (failed && thrown instanceof LeaseLostError) return;
      if (!(thrown instanceof StoreUnavailableError) || !mayTryAgain()) throw thrown;
    }
    await wait(storeRetryMs);
  }
}
