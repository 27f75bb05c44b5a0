import { ServiceError } from '../../framework/errors.ts';

/** A config whose field `fieldName` must be another. */
export function fieldRefused(fieldName: string, text: string): ServiceError {
  return new ServiceError('InvalidConfig', text, { fieldName });
}
