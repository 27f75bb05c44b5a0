/** Lets `capacity` go at once and then `perSecond` more each second. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #level: number;
  #at: number;

  constructor(capacity: number, perSecond: number, now = performance.now()) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#level = capacity;
    this.#at = now;
  }

  /** Takes `count` tokens if all are there, else none. */
  take(count: number, now = performance.now()): boolean {
    this.#level = Math.min(this.#capacity, this.#level + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#level < count) return false;
    this.#level -= count;
    return true;
  }
}
