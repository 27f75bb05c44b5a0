import { setTimeout as delay } from 'node:timers/promises';

/** Time, for tests to take into their own hands. */
export interface Clock {
  /** Milliseconds; only differences mean something. */
  now(): number;
  /** Ends after so many milliseconds. @throws the signal's reason once it is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  async wait(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    }
  },
};
