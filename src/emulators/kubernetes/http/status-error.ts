import { type ResourceType, qualifiedName } from '../schema/resource-types.ts';

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'ServiceUnavailable',
};

/** An answer that is no success, as a `Status` object. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, message: string, details?: Readonly<Record<string, unknown>>, reason?: string) {
    super(message);
    this.code = code;
    this.reason = reason ?? reasons[code] ?? 'Unknown';
    this.details = details;
  }

  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason !== '' && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

export function notFound(type: ResourceType, name: string): StatusError {
  return new StatusError(404, `${qualifiedName(type)} "${name}" not found`, detailsOf(type, name));
}

export function conflict(type: ResourceType, name: string): StatusError {
  const text = 'the object has been modified; please apply your changes to the latest version and try again';
  const details = detailsOf(type, name);
  return new StatusError(409, `Operation cannot be fulfilled on ${qualifiedName(type)} "${name}": ${text}`, details);
}

export interface FieldCause {
  readonly field: string;
  /** `Required value`, `Duplicate value: "x"`, … */
  readonly message: string;
}

/** What a cause's message begins with tells its reason; any other is an invalid value. */
const causeReasons: readonly (readonly [start: string, reason: string])[] = [
  ['Required value', 'FieldValueRequired'],
  ['Duplicate value', 'FieldValueDuplicate'],
  ['Unsupported value', 'FieldValueNotSupported'],
  ['Forbidden', 'FieldValueForbidden'],
  ['Too long', 'FieldValueTooLong'],
  ['Not found', 'FieldValueNotFound'],
];

export function invalid(type: ResourceType, name: string, causes: readonly FieldCause[]): StatusError {
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const details = {
    ...detailsOf(type, name, type.kind),
    causes: causes.map(({ field, message }) => ({
      reason: causeReasons.find(([start]) => message.startsWith(start))?.[1] ?? 'FieldValueInvalid',
      message,
      field,
    })),
  };
  return new StatusError(422, `${kind} "${name}" is invalid: ${text}`, details);
}

export function alreadyExists(type: ResourceType, name: string): StatusError {
  const message = `${qualifiedName(type)} ${JSON.stringify(name)} already exists`;
  return new StatusError(409, message, detailsOf(type, name), 'AlreadyExists');
}

/** All that the server says about a JSON patch that it cannot carry out. */
export function unprocessable(): StatusError {
  return new StatusError(422, 'the server rejected our request due to an error in our request', {});
}

/** Neither the core group nor a collection has a name. */
export function detailsOf({ group, resource }: ResourceType, name: string, kind = resource): Record<string, unknown> {
  return { ...(name !== '' && { name }), ...(group !== '' && { group }), kind };
}
