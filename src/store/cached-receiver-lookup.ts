import crypto from 'node:crypto';
import { ServiceError } from '../framework/errors.ts';
import { LruMap } from '../framework/lru-map.ts';
import type { LookupOptions, Receiver, ReceiverLookup } from '../framework/receiver.ts';
import { TokenBucket } from '../framework/token-bucket.ts';
import type { Rancher } from '../rancher/rancher.ts';
import { isRancherOutage } from './is-rancher-outage.ts';
import { isReceiver, type ReceiverChanges, toReceiver } from './rancher-receiver-store.ts';

/** For how long a confirmed receiver is believed without a call, milliseconds. */
const freshMs = 1_000;
/** For how long a confirmed receiver is served while Rancher cannot be reached, milliseconds. */
const staleMs = 5 * 60_000;
/** How long a call may take before a confirmed receiver is served without its answer, milliseconds. */
const patienceMs = 50;
/** How long Rancher is not asked again after a call that failed, where a confirmed receiver can be served, milliseconds. */
const restMs = 1_000;
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
  /** When Rancher failed to confirm it last. */
  failedAt?: number;
}

interface Call {
  readonly answer: Promise<Receiver | undefined>;
  /** Settles as `answer` does, or with `late` once patience is over. */
  readonly answerInTime: Promise<Receiver | typeof late | undefined>;
}

const late = Symbol('late');

/** What the lookup needs to know of the client's cache: whether a call costs a second one for the schemas. */
export interface LookupRancher extends Rancher {
  knowsSchemas(projectId: string): boolean;
}

/**
 * Finds receivers by key with as few calls as safety allows: one that was confirmed within the last second costs none, later
 * one call serves all who wait, and keys never seen draw on a bucket, so that guessing costs Rancher next to nothing. What was
 * signed by us, or delivered to before this process was started, is no guess.
 *
 * Where a stale answer will do, nobody waits long for a Rancher that hangs, and one that fails is asked once a second.
 */
export class CachedReceiverLookup implements ReceiverLookup, ReceiverChanges {
  readonly #rancher: LookupRancher;
  readonly #entries = new LruMap<string, Entry>(maxEntries);
  readonly #unknown = new LruMap<string, Entry>(maxEntries);
  readonly #expected = new LruMap<string, true>(maxEntries);
  readonly #calls = new Map<string, Call>();
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

  /** Takes receivers that were seen before this process was started, each with the SHA-256 of its key. */
  expect(receivers: Iterable<{ readonly projectId: string; readonly keyHash: string }>): void {
    for (const { projectId, keyHash } of receivers) this.#expected.set(entryName(projectId, keyHash), true);
  }

  async find(projectId: string, key: string, { mayBeStale, issued = false }: LookupOptions): Promise<Receiver | undefined> {
    const name = entryName(projectId, key);
    const known = this.#entries.get(name);
    if (known && this.#age(known) < freshMs) return known.receiver;
    const unknown = this.#unknown.get(name);
    if (unknown && this.#age(unknown) < unknownMs) return undefined;
    const stale = known?.receiver;
    const mustBeFresh = !known || !stale || this.#age(known) >= staleMs || !mayBeStale(stale);
    if (mustBeFresh) return this.#ask(projectId, key, name, issued || known !== undefined).answer;
    return this.#findSoon(key, known, stale);
  }

  /** What Rancher says, or what it said before where it does not say anything in time. */
  async #findSoon(key: string, known: Entry, stale: Receiver): Promise<Receiver | undefined> {
    if (known.failedAt !== undefined && this.#now() - known.failedAt < restMs) return stale;
    const name = entryName(stale.projectId, key);
    const { answer, answerInTime } = this.#ask(stale.projectId, key, name, true);
    try {
      // What a paused receiver gets is never carried out: whether it still is one must be known.
      const found = await (stale.paused ? answer : answerInTime);
      if (found !== late) return found;
    } catch (thrown) {
      if (this.#age(known) >= staleMs || !isRancherOutage(thrown)) throw thrown;
    }
    return this.#unknown.get(name) ? undefined : (this.#entries.get(name)?.receiver ?? stale);
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

  #ask(projectId: string, key: string, name: string, seen: boolean): Call {
    const running = this.#calls.get(name);
    if (running) return running;
    if (!seen && !this.#isExpected(projectId, key)) this.#payForUnseen(projectId);
    const answer = this.#lookUp(projectId, key, name)
      .catch((thrown: unknown) => {
        const known = this.#entries.get(name);
        if (known && isRancherOutage(thrown)) known.failedAt = this.#now();
        throw thrown;
      })
      .finally(() => this.#calls.delete(name));
    const call = { answer, answerInTime: withPatience(answer) };
    this.#calls.set(name, call);
    return call;
  }

  #age(entry: Entry): number {
    return this.#now() - entry.at;
  }

  #newBucket(): TokenBucket {
    return new TokenBucket(unseen.capacity, unseen.perSecond, this.#now());
  }

  #isExpected(projectId: string, key: string): boolean {
    return this.#expected.get(entryName(projectId, crypto.hash('sha256', key))) === true;
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

/** The answer, or `late` where it takes longer than anybody should wait. */
function withPatience<T>(answer: Promise<T>): Promise<T | typeof late> {
  const { promise, resolve } = Promise.withResolvers<typeof late>();
  const timer = setTimeout(resolve, patienceMs, late);
  const inTime = Promise.race([answer, promise]).finally(() => clearTimeout(timer));
  // Whoever does not wait does not hear of the failure.
  inTime.catch(() => undefined);
  return inTime;
}
