import type { JsonObject } from './json.ts';

/** The kind of genericObject that a receiver is stored as. */
export const receiverKind = 'webhookReceiver';

/**
 * A receiver as it is stored in Rancher. Any member of a project can write one past our API, so nothing in it is trusted:
 * `driver`, `config` and `url` are whatever stands there.
 */
export interface Receiver {
  /** The genericObject's id, `1go7`. */
  readonly id: string;
  readonly projectId: string;
  /** What the trigger URL proves to know; 40 letters and digits where we or the Go service made it. */
  readonly key: string;
  readonly name: string;
  readonly state: string;
  /** Set once Rancher has removed it. */
  readonly removed: boolean;
  readonly driver: unknown;
  readonly config: unknown;
  readonly url: unknown;
  /** Our own field: a paused receiver ignores what it gets. */
  readonly paused: boolean;
  /** Our own field: the id of the receiver that took over when the URL was rotated. */
  readonly replacedBy: string | undefined;
  /** Our own field: when the old URL of a rotated receiver ends, milliseconds since 1970. */
  readonly expiresAt: number | undefined;
  /** The whole of the stored `resourceData`, fields of other programs included. */
  readonly data: JsonObject;
}

/** True once the receiver's URL must not work any more: removed, or the overlap after a rotation is over. */
export function hasEnded({ removed, expiresAt }: Receiver): boolean {
  return removed || (expiresAt !== undefined && expiresAt <= Date.now());
}

/** What a new receiver is made of. */
export interface NewReceiver {
  readonly name: string;
  readonly key: string;
  readonly data: JsonObject;
}

/** Receivers of one Rancher. Every method throws RancherError where Rancher does not do as asked. */
export interface ReceiverStore {
  list(projectId: string): Promise<Receiver[]>;
  /** The genericObject of that id; undefined if there is none or it is of another kind. */
  get(projectId: string, id: string): Promise<Receiver | undefined>;
  /** True if any genericObject of the project, of whatever kind, has the name: the Go service's rule. */
  nameTaken(projectId: string, name: string): Promise<boolean>;
  create(projectId: string, receiver: NewReceiver): Promise<Receiver>;
  /** Replaces the stored `resourceData`. */
  replaceData(receiver: Receiver, data: JsonObject): Promise<Receiver>;
  remove(receiver: Receiver): Promise<void>;
}

/** Finds receivers for the trigger path; see design: at most one call a second for each, and a budget for unknown keys. */
export interface ReceiverLookup {
  /**
   * @returns undefined if there is no such receiver (any more).
   * @throws ServiceError `TooManyRequests` where too many unknown keys were asked for; RancherError.
   */
  find(projectId: string, key: string, options: LookupOptions): Promise<Receiver | undefined>;
}

export interface LookupOptions {
  /** Asked about a receiver that Rancher confirmed within the last minutes, when Rancher cannot be reached. */
  readonly mayBeStale: (receiver: Receiver) => boolean;
  /** We made this key ourselves, as a signature shows: it is no guess. */
  readonly issued?: boolean;
}
