import type { ActionResult, Decision, Delivery, Driver, DriverConfig } from '../driver.ts';
import { ServiceError } from '../errors.ts';
import { type Claim, LeaseLostError, type PlannedWork, StoreUnavailableError } from './delivery-store.ts';
import { CancelledError, StoppingError } from './running-work.ts';

/** One try at claimed work. */
export interface Attempt {
  readonly claim: Claim;
  readonly driver: Driver;
  readonly config: DriverConfig;
  readonly delivery: Delivery;
  readonly signal: AbortSignal;
  readonly decision?: Decision | undefined;
  /** See ActionContext. */
  readonly following: () => void;
}

/** What drivers are told of a delivery: nothing that is none of their business. */
export function deliveryOf({ delivery }: Claim): Delivery {
  const { id, projectId, receiver, request, events } = delivery;
  return { id, projectId, receiver: { id: receiver.id, name: receiver.name }, request, events };
}

/** Aborted as the signal is, and after so many milliseconds. */
export function withDeadline(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}

/** The text of a fault may hold anything, credentials too: it is for the log alone. */
export function safeMessage(error: Error): string {
  if (error instanceof ServiceError || error instanceof CancelledError || error instanceof StoppingError) return error.message;
  return error.name === 'TimeoutError' ? 'No answer in time' : 'Internal error';
}

/** Nobody will come to promote what a removed receiver has begun. */
export function abortOfRemoved({ awaits }: Claim): Decision | undefined {
  return awaits?.includes('promote') === true ? { name: 'abort', by: 'the removal of the receiver' } : undefined;
}

/** An earlier attempt may have written what is there now: then it is done. */
export function undone(reason: string, { step }: PlannedWork): ActionResult {
  return { outcome: 'succeeded', message: step === '' ? reason : `done before: ${reason}` };
}

/** What the sender of an inline delivery is told of a failure. */
export function inlineFailure(error: Error): Error {
  if (error instanceof CancelledError) return new ServiceError('Conflict', 'The delivery was cancelled', { cause: error });
  const message =
    error instanceof StoppingError
      ? 'The service is stopping'
      : error instanceof LeaseLostError || error instanceof StoreUnavailableError
        ? 'What is to be done could not be recorded, try again later'
        : undefined;
  return message === undefined ? error : new ServiceError('Unavailable', message, { cause: error, retryAfterSeconds: 5 });
}
