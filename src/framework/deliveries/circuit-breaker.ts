/** Failures in a row that open the breaker. */
export const outagesToOpen = 5;
/** While it is open one attempt is made in so long, milliseconds. */
export const probeEveryMs = 1_000;

/**
 * Keeps work from an upstream that is away. Closed, it lets everything go. Five outages in a row open it: then one attempt a
 * second goes, as a probe, however long the probes take. The first success, of a probe or of what was under way before,
 * closes it.
 *
 * `now` is everywhere milliseconds of a clock that never goes back. There are no timers: who works asks.
 */
export class CircuitBreaker {
  #outages = 0;
  /** Set while it is open. */
  #nextProbeAt: number | undefined;

  get isOpen(): boolean {
    return this.#nextProbeAt !== undefined;
  }

  /** True if the upstream has shown no fault since its last success. */
  get isFaultless(): boolean {
    return this.#outages === 0;
  }

  /** From when on a probe may go; undefined while it is closed. */
  get nextProbeAt(): number | undefined {
    return this.#nextProbeAt;
  }

  /** How many attempts may be started now. */
  allowance(now: number): number {
    if (this.#nextProbeAt === undefined) return Number.POSITIVE_INFINITY;
    return now >= this.#nextProbeAt ? 1 : 0;
  }

  /** To be told of every attempt, before the next is asked for. */
  started(now: number): void {
    if (this.#nextProbeAt !== undefined) this.#nextProbeAt = now + probeEveryMs;
  }

  /** The upstream is away. */
  failed(now: number): void {
    this.#outages += 1;
    if (this.#outages >= outagesToOpen) this.#nextProbeAt ??= now + probeEveryMs;
  }

  /** The upstream is there. @returns true if this closed it. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.#outages = 0;
    this.#nextProbeAt = undefined;
    return wasOpen;
  }
}
