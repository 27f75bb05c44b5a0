import { CircuitBreaker } from './circuit-breaker.ts';
import { isUpstreamOutage } from './retry-policy.ts';
import type { AttemptOutcome } from './work-runner.ts';

/** How many attempts at an upstream are under way at most, plans and actions. */
export const maxUnderWay = 128;
/** For how long an upstream that failed, and that nobody tried since, is remembered, milliseconds: no retry waits longer. */
const rememberMs = 10 * 60_000;

/** What waits for another try at an upstream that is away is tried at the latest after so long, as a probe, milliseconds. */
const quietMs = 15_000;

interface Upstream {
  readonly breaker: CircuitBreaker;
  underWay: number;
  usedAt: number;
  /** When what waits for it was last called forward. */
  calledAt: number;
}

/**
 * How much may be asked of each upstream: as much at once as it may be given, and next to nothing while it is away.
 * `now` is everywhere milliseconds of a clock that never goes back.
 */
export class UpstreamLimits {
  /** Those with work under way, or with faults; anybody may make up names of further ones. */
  readonly #upstreams = new Map<string, Upstream>();
  #askedAt = Number.NEGATIVE_INFINITY;

  /** How many attempts may be started now, by upstream; one that is absent is free. */
  allowances(now: number): Record<string, number> {
    this.#askedAt = now;
    for (const [name, upstream] of this.#upstreams) {
      const { breaker, underWay, usedAt } = upstream;
      if (underWay === 0 && (breaker.isFaultless || now - usedAt > rememberMs)) this.#upstreams.delete(name);
    }
    return Object.fromEntries([...this.#upstreams].map(([name, upstream]) => [name, allowanceOf(upstream, now)]));
  }

  /** To be told of every attempt that is started, before `allowances` is asked again. */
  started(upstream: string, now: number): void {
    const used = this.#use(upstream, now);
    used.underWay += 1;
    used.breaker.started(now);
  }

  /** To be told how each attempt ended. @returns true if the upstream is back: what waits for it may go. */
  ended(upstream: string, outcome: AttemptOutcome, now: number): boolean {
    const used = this.#use(upstream, now);
    used.underWay = Math.max(0, used.underWay - 1);
    if (outcome.kind === 'answered') return used.breaker.succeeded();
    if (outcome.kind === 'failed' && isUpstreamOutage(outcome.error)) used.breaker.failed(now);
    return false;
  }

  /**
   * The upstreams that are away and that nobody tried for a while, since all that there is for them waits for another try: one
   * of it has to be a probe, or it would wait on long after they are back. Each is named once in that while.
   */
  quiet(now: number): string[] {
    const found = [...this.#upstreams].filter(
      ([, { breaker, underWay, usedAt, calledAt }]) =>
        breaker.isOpen && underWay === 0 && now - Math.max(usedAt, calledAt) >= quietMs,
    );
    for (const [, upstream] of found) upstream.calledAt = now;
    return found.map(([name]) => name);
  }

  /**
   * After how many milliseconds to ask for allowances again, since a probe may go then that could not when they were asked for;
   * undefined if there will be none. One that was allowed and not used is not told of again: there was no work for it.
   */
  nextProbeInMs(now: number): number | undefined {
    const times = [...this.#upstreams.values()].flatMap(({ breaker: { nextProbeAt }, underWay }) =>
      nextProbeAt !== undefined && nextProbeAt > this.#askedAt && underWay < maxUnderWay ? [nextProbeAt] : [],
    );
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - now);
  }

  #use(name: string, now: number): Upstream {
    const upstream = this.#upstreams.get(name) ?? {
      breaker: new CircuitBreaker(),
      underWay: 0,
      usedAt: now,
      calledAt: now,
    };
    upstream.usedAt = now;
    this.#upstreams.set(name, upstream);
    return upstream;
  }
}

function allowanceOf({ breaker, underWay }: Upstream, now: number): number {
  return Math.min(breaker.allowance(now), Math.max(0, maxUnderWay - underWay));
}
