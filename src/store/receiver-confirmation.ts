import { ServiceError } from '../framework/errors.ts';
import { LruMap } from '../framework/lru-map.ts';
import { hasEnded, type Receiver } from '../framework/receiver.ts';
import { RancherError } from '../rancher/rancher-error.ts';
import { toServiceError } from '../rancher/to-service-error.ts';
import { isRancherOutage } from './is-rancher-outage.ts';
import type { ReceiverChanges } from './rancher-receiver-store.ts';

export interface Confirmation {
  readonly state: 'active' | 'paused' | 'removed';
  /** The receiver that was asked for, as it was seen last: what is sealed in its config opens with its own key alone. */
  readonly receiver?: Receiver;
}

/** Reads a receiver by its Rancher id. @returns undefined if there is none. @throws RancherError */
export type ReadReceiver = (projectId: string, receiverId: string) => Promise<Receiver | undefined>;

/** For how long an answer is believed without a call, and within what time a call that failed is not made again, milliseconds. */
const freshMs = 1_000;
/** For how long the last answer counts while Rancher is away, milliseconds. */
const staleMs = 5 * 60_000;
const maxEntries = 10_000;
/** Anybody in the project can write what takes the place of what: also a circle. */
const maxReplacements = 20;

interface Entry {
  /** Undefined: Rancher said that there is none. */
  readonly receiver: Receiver | undefined;
  /** As it was when there was one. */
  readonly seen: Receiver | undefined;
  /** When it was asked for. */
  readonly at: number;
  /** The number of the change through this process that it comes from; 0 for an answer. */
  readonly change: number;
}

interface Failure {
  readonly error: RancherError;
  readonly at: number;
}

/**
 * Says before each attempt whether the receiver still is there, at most one call a second for each. A rotated receiver that is
 * gone counts as the one that took its place, if it was seen after the rotation.
 */
export class ReceiverConfirmation implements ReceiverChanges {
  readonly #read: ReadReceiver;
  readonly #now: () => number;
  readonly #entries = new LruMap<string, Entry>(maxEntries);
  readonly #failures = new LruMap<string, Failure>(maxEntries);
  readonly #calls = new Map<string, Promise<Entry>>();
  #changes = 0;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(read: ReadReceiver, now: () => number = () => performance.now()) {
    this.#read = read;
    this.#now = now;
  }

  /**
   * The state of a receiver, at most a second old, or five minutes while Rancher is away.
   * @throws ServiceError `Unavailable`, which is retryable, where Rancher is away or does not know us for longer; another one
   *   where it refuses the question.
   */
  async confirm(projectId: string, receiverId: string): Promise<Confirmation> {
    const own = await this.#entry(projectId, receiverId);
    const { receiver } = await followed(receiverId, own, (id) => this.#entry(projectId, id));
    if (receiver === undefined) return { state: 'removed' };
    return { state: receiver.paused ? 'paused' : 'active', ...(own.seen && { receiver: own.seen }) };
  }

  /**
   * The receiver as Rancher has it now, or the one that took its place.
   * @returns undefined if both are gone. @throws ServiceError as `confirm`.
   */
  async get(projectId: string, receiverId: string): Promise<Receiver | undefined> {
    try {
      const own = await this.#ask(projectId, receiverId);
      return (await followed(receiverId, own, (id) => this.#ask(projectId, id))).receiver;
    } catch (thrown) {
      throw cannotBeTold(thrown);
    }
  }

  confirmed(receiver: Receiver): void {
    this.#changes += 1;
    this.#remember(entryName(receiver.projectId, receiver.id), { receiver, at: this.#now(), change: this.#changes });
  }

  removed(receiver: Receiver): void {
    this.confirmed(receiver);
    this.#remember(entryName(receiver.projectId, receiver.id), { receiver: undefined, at: this.#now(), change: this.#changes });
  }

  async #entry(projectId: string, id: string): Promise<Entry> {
    const name = entryName(projectId, id);
    const known = this.#entries.get(name);
    if (known && this.#now() - known.at < freshMs) return known;
    const failure = this.#failures.get(name);
    if (failure && this.#now() - failure.at < freshMs) return this.#lastAnswer(name, failure.error);
    try {
      return await this.#ask(projectId, id);
    } catch (thrown) {
      return this.#lastAnswer(name, thrown);
    }
  }

  #lastAnswer(name: string, thrown: unknown): Entry {
    const known = this.#entries.get(name);
    if (known && isRancherOutage(thrown) && this.#now() - known.at < staleMs) return known;
    throw cannotBeTold(thrown);
  }

  /** Asks Rancher, once for all who want to know. @throws RancherError */
  #ask(projectId: string, id: string): Promise<Entry> {
    const name = entryName(projectId, id);
    const running = this.#calls.get(name);
    if (running) return running;
    const call = this.#call(projectId, id, name).finally(() => this.#calls.delete(name));
    this.#calls.set(name, call);
    return call;
  }

  async #call(projectId: string, id: string, name: string): Promise<Entry> {
    const at = this.#now();
    const changes = this.#changes;
    try {
      const receiver = await this.#read(projectId, id);
      this.#failures.delete(name);
      const known = this.#entries.get(name);
      // What was changed through this process while the call was under way is newer than the answer.
      return known && known.change > changes ? known : this.#remember(name, { receiver, at, change: 0 });
    } catch (thrown) {
      if (thrown instanceof RancherError) this.#failures.set(name, { error: thrown, at: this.#now() });
      throw thrown;
    }
  }

  #remember(name: string, answer: Omit<Entry, 'seen'>): Entry {
    const entry = { ...answer, seen: answer.receiver ?? this.#entries.get(name)?.seen };
    this.#entries.set(name, entry);
    return entry;
  }
}

/** The entry of the receiver that counts: its own, or where that is gone the last in the row of those that replaced it. */
async function followed(
  receiverId: string,
  own: Entry,
  entryOf: (id: string) => Promise<Entry>,
): Promise<{ receiver: Receiver | undefined }> {
  const passed = new Set([receiverId]);
  let entry = own;
  while (isGone(entry)) {
    const next = entry.seen?.replacedBy;
    if (next === undefined || passed.has(next) || passed.size > maxReplacements) return { receiver: undefined };
    passed.add(next);
    entry = await entryOf(next);
  }
  return entry;
}

function isGone({ receiver }: Entry): boolean {
  return receiver === undefined || hasEnded(receiver);
}

function entryName(projectId: string, receiverId: string): string {
  return JSON.stringify([projectId, receiverId]);
}

/** Rancher not knowing our own key is for the operator to repair: no delivery dies of it. */
function cannotBeTold(thrown: unknown): unknown {
  const isUnknown = isRancherOutage(thrown) || (thrown instanceof RancherError && thrown.status === 401);
  if (!isUnknown) return toServiceError(thrown, (text) => `Error ${text} confirming the receiver`);
  const seconds = thrown instanceof RancherError ? thrown.retryAfterSeconds : undefined;
  return new ServiceError('Unavailable', 'Rancher cannot be asked whether the receiver is still there', {
    cause: thrown,
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
  });
}
