import { expect } from 'chai';
import { RancherError, type RancherFailure } from '../../src/rancher/rancher-error.ts';

export interface Expected {
  readonly failure: RancherFailure;
  readonly status?: number;
  readonly message?: string | RegExp;
}

/** Expects a call to Rancher to fail in this way. */
export async function rejection(call: Promise<unknown>, { failure, status, message }: Expected): Promise<RancherError> {
  const thrown: unknown = await call.then(
    () => new Error('the call did not fail'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof RancherError)) throw thrown;
  expect(thrown.failure, thrown.message).to.equal(failure);
  if (status !== undefined) expect(thrown.status).to.equal(status);
  if (typeof message === 'string') expect(thrown.message).to.equal(message);
  if (message instanceof RegExp) expect(thrown.message).to.match(message);
  return thrown;
}
