import type { JsonObject } from './json.ts';

/** "An image was pushed under a tag", whichever registry said so. Plain JSON. */
export interface ImageEvent {
  /** The registry's host as the payload gives it; absent where the payload does not say: then the receiver or the target decides. */
  readonly registry?: string;
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

/** Something that a registry said and that deploys nothing. */
export interface IgnoredEvent {
  /** `ping`: the registry only tried whether it reaches the URL. */
  readonly outcome: 'ignore' | 'ping';
  /** For people: why nothing is deployed. */
  readonly reason: string;
  readonly registry?: string;
  readonly repository?: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** What one body says, in its order; at least one entry in all. */
export interface PayloadContents {
  /** Each of them is to be acted on. */
  readonly events: readonly ImageEvent[];
  readonly ignored: readonly IgnoredEvent[];
}

/** Lower-case names. */
export type PayloadHeaders = Readonly<Record<string, string>>;

/** What a receiver's config says about its payloads. */
export interface PayloadOptions {
  /** Alibaba Cloud only: the first label of the registry's host, `registry` where absent. */
  readonly addressType?: string;
  /** `custom` only: where in the body the image, its tag and its digest are. */
  readonly imagePath?: string;
  readonly tagPath?: string;
  readonly digestPath?: string;
  /**
   * True for the Go service's checks: what has no tag, and what is no push at all, is then refused with its text wherever it
   * refused it.
   */
  readonly strict?: boolean;
}

/** A body as it was sent: one event, or a list of events where the sender has such. */
export type Payload = JsonObject | readonly unknown[];

/** How one registry says "an image was pushed". */
export interface PayloadFormat {
  /** The id on the wire, such as `dockerhub`. */
  readonly id: string;
  /** True if a body with these headers looks like this registry's. */
  recognises(body: JsonObject, headers: PayloadHeaders): boolean;
  /**
   * What a body says. A push without a tag, a delete, a scan or a ping is ignored, never refused.
   * @throws ServiceError `InvalidPayload` for a body that says nothing, with the Go service's text where it has one.
   */
  read(body: JsonObject, headers: PayloadHeaders, options: PayloadOptions): PayloadContents;
  /**
   * What a list says, such as a batch of CloudEvents. Absent: this sender sends none.
   * @throws ServiceError `InvalidPayload` as `read`
   */
  readList?(list: readonly unknown[], options: PayloadOptions): PayloadContents;
  /** Absent: any options will do. @throws ServiceError `InvalidConfig` that names the field, for those that it cannot use. */
  checkOptions?(options: PayloadOptions): void;
}
