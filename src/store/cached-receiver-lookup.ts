import { ServiceError } from '../framework/errors.ts';
import { LruMap } from '../framework/lru-map.ts';
import type { Receiver, ReceiverLookup } from '../framework/receiver.ts';
import { TokenBucket } from '../framework/token-bucket.ts';
import { RancherError } from '../rancher/rancher-error.ts';
import type { Rancher } from '../rancher/rancher.ts';
import { isReceiver, type ReceiverChanges, toReceiver } from './rancher-receiver-store.ts';

/** For how long a confirmed receiver is believed without a call, milliseconds. */
const freshMs = 1_000;
/** For how long a confirmed receiver is served while Rancher cannot be reached, milliseconds. */
const staleMs = 5 * 60_000;
/** For how long a key is remembered as unknown, milliseconds. */
const unknownMs = 1_000;
const maxEntries = 10_000;
const maxProjects = 1_000;
/** Calls for keys never seen: so many at once, and then so many a second. */
const unseen = { capacity: 20, perSecond: 1 };

interface Entry {
  /** Undefined: Rancher said that there is none. */
  readonly receiver: Receiver | undefined;
  readonly at: number;
}

/** What the lookup needs to know of the client's cache: whether a call costs a second one for the schemas. */
export interface LookupRancher extends Rancher {
  knowsSchemas(projectId: string): boolean;
}

/**
 * Finds receivers by key with as few calls as safety allows: one that was confirmed within the last second costs none, later
 * one call serves all who wait, and keys never seen draw on a bucket, so that guessing costs Rancher next to nothing.
 */
export class CachedReceiverLookup implements ReceiverLookup, ReceiverChanges {
  readonly #rancher: LookupRancher;
  readonly #entries = new LruMap<string, Entry>(maxEntries);
  readonly #unknown = new LruMap<string, Entry>(maxEntries);
  readonly #calls = new Map<string, Promise<Receiver | undefined>>();
  /** A bucket for every project that has a receiver we know. */
  readonly #projects = new LruMap<string, TokenBucket>(maxProjects);
  readonly #otherProjects: TokenBucket;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(rancher: LookupRancher, now: () => number = () => performance.now()) {
    this.#rancher = rancher;
    this.#now = now;
    this.#otherProjects = this.#newBucket();
  }

  async find(projectId: string, key: string, mayBeStale: (receiver: Receiver) => boolean): Promise<Receiver | undefined> {
    const name = entryName(projectId, key);
    const known = this.#entries.get(name);
    if (known && this.#age(known) < freshMs) return known.receiver;
    const unknown = this.#unknown.get(name);
    if (unknown && this.#age(unknown) < unknownMs) return undefined;
    try {
      return await this.#ask(projectId, key, name, known !== undefined);
    } catch (thrown) {
      const receiver = known?.receiver;
      if (receiver && this.#age(known) < staleMs && isOutage(thrown) && mayBeStale(receiver)) return receiver;
      throw thrown;
    }
  }

  confirmed(receiver: Receiver): void {
    const name = entryName(receiver.projectId, receiver.key);
    this.#unknown.delete(name);
    this.#entries.set(name, { receiver, at: this.#now() });
    if (!this.#projects.get(receiver.projectId)) {
      this.#projects.set(receiver.projectId, this.#newBucket());
    }
  }

  removed(receiver: Receiver): void {
    const name = entryName(receiver.projectId, receiver.key);
    this.#entries.delete(name);
    this.#unknown.set(name, { receiver: undefined, at: this.#now() });
  }

  #ask(projectId: string, key: string, name: string, seen: boolean): Promise<Receiver | undefined> {
    const running = this.#calls.get(name);
    if (running) return running;
    if (!seen) this.#payForUnseen(projectId);
    const call = this.#lookUp(projectId, key, name).finally(() => this.#calls.delete(name));
    this.#calls.set(name, call);
    return call;
  }

  #age(entry: Entry): number {
    return this.#now() - entry.at;
  }

  #newBucket(): TokenBucket {
    return new TokenBucket(unseen.capacity, unseen.perSecond, this.#now());
  }

  #payForUnseen(projectId: string): void {
    const calls = this.#rancher.knowsSchemas(projectId) ? 1 : 2;
    const bucket = this.#projects.get(projectId) ?? this.#otherProjects;
    if (bucket.take(calls, this.#now())) return;
    throw new ServiceError('TooManyRequests', 'Too many unknown keys, try again later', { retryAfterSeconds: 1 });
  }

  async #lookUp(projectId: string, key: string, name: string): Promise<Receiver | undefined> {
    const startedAt = this.#now();
    const found = await this.#rancher.project(projectId).list('genericObject', { key });
    // What was changed through this process while the call was under way is newer than the answer.
    const changed = [this.#unknown.get(name), this.#entries.get(name)].find((entry) => entry && entry.at >= startedAt);
    if (changed) return changed.receiver;
    // Cattle compares without regard to case; the key must be the same to the byte.
    const resource = found.find((candidate) => candidate['key'] === key && isReceiver(candidate) && !candidate.removed);
    if (!resource) {
      this.#entries.delete(name);
      this.#unknown.set(name, { receiver: undefined, at: this.#now() });
      return undefined;
    }
    const receiver = toReceiver(projectId, resource);
    this.confirmed(receiver);
    return receiver;
  }
}

function entryName(projectId: string, key: string): string {
  return JSON.stringify([projectId, key]);
}

function isOutage(thrown: unknown): boolean {
  if (!(thrown instanceof RancherError)) return false;
  if (thrown.failure === 'unreachable') return true;
  return thrown.status === undefined ? thrown.failure === 'schemas' : thrown.status >= 500 || thrown.status === 429;
}
