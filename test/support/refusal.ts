import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';

/** Expects a call to fail with a ServiceError of this status and text. */
export async function refusal(work: () => unknown, status: number, message: string): Promise<ServiceError> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof ServiceError)) throw thrown instanceof Error ? thrown : new Error('nothing was refused');
  expect([thrown.status, thrown.message]).to.deep.equal([status, message]);
  return thrown;
}
