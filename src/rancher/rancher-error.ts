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

/**
 * A call to Rancher that failed. The message is the text that go-rancher's ApiError has, which the Go service passes on:
 * `Bad response statusCode [422]. Status [422 Unprocessable Entity]. Body: [code=NotUnique] from [URL]`.
 */
export class RancherError extends Error {
  override readonly name = 'RancherError';
  readonly failure: RancherFailure;
  /** Rancher's HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(failure: RancherFailure, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.status = options.status;
  }
}
