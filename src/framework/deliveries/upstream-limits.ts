import { CircuitBreaker } from './circuit-breaker.ts';
import { isUpstreamOutage } from './retry-policy.ts';
import type { AttemptOutcome } from './work-runner.ts';

/** How many attempts at an upstream are under way at most, plans and actions, less those that only follow what they have done. */
export const maxUnderWay = 128;
/** How many of those there may be in addition: each has connections of its own. */
export const maxFollowing = 896;
/** For how long an upstream that failed, and that nobody tried since, is remembered, milliseconds: no retry waits longer. */
const rememberMs = 10 * 60_000;

/** What waits for another try at an upstream that is away is tried at the latest after so long, as a probe, milliseconds. */
const quietMs = 15_000;

interface Upstream {
  readonly breaker: CircuitBreaker;
  underWay: number;
  following: number;
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
      const { breaker, usedAt } = upstream;
      if (isIdle(upstream) && (breaker.isFaultless || now - usedAt > rememberMs)) this.#upstreams.delete(name);
    }
    return Object.fromEntries([...this.#upstreams].map(([name, upstream]) => [name, allowanceOf(upstream, now)]));
  }

  /** To be told of every attempt that is started, before `allowances` is asked again. */
  started(upstream: string, now: number): void {
    const used = this.#use(upstream, now);
    used.underWay += 1;
    used.breaker.started(now);
  }

  /** To be told of an attempt that from now on only follows what it has done. */
  followed(upstream: string): void {
    const used = this.#upstreams.get(upstream);
    if (used === undefined) return;
    used.underWay -= 1;
    used.following += 1;
  }

  /**
   * To be told how each attempt ended.
   * @param followed whether `followed` was told of it.
   * @returns true if the upstream is back: what waits for it may go.
   */
  ended(upstream: string, outcome: AttemptOutcome, now: number, followed = false): boolean {
    const used = this.#use(upstream, now);
    if (followed) used.following -= 1;
    else used.underWay -= 1;
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
      ([, upstream]) =>
        upstream.breaker.isOpen && isIdle(upstream) && now - Math.max(upstream.usedAt, upstream.calledAt) >= quietMs,
    );
    for (const [, upstream] of found) upstream.calledAt = now;
    return found.map(([name]) => name);
  }

  /**
   * After how many milliseconds to ask for allowances again, since a probe may go then that could not when they were asked for;
   * undefined if there will be none. One that was allowed and not used is not told of again: there was no work for it.
   */
  nextProbeInMs(now: number): number | undefined {
    const times = [...this.#upstreams.values()].flatMap((upstream) => {
      const { nextProbeAt } = upstream.breaker;
      return nextProbeAt !== undefined && nextProbeAt > this.#askedAt && placesOf(upstream) > 0 ? [nextProbeAt] : [];
    });
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - now);
  }

  #use(name: string, now: number): Upstream {
    const upstream = this.#upstreams.get(name) ?? {
      breaker: new CircuitBreaker(),
      underWay: 0,
      following: 0,
      usedAt: now,
      calledAt: now,
    };
    upstream.usedAt = now;
    this.#upstreams.set(name, upstream);
    return upstream;
  }
}

function allowanceOf(upstream: Upstream, now: number): number {
  return Math.min(upstream.breaker.allowance(now), placesOf(upstream));
}

/** What is under way may come to follow, and then needs a place among those. */
function placesOf({ underWay, following }: Upstream): number {
  return Math.max(0, Math.min(maxUnderWay, maxUnderWay + maxFollowing - following) - underWay);
}

function isIdle({ underWay, following }: Upstream): boolean {
  return underWay === 0 && following === 0;
}
