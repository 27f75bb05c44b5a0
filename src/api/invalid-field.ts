import { ServiceError } from '../framework/errors.ts';

/** A parameter or a field that cannot be used: 422 with its name, as Rancher refuses it. */
export function invalidField(fieldName: string, expected: string): ServiceError {
  return new ServiceError('InvalidRequest', `${fieldName} must be ${expected}`, { status: 422, fieldName });
}
