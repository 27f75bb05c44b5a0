import { ServiceError } from '../errors.ts';

/** Times are milliseconds. */
export const retryLimits = Object.freeze({
  /** The longest wait after the first attempt; it doubles with every further one. */
  baseMs: 1_000,
  /** No wait is longer, unless the upstream asks for it. */
  capMs: 5 * 60_000,
  /** The same after a conflict: what was in the way is soon over, and nothing wakes the work then. */
  conflictCapMs: 10_000,
  /** Nothing is tried later than this after the first attempt. */
  totalMs: 24 * 3_600_000,
  /** How often is tried in all what fails by a fault of the program. */
  faultAttempts: 3,
});

export interface FailedAttempt {
  readonly error: Error;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  /** Milliseconds since 1970, as is `now`. */
  readonly firstAttemptAt: number;
  readonly now: number;
}

export type RetryDecision =
  /** `notBefore`: the upstream asked to be left alone until then; `readyAt` is never earlier. Milliseconds since 1970. */
  | { readonly retry: true; readonly readyAt: number; readonly notBefore?: number }
  /** `message`: for people, safe to show. */
  | { readonly retry: false; readonly message: string };

/**
 * Whether and when a failed attempt is made again; docs/retries.md has the table of what is retryable.
 *
 * - A ServiceError says so itself by `retryable`. If it is, the next attempt is made after a random part of a wait that
 *   doubles (full jitter), and not before `retryAfterSeconds`; the last one 24 hours after the first.
 * - A deadline of our own that passed (`TimeoutError`) is an upstream that hangs: retryable.
 * - Whatever else was thrown is a fault of the program: three attempts in all, whatever the earlier ones failed by.
 *
 * @param random as Math.random
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ on full jitter
 */
export function decideRetry({ error, attempt, firstAttemptAt, now }: FailedAttempt, random = Math.random): RetryDecision {
  const { baseMs, totalMs, faultAttempts } = retryLimits;
  const capMs = isConflict(error) ? retryLimits.conflictCapMs : retryLimits.capMs;
  if (error instanceof ServiceError && !error.retryable) return { retry: false, message: error.message };
  // The text of a fault may hold anything, credentials too: it is for the log alone.
  const message = error instanceof ServiceError ? error.message : isDeadline(error) ? 'No answer in time' : 'Internal error';
  if (isFault(error) && attempt >= faultAttempts) return { retry: false, message: `${message}, after ${attempt} attempts` };
  const last = firstAttemptAt + totalMs;
  if (now >= last) return { retry: false, message: `${message}; given up after ${attempt} attempts in 24 hours` };
  const wait = random() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
  const askedSeconds = error instanceof ServiceError ? error.retryAfterSeconds : undefined;
  if (askedSeconds === undefined) return { retry: true, readyAt: Math.round(Math.min(now + wait, last)) };
  const notBefore = Math.min(now + Math.max(0, askedSeconds) * 1_000, last);
  // All who were asked to wait were asked for the same moment: they do not come back in it together.
  return { retry: true, readyAt: Math.round(Math.min(notBefore + wait, last)), notBefore: Math.round(notBefore) };
}

/**
 * True for a failure that says that the upstream is away: none of its answers to this one request, such as a conflict, and no
 * request to come later, which is obeyed for itself.
 */
export function isUpstreamOutage(error: Error): boolean {
  if (isDeadline(error)) return true;
  if (!(error instanceof ServiceError) || !error.retryable) return false;
  if (isConflict(error)) return false;
  const isThrottled = error.code === 'TooManyRequests' || statusOf(error) === 429;
  return !isThrottled || error.retryAfterSeconds === undefined;
}

function isConflict(error: Error): boolean {
  return error instanceof ServiceError && (error.code === 'Conflict' || statusOf(error) === 409);
}

/** The upstream's own status, which an error that is told in the Go service's words has in its cause. */
function statusOf({ status, cause }: ServiceError): number {
  return cause instanceof Error && 'status' in cause && typeof cause.status === 'number' ? cause.status : status;
}

function isFault(error: Error): boolean {
  return !(error instanceof ServiceError) && !isDeadline(error);
}

function isDeadline({ name }: Error): boolean {
  return name === 'TimeoutError';
}
