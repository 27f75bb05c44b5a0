import { coerceError } from '../framework/errors.ts';
import type { Receiver, ReceiverStore } from '../framework/receiver.ts';

/** The longest that a timer of Node can wait, milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/** Deletes a rotated receiver once the overlap with its successor is over, so that its old URL is dead for the Go service too. */
export class ExpiredReceivers {
  readonly #store: ReceiverStore;
  readonly #onFailure: (receiver: Receiver, error: Error) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(store: ReceiverStore, onFailure: (receiver: Receiver, error: Error) => void) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  /** Called with every receiver that is seen: after a restart the first list or hit takes the waiting up again. */
  schedule(receiver: Receiver): void {
    if (receiver.expiresAt === undefined || receiver.removed) return;
    const name = `${receiver.projectId}/${receiver.id}`;
    if (this.#timers.has(name)) return;
    const waitMs = Math.min(Math.max(receiver.expiresAt - Date.now(), 0), longestTimerMs);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      this.#end(receiver).catch((thrown: unknown) => this.#onFailure(receiver, coerceError(thrown)));
    }, waitMs);
    this.#timers.set(name, timer.unref());
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #end(receiver: Receiver): Promise<void> {
    const now = await this.#store.get(receiver.projectId, receiver.id);
    if (!now || now.removed || now.expiresAt === undefined) return;
    if (now.expiresAt > Date.now()) this.schedule(now);
    else await this.#store.remove(now);
  }
}
