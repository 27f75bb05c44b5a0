import { coerceError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Claim, ClaimRequest, DeliveryStore } from './delivery-store.ts';
import { leaseMs, type RunningWork } from './running-work.ts';
import type { UpstreamLimits } from './upstream-limits.ts';
import type { WorkRunner } from './work-runner.ts';

export interface WorkLoopOptions {
  readonly store: DeliveryStore;
  readonly running: RunningWork;
  readonly runner: WorkRunner;
  readonly limits: UpstreamLimits;
  readonly log: Log;
  /** True where other processes may add work that this one does not hear of. */
  readonly shared: boolean;
  /** Called after anything was recorded. */
  changed(): void;
}

/** Claimed in one go: accepting never waits long for it. */
const claimsAtOnce = 32;
/** How long nothing is claimed at most, milliseconds: alone, and where others add work too. */
const idleMs = { alone: 5_000, shared: 1_000 };
/** For how long work that was under way when a process ended is watched before it is trusted again, milliseconds. */
const probationMs = 1_000;

/**
 * For how long work that only follows what it has done keeps its place, milliseconds: what goes well ends sooner one after the
 * other than all at once, and what does not must hold up nothing else.
 */
export const followedMs = 10_000;

/** Claims work and has it done, as much at a time as the upstreams may be given. */
export class WorkLoop {
  readonly #options: WorkLoopOptions;
  readonly #attempts = new Set<Promise<void>>();
  /** Upstreams for which what waits is to be made ready; asked for again where the store fails. */
  readonly #toWake = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = true;

  constructor(options: WorkLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Looks for work soon. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#looking ??= this.#lookWhileTold().finally(() => (this.#looking = undefined));
  }

  /** Claims nothing more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.allSettled(this.#attempts);
  }

  async #lookWhileTold(): Promise<void> {
    let wait = 0;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        wait = await this.#look();
      } catch (thrown) {
        this.#options.log.warn('no work could be claimed', { error: coerceError(thrown) });
        wait = idleMs.shared;
      }
    }
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), wait);
  }

  /** Has all work done that is ready. @returns after how many milliseconds to look again, unless woken before. */
  async #look(): Promise<number> {
    await this.#putOnProbation(2, 1);
    await this.#putOnProbation(1, claimsAtOnce);
    const { limits, store } = this.#options;
    for (const upstream of limits.quiet(performance.now())) this.#toWake.add(upstream);
    for (const upstream of this.#toWake) {
      await store.wake({ upstream });
      this.#toWake.delete(upstream);
    }
    for (;;) {
      const { claims, nextReadyAt } = await this.#claim(0, claimsAtOnce);
      for (const claim of claims) void this.#start(claim);
      if (this.#stopped || claims.length < claimsAtOnce) return this.#pause(nextReadyAt);
    }
  }

  #pause(nextReadyAt: number | undefined): number {
    const { limits, shared } = this.#options;
    const now = Date.now();
    const idle = shared ? idleMs.shared : idleMs.alone;
    const probe = limits.nextProbeInMs(performance.now());
    const waits = [idle, probe ?? idle, nextReadyAt === undefined ? idle : nextReadyAt - now];
    return Math.max(10, Math.min(...waits));
  }

  /**
   * Work that was under way when a process ended may be what ended it: it is done a few, at last one, at a time, and nothing
   * else is begun until it has gone well for a while. So what ends the process again and again is found, and set aside alone.
   */
  async #putOnProbation(crashes: 1 | 2, atOnce: number): Promise<void> {
    for (;;) {
      const { claims } = await this.#claim(crashes, atOnce);
      if (claims.length === 0 || this.#stopped) return;
      const attempts = claims.map((claim) => ({ claim, ended: false }));
      const all = Promise.all(
        attempts.map(async (attempt) => {
          await this.#start(attempt.claim);
          attempt.ended = true;
        }),
      );
      await Promise.race([all, delay(probationMs)]);
      await this.#options.store.clearCrashes(attempts.filter(({ ended }) => !ended).map(({ claim }) => claim));
    }
  }

  async #claim(crashes: ClaimRequest['crashes'], limit: number): Promise<{ claims: readonly Claim[]; nextReadyAt?: number }> {
    const { store, running, limits } = this.#options;
    const upstreams = limits.allowances(performance.now());
    const claimed = await running.ask(() => store.claim({ owner: running.owner, leaseMs, limit, upstreams, crashes }));
    for (const { upstream } of claimed.claims) limits.started(upstream, performance.now());
    if (claimed.claims.length > 0) this.#options.changed();
    return claimed;
  }

  #start(claim: Claim): Promise<void> {
    const attempt = this.#attempt(claim).finally(() => this.#attempts.delete(attempt));
    this.#attempts.add(attempt);
    return attempt;
  }

  async #attempt(claim: Claim): Promise<void> {
    const { runner, limits } = this.#options;
    let followed = false;
    let timer: NodeJS.Timeout | undefined;
    const giveUpPlace = (): void => {
      followed = true;
      limits.followed(claim.upstream);
      this.wake();
    };
    const outcome = await runner.run(claim, () => (timer ??= setTimeout(giveUpPlace, followedMs).unref()));
    clearTimeout(timer);
    const closed = limits.ended(claim.upstream, outcome, performance.now(), followed);
    this.#options.changed();
    if (closed) this.#toWake.add(claim.upstream);
    this.wake();
  }
}

async function delay(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  return promise;
}
