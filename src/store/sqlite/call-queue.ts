import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import { restoreError } from './carried-error.ts';
import { bodyBytes, packCalls, restoreBuffers } from './packed-calls.ts';
import type { Call, Outcome } from './worker-messages.ts';
import type { WorkerSession } from './worker-session.ts';

/** Groups that the worker has at once: it takes up the next one while the answers to the last one are on their way. */
const maxGroups = 2;
/** A group is no larger, so that no caller waits long for the others. */
const groupLimit = { calls: 512, bytes: 8 * 2 ** 20 };
/** New deliveries that may wait to be stored; beyond that their senders are told to come again. */
const waitingLimit = { deliveries: 4_096, bytes: 32 * 2 ** 20 };
/** For how long a call that is not worth a write of its own waits for others, milliseconds. */
const laterMs = 100;

interface WaitingCall {
  readonly call: Call;
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Calls on their way to the worker, in order: while one group is committed, the next one gathers. */
export class CallQueue {
  #waiting: WaitingCall[] = [];
  #waitingDeliveries = 0;
  #waitingBytes = 0;
  readonly #groups: WaitingCall[][] = [];
  #session: WorkerSession | undefined;
  #flush: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;

  /** @returns what the operation returned, once it is on disk. */
  add(call: Call): Promise<unknown> {
    const result = this.#enqueue(call);
    this.#flush ??= setImmediate(() => this.#send());
    return result;
  }

  /** Adds a call that goes along with the next group; nobody hears of its outcome. */
  addForLater(call: Call): void {
    this.#enqueue(call).catch(() => undefined);
    this.#later ??= setTimeout(() => this.#send(), laterMs).unref();
  }

  /** Sends to this session from now on. */
  start(session: WorkerSession): void {
    this.#session = session;
    this.#send();
  }

  /** The outcomes of the oldest group that is under way. */
  settle(outcomes: readonly Outcome[]): void {
    const group = this.#groups.shift() ?? [];
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) reject(new StoreUnavailableError('the delivery store gave no answer'));
      else if ('error' in outcome) reject(restoreError(outcome.error));
      else resolve(restoreBuffers(outcome.value));
    }
    this.#send();
  }

  /** Ends the session: nothing is certain of what is under way, and what waits is not sent. */
  stop(reason: string): void {
    this.#session = undefined;
    const calls = [...this.#groups.flat(), ...this.#waiting];
    this.#groups.length = 0;
    this.#waiting = [];
    this.#waitingDeliveries = 0;
    this.#waitingBytes = 0;
    for (const { reject } of calls) reject(new StoreUnavailableError(reason));
  }

  /** Sends all that waits, whatever is under way. */
  flush(): void {
    while (this.#session !== undefined && this.#waiting.length > 0) this.#sendGroup(this.#session);
  }

  #enqueue(call: Call): Promise<unknown> {
    const bytes = bodyBytes(call);
    if (call.name === 'accept') {
      const full = this.#waitingDeliveries >= waitingLimit.deliveries || this.#waitingBytes + bytes > waitingLimit.bytes;
      if (full) return Promise.reject(new StoreUnavailableError('too many deliveries wait to be stored'));
      this.#waitingDeliveries++;
      this.#waitingBytes += bytes;
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, bytes, resolve, reject });
    });
  }

  #send(): void {
    clearImmediate(this.#flush);
    clearTimeout(this.#later);
    this.#flush = undefined;
    this.#later = undefined;
    while (this.#session !== undefined && this.#waiting.length > 0 && this.#groups.length < maxGroups) {
      this.#sendGroup(this.#session);
    }
  }

  #sendGroup(session: WorkerSession): void {
    let size = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if (size > 0 && (size >= groupLimit.calls || bytes + waiting.bytes > groupLimit.bytes)) break;
      size++;
      bytes += waiting.bytes;
    }
    const group = this.#waiting.splice(0, size);
    this.#waitingBytes -= bytes;
    this.#waitingDeliveries -= group.filter(({ call }) => call.name === 'accept').length;
    this.#groups.push(group);
    session.run(packCalls(group.map(({ call }) => call)));
  }
}
