/** The stable codes of every error that this program answers with, and the HTTP status each has unless an upstream's own is passed on. */
const statusOf = {
  InvalidRequest: 400,
  InvalidPayload: 400,
  InvalidToken: 400,
  InvalidConfig: 400,
  Refused: 400,
  Unauthorized: 401,
  Forbidden: 403,
  Revoked: 403,
  NotFound: 404,
  ReadOnly: 405,
  Conflict: 409,
  TooLarge: 413,
  UnsupportedEncoding: 415,
  Immutable: 422,
  ActionNotAvailable: 422,
  TooManyRequests: 429,
  Internal: 500,
  Upstream: 500,
  BadReceiver: 500,
  Unavailable: 503,
} as const;

export type ErrorCode = keyof typeof statusOf;

/** The codes of what may well pass by itself. */
const passing: ReadonlySet<ErrorCode> = new Set(['Conflict', 'TooManyRequests', 'Unavailable']);

export interface ServiceErrorOptions {
  /** Overrides the code's own status, where the Go service passed an upstream status on; 400 to 599, others are left out. */
  readonly status?: number;
  readonly cause?: unknown;
  /** Seconds after which a new try makes sense; becomes the Retry-After header. */
  readonly retryAfterSeconds?: number;
  /** Whether a later try of the same may succeed; absent: by the code. */
  readonly retryable?: boolean;
  /** The field at fault, for 422 answers in Rancher's style. */
  readonly fieldName?: string;
}

/**
 * The one error class of the program. `message` is safe to show to a caller: it never holds a credential.
 * `cause` is for the log alone.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  /** True if a later try of the same may succeed, with nobody doing anything about it. */
  readonly retryable: boolean;
  readonly fieldName: string | undefined;

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = isErrorStatus(options.status) ? options.status : statusOf[code];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.retryable = options.retryable ?? passing.has(code);
    this.fieldName = options.fieldName;
  }

  toJSON(): { code: ErrorCode; status: number; message: string } {
    return { code: this.code, status: this.status, message: this.message };
  }
}

/** An upstream's redirect or made-up number is no status that we could answer an error with. */
function isErrorStatus(status: number | undefined): status is number {
  return status !== undefined && status >= 400 && status <= 599;
}

/** A server that asks for more is asked again after an hour, seconds. */
const longestRetryAfter = 3600;

/**
 * The seconds that a Retry-After header asks for, as a number or as a date, an hour at most; undefined for none that is valid.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(header: string | null | undefined): number | undefined {
  const text = header?.trim() ?? '';
  const isNumber = /^\d+$/.test(text);
  // Date.parse makes a date of almost anything that has a digit.
  const isDate = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/.test(text);
  const seconds = isNumber ? Number(text) : isDate ? Math.ceil((Date.parse(text) - Date.now()) / 1000) : Number.NaN;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), longestRetryAfter);
}

/** Whatever was thrown, as an Error; a value that is none is kept as the cause. */
export function coerceError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('something that is no Error was thrown', { cause: thrown });
}
