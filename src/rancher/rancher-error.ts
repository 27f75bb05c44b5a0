/** Why a call to Rancher did not succeed. */
export type RancherFailure =
  /** Rancher answered, and not with success. */
  | 'answer'
  /** No answer: refused, reset, timed out, not understood. */
  | 'unreachable'
  /** The project's schemas could not be had, for whatever reason. */
  | 'schemas'
  /** The resource does not offer that action or method; nothing was sent. */
  | 'notOffered';

export interface RancherErrorOptions {
  readonly status?: number;
  readonly cause?: unknown;
  /** Absent: by the status, and true without one. */
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * A call to Rancher that failed. The message is the text that go-rancher's ApiError has, which the Go service passes on:
 * `Bad response statusCode [422]. Status [422 Unprocessable Entity]. Body: [code=NotUnique] from [URL]`.
 */
export class RancherError extends Error {
  override readonly name = 'RancherError';
  readonly failure: RancherFailure;
  /** Rancher's HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** True if the same call may well succeed later. */
  readonly retryable: boolean;
  /** How long Rancher, or what stands before it, asks to be left alone. */
  readonly retryAfterSeconds: number | undefined;

  constructor(failure: RancherFailure, message: string, options: RancherErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.status = options.status;
    this.retryable = options.retryable ?? (options.status === undefined || mayPass(options.status));
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** 409: somebody else changed the resource in that moment. */
function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429;
}
