import type { JsonObject } from './json.ts';

/** "An image was pushed", whichever registry said so. Plain JSON. */
export interface ImageEvent {
  /** The registry's host as the payload gives it; `docker.io` where it gives none. */
  readonly registry: string;
  /** The repository without the host, as the payload gives it: `acme/web`. */
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…` as the payload gives it; not yet checked. */
  readonly digest?: string;
  /** When it was pushed, milliseconds since 1970. */
  readonly pushedAt?: number;
  /** The registry's own id of the event: the same when it is sent again. */
  readonly eventId?: string;
  /** The reference to write where no rule says otherwise: `acme/web:latest`, `host/acme/web:latest`. */
  readonly image: string;
}

export interface PayloadOptions {
  /** Alibaba Cloud only: the first label of the registry's host, `registry` where absent. */
  readonly addressType?: string;
}

/** How one registry says "an image was pushed". */
export interface PayloadFormat {
  /** The id on the wire, such as `dockerhub`. */
  readonly id: string;
  /** True if a body with these headers looks like this registry's. */
  recognises(body: JsonObject, headers: Readonly<Record<string, string>>): boolean;
  /**
   * The events of a body, at least one.
   * @throws ServiceError `InvalidPayload` with the Go service's text where it has one.
   */
  events(body: JsonObject, options: PayloadOptions): readonly ImageEvent[];
}
