import { ServiceError } from '../framework/errors.ts';
import { RancherError } from './rancher-error.ts';

/**
 * A failed call to Rancher as the error that a caller gets. Whatever else was thrown is handed back as it is, so that a fault
 * of our own never passes for one of Rancher's.
 *
 * @param thrown what a method of Rancher or RancherProject threw.
 * @param describe makes the message of Rancher's own text; not asked where the project's schemas could not be had, for which
 *   the Go service has a text of its own.
 * @param options.passStatus answer with Rancher's status, where it gave one, instead of 500.
 */
export function toServiceError(
  thrown: unknown,
  describe: (apiError: string) => string,
  options: { readonly passStatus?: boolean } = {},
): unknown {
  if (!(thrown instanceof RancherError)) return thrown;
  const { retryable, retryAfterSeconds } = thrown;
  const again = { cause: thrown, retryable, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  if (thrown.failure === 'schemas') return new ServiceError('Upstream', 'Error in creating API client', again);
  const status = options.passStatus ? thrown.status : undefined;
  return new ServiceError('Upstream', describe(thrown.message), { ...again, ...(status === undefined ? {} : { status }) });
}

/** Waits for a call to Rancher and turns its failure into the caller's error, as {@link toServiceError} does. */
export async function orServiceError<T>(
  call: Promise<T>,
  describe: (apiError: string) => string,
  options: { readonly passStatus?: boolean } = {},
): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    throw toServiceError(thrown, describe, options);
  }
}
