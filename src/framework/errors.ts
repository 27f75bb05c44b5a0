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

export interface ServiceErrorOptions {
  /** Overrides the code's own status, where the Go service passed an upstream status on; 400 to 599, others are left out. */
  readonly status?: number;
  readonly cause?: unknown;
  /** Seconds after which a new try makes sense; becomes the Retry-After header. */
  readonly retryAfterSeconds?: number;
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
  readonly fieldName: string | undefined;

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = isErrorStatus(options.status) ? options.status : statusOf[code];
    this.retryAfterSeconds = options.retryAfterSeconds;
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

/** Whatever was thrown, as an Error; a value that is none is kept as the cause. */
export function coerceError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('something that is no Error was thrown', { cause: thrown });
}
