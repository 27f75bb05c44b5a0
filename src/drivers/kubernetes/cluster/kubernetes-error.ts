import { coerceError, parseRetryAfter, ServiceError, type ErrorCode } from '../../../framework/errors.ts';
import { isJsonObject } from '../../../framework/json.ts';

/** The code of an answer that is no success; every other status is `Refused`, below 400 and from 500 on `Unavailable`. */
const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  408: 'Unavailable',
  409: 'Conflict',
  410: 'Conflict',
  429: 'TooManyRequests',
};

/** An answer of the API server that is no success, with the server's own message, which names verb and resource. */
export function answerError(cluster: string, status: number, text: string, retryAfter?: string): ServiceError {
  const code = codes[status] ?? (status >= 500 || status < 400 ? 'Unavailable' : 'Refused');
  const retryAfterSeconds = parseRetryAfter(retryAfter);
  const said = reasonOfStatus(status, statusMessage(text));
  return new ServiceError(code, `Kubernetes cluster ${cluster}: ${said}`, {
    // Tokens and certificates expire, and are read again for every call: the next ones may be there by then.
    ...(code === 'Unauthorized' && { retryable: true }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

function reasonOfStatus(status: number, message: string): string {
  if (status === 401) return 'the credentials are not accepted';
  if (status >= 300 && status < 400) return `HTTP status ${status}, a redirect, which is not followed`;
  return message === '' ? `HTTP status ${status}` : message;
}

/** A call that had no answer, or none in time. */
export function callError(cluster: string, thrown: unknown, timeoutMs: number): ServiceError {
  const error = coerceError(thrown);
  const late = error.name === 'TimeoutError' || error.name === 'AbortError';
  const what = late ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
  return new ServiceError('Unavailable', `Kubernetes cluster ${cluster} cannot be reached: ${what}`, { cause: error });
}

/** Longest message of a server that is passed on, characters. */
const maxMessage = 1_000;

/** The `message` of a Kubernetes Status, or the text of an answer that is none. */
export function statusMessage(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    if (isJsonObject(status) && typeof status['message'] === 'string') return status['message'].slice(0, maxMessage);
  } catch {
    // A proxy in front of the API server answers in plain text or HTML.
  }
  const [line = ''] = text.trim().split('\n', 1);
  return line.startsWith('<') ? '' : line.slice(0, 200);
}

/** `fetch failed` says nothing; what made it fail is further down. */
function reasonOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
