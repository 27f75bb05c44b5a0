import { ServiceError } from '../errors.ts';
export type RetryDecision =
  | { readonly retry: true; readonly readyAt: number; readonly notBefore?: number }
  | { readonly retry: false; readonly message: string };
export function decideRetry({
  error,
  attempt,
  firstAttemptAt,
  now,
}: {
  error: Error;
  attempt: number;
  firstAttemptAt: number;
  now: number;
}): RetryDecision {
  const retryable = error instanceof ServiceError ? error.retryable : attempt < 3;
  if (!retryable || now - firstAttemptAt > 24 * 3600_000) return { retry: false, message: error.message };
  const after = error instanceof ServiceError ? error.retryAfterSeconds : undefined;
  const readyAt = now + Math.random() * Math.min(300_000, 1000 * 2 ** attempt);
  return { retry: true, readyAt: Math.round(readyAt), ...(after !== undefined && { notBefore: now + after * 1000 }) };
}
