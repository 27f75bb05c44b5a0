import { LeaseLostError, StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import { coerceError, type ErrorCode, ServiceError } from '../../framework/errors.ts';

/** An error on its way between threads, which would lose its class. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of a ServiceError. */
  readonly service?: {
    readonly code: ErrorCode;
    readonly status: number;
    readonly retryAfterSeconds?: number | undefined;
    readonly fieldName?: string | undefined;
  };
}

export function carryError(thrown: unknown): CarriedError {
  const error = coerceError(thrown);
  const { name, message, stack } = error;
  if (!(error instanceof ServiceError)) return { name, message, stack };
  const { code, status, retryAfterSeconds, fieldName } = error;
  return { name, message, stack, service: { code, status, retryAfterSeconds, fieldName } };
}

/** The error again, of its own class if it is one of ours. */
export function restoreError({ name, message, stack, service }: CarriedError): Error {
  if (service !== undefined) {
    const { code, status, retryAfterSeconds, fieldName } = service;
    return new ServiceError(code, message, {
      status,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      ...(fieldName !== undefined && { fieldName }),
    });
  }
  if (name === 'LeaseLostError') return new LeaseLostError();
  if (name === 'StoreUnavailableError') return new StoreUnavailableError(message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
