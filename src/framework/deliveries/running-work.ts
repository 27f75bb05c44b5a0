import { type Claim, type DeliveryStore, LeaseLostError } from './delivery-store.ts';

/** Somebody asked to stop a delivery. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** The process is stopping: the work goes on in the next one. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError';
}

/** How long a lease lasts, and how often it is renewed, milliseconds. */
export const leaseMs = 15_000;
const renewEveryMs = 5_000;

interface Running {
  readonly claim: Claim;
  readonly abort: AbortController;
  /** When the lease was prolonged last, by the clock that never goes back. */
  prolongedAt: number;
}

/** The work that this process does, whose leases it keeps. */
export class RunningWork {
  readonly owner: string;
  readonly #store: DeliveryStore;
  readonly #running = new Map<number, Running>();
  readonly #awaited = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #asking = 0;
  #renewing = false;

  /** @param owner names this process among all that ever were. */
  constructor(store: DeliveryStore, owner: string) {
    this.#store = store;
    this.owner = owner;
    this.#timer = setInterval(() => void this.renew(), renewEveryMs);
    this.#timer.unref();
  }

  get size(): number {
    return this.#running.size;
  }

  /** Does a piece of work under its claim; `signal` is aborted when the claim is lost, cancelled or the process stops. */
  async run<T>(claim: Claim, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running: Running = { claim, abort: new AbortController(), prolongedAt: performance.now() };
    this.#running.set(claim.fence, running);
    try {
      return await work(running.abort.signal);
    } finally {
      this.#running.delete(claim.fence);
    }
  }

  /** Asks the store for what may give a claim; whoever gets one is to `run` it before anything else happens. */
  async ask<T>(call: () => Promise<T>): Promise<T> {
    this.#asking += 1;
    try {
      return await call();
    } finally {
      this.#asking -= 1;
    }
  }

  /** Waits for the turn of an inline delivery: as long as `wait` lasts, it keeps its place. */
  async await<T>(deliveryId: string, wait: () => Promise<T>): Promise<T> {
    this.#awaited.add(deliveryId);
    try {
      return await wait();
    } finally {
      this.#awaited.delete(deliveryId);
    }
  }

  /**
   * Records a step, and makes sure that the claim holds for a while from now on: also where the process was paused meanwhile.
   * @throws LeaseLostError
   */
  async beforeWrite(claim: Claim, actionId: string, step: string): Promise<void> {
    const running = this.#running.get(claim.fence);
    for (;;) {
      running?.abort.signal.throwIfAborted();
      const askedAt = performance.now();
      await this.#store.recordStep(claim, actionId, step);
      if (running) running.prolongedAt = askedAt;
      running?.abort.signal.throwIfAborted();
      if (performance.now() - askedAt < leaseMs / 2) return;
    }
  }

  cancel(fences: readonly number[]): void {
    for (const fence of fences) this.#running.get(fence)?.abort.abort(new CancelledError('cancelled'));
  }

  /** Asks all work to stop at its next safe point. */
  abortAll(): void {
    for (const { abort } of this.#running.values()) abort.abort(new StoppingError('the service is stopping'));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Prolongs the leases, and stops what is no longer ours. */
  async renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const asked = [...this.#running.values()];
    const askedAt = performance.now();
    try {
      const fences = asked.map(({ claim }) => claim.fence);
      const renewal = { owner: this.owner, leaseMs, fences, asking: this.#asking > 0, awaited: [...this.#awaited] };
      const { held, cancelled } = await this.#store.renew(renewal);
      const ours = new Set(held);
      for (const running of asked) {
        if (ours.has(running.claim.fence)) running.prolongedAt = askedAt;
        else running.abort.abort(new LeaseLostError());
      }
      this.cancel(cancelled);
    } catch {
      // Unless it works again in time, others may take the work over.
      for (const { abort, prolongedAt } of asked) {
        if (performance.now() - prolongedAt > leaseMs) abort.abort(new LeaseLostError());
      }
    } finally {
      this.#renewing = false;
    }
  }
}
