import { RancherError } from '../../rancher/rancher-error.ts';
import type { RancherProject, RancherResource } from '../../rancher/rancher.ts';
import type { Clock } from './clock.ts';

/** What every step of one upgrade works with. */
export interface UpgradeWork {
  readonly project: RancherProject;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** After how many milliseconds a wait is given up. */
  readonly timeoutMs: number;
  progress(message: string): void;
  /** See ActionContext. @throws the signal's reason once it is aborted, too. */
  beforeWrite(step: string): Promise<void>;
}

export type Followed<T> =
  | { readonly kind: 'reached'; readonly what: T; readonly service: RancherResource }
  | { readonly kind: 'failed'; readonly reason: string };

/** The pause between two reads, milliseconds: it doubles from the first to the last. */
const firstPauseMs = 250;
const lastPauseMs = 5000;
/** Rancher shows an error while it still tries again, for instance to pull an image. */
const errorGraceMs = 120_000;
/** A Rancher server that restarts must not fail an upgrade that goes on meanwhile. */
const outageGraceMs = 300_000;

/**
 * Reads a service until `judge` makes something of it, for as long as that takes.
 * @throws RancherError if Rancher refuses the read, or is away for more than five minutes.
 */
export async function follow<T>(
  work: UpgradeWork,
  start: RancherResource,
  judge: (service: RancherResource) => T | undefined,
): Promise<Followed<T>> {
  const { clock, signal, timeoutMs } = work;
  const begun = clock.now();
  let faultySince: number | undefined;
  let awaySince: number | undefined;
  let last = start;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, lastPauseMs)) {
    signal.throwIfAborted();
    try {
      const service = await work.project.reload(last);
      awaySince = undefined;
      if (service === undefined || service.removed) return { kind: 'failed', reason: 'the service was removed' };
      last = service;
      const what = judge(service);
      if (what !== undefined) return { kind: 'reached', what, service };
      faultySince = service.transitioning === 'error' ? (faultySince ?? clock.now()) : undefined;
    } catch (thrown) {
      if (!isOutage(thrown)) throw thrown;
      awaySince ??= clock.now();
      if (clock.now() - awaySince > outageGraceMs) throw thrown;
    }
    if (faultySince !== undefined && clock.now() - faultySince > errorGraceMs) {
      return { kind: 'failed', reason: last.transitioningMessage || `Rancher shows an error in state ${last.state}` };
    }
    if (clock.now() - begun >= timeoutMs) {
      return { kind: 'failed', reason: `still in state ${last.state} after ${timeoutMs / 1000} s` };
    }
    await clock.wait(pause, signal);
  }
}

/** True if the same call may well succeed soon. Who asks for time gets it: the whole action waits then. */
export function isOutage(thrown: unknown): thrown is RancherError {
  return thrown instanceof RancherError && thrown.retryable && thrown.retryAfterSeconds === undefined && !isRace(thrown);
}

/** True if someone else changed the service since it was read. */
export function isRace(thrown: unknown): thrown is RancherError {
  return thrown instanceof RancherError && (thrown.failure === 'notOffered' || thrown.status === 409);
}
