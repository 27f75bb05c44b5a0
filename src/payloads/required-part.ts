import { ServiceError } from '../framework/errors.ts';
import { isJsonObject, type JsonObject } from '../framework/json.ts';

/** @throws ServiceError `InvalidPayload` */
export function refuse(refusal: string): never {
  throw new ServiceError('InvalidPayload', refusal);
}

/** The object under `key`. @throws ServiceError `InvalidPayload` with `refusal` if it is absent or anything else. */
export function requireObject(source: JsonObject, key: string, refusal: string): JsonObject {
  const part = source[key];
  if (!isJsonObject(part)) refuse(refusal);
  return part;
}

/** The string under `key`. @throws ServiceError `InvalidPayload` with `refusal` if it is absent, empty or anything else. */
export function requireString(source: JsonObject, key: string, refusal: string): string {
  const part = source[key];
  if (typeof part !== 'string' || part === '') refuse(refusal);
  return part;
}
