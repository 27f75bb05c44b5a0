import { coerceError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { DeliveryStore, RetentionPolicy } from './delivery-store.ts';

/** 30 days, a million deliveries, 4 GiB. */
export const defaultRetention: RetentionPolicy = Object.freeze({
  maxAgeMs: 30 * 24 * 3_600_000,
  maxDeliveries: 1_000_000,
  maxBytes: 4 * 1024 ** 3,
  minAgeMs: 3_600_000,
});

/** How often it is looked whether anything is to be deleted, milliseconds; at once again while there is more. */
const lookEveryMs = 10_000;

/** Keeps the store of deliveries within its bounds. */
export class Retention {
  readonly #store: DeliveryStore;
  readonly #policy: RetentionPolicy;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #full = false;

  constructor(store: DeliveryStore, policy: RetentionPolicy, log: Log) {
    this.#store = store;
    this.#policy = policy;
    this.#log = log;
  }

  /** True while the store is full and nothing in it may be deleted. */
  get full(): boolean {
    return this.#full;
  }

  start(): void {
    this.#schedule(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#look(), ms);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    let more = false;
    try {
      const { deleted, full } = await this.#store.prune(this.#policy);
      more = deleted > 0;
      if (full !== this.#full)
        this.#log[full ? 'error' : 'info'](full ? 'the store of deliveries is full' : 'there is room for deliveries again');
      this.#full = full;
    } catch (thrown) {
      this.#log.warn('old deliveries could not be deleted', { error: coerceError(thrown) });
    }
    this.#schedule(more ? 100 : lookEveryMs);
  }
}
