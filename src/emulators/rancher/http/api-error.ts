import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../shared/json-value.ts';

export interface ApiErrorOptions {
  readonly message?: string | null;
  readonly detail?: string;
  readonly fieldName?: string;
}

/** An answer that is no success, in the shape and with the codes of Cattle (gdapi's ClientVisibleException). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly options: ApiErrorOptions;

  constructor(status: number, code: string, options: ApiErrorOptions = {}) {
    super(options.message ?? code);
    this.status = status;
    this.code = code;
    this.options = options;
  }

  toJSON(): JsonObject {
    return {
      id: randomUUID(),
      type: 'error',
      links: {},
      actions: {},
      status: this.status,
      code: this.code,
      message: this.options.message ?? null,
      detail: this.options.detail ?? null,
      ...(this.options.fieldName === undefined ? {} : { fieldName: this.options.fieldName }),
      baseType: 'error',
    };
  }
}

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', { message: 'Unauthorized' });
export const forbidden = (message = 'Forbidden'): ApiError => new ApiError(403, 'Forbidden', { message });
export const notFound = (): ApiError => new ApiError(404, 'Not Found', { message: 'Not Found' });
export const methodNotAllowed = (): ApiError => new ApiError(405, 'Method not allowed', { message: 'Method not allowed' });
export const conflict = (message: string): ApiError => new ApiError(409, 'Conflict', { message });

/** A caller's value that breaks a rule of the schema: 422 with the field's name. */
export function invalid(code: string, fieldName?: string, message?: string): ApiError {
  return new ApiError(422, code, {
    ...(fieldName === undefined ? {} : { fieldName }),
    ...(message === undefined ? {} : { message }),
  });
}
