import type { DeliveryObserver, EndedAction } from '../../framework/deliveries/delivery-observer.ts';
import type { PlannedAction } from '../../framework/driver.ts';

/** Tells the demo's story on a terminal, with the time since the start, and knows when an action has ended. */
export class DemoTeller {
  readonly #startedAt = performance.now();
  readonly #write: (text: string) => void;
  readonly #ends = new Map<string, PromiseWithResolvers<EndedAction>>();

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    this.#write(`${seconds} s  ${text}\n`);
  }

  raw(text: string): void {
    this.#write(`${text}\n`);
  }

  /** The first end of an action of the receiver's. */
  endOf(receiverName: string): Promise<EndedAction> {
    return this.#end(receiverName).promise;
  }

  readonly observer: DeliveryObserver = {
    ignored: (delivery, reason) => {
      this.say(`${delivery.receiver.name}: ignored, ${reason}`);
      this.#end(delivery.receiver.name).resolve({ outcome: 'failed', message: `ignored: ${reason}` });
    },
    planned: ({ receiver }, { actions, skipped = [] }) => {
      for (const action of actions) this.say(`${receiver.name}: plan ${action.description}`);
      for (const { target, reason } of skipped) this.say(`${receiver.name}: leaves ${target} alone, ${reason}`);
      if (actions.length === 0) this.#end(receiver.name).resolve({ outcome: 'failed', message: 'nothing to do' });
    },
    progress: ({ receiver }, _action: PlannedAction, message) => this.say(`${receiver.name}:   ${message}`),
    ended: ({ receiver }, _action, result) => {
      this.say(`${receiver.name}: ${result.outcome}, ${result.message}`);
      this.#end(receiver.name).resolve(result);
    },
    postponed: ({ receiver }, _action, message) => this.say(`${receiver.name}: ${message}, will be tried again`),
    paused: ({ receiver }, _action, { message }) => this.say(`${receiver.name}: waits, ${message}`),
    failed: ({ receiver }, error) => {
      this.say(`${receiver.name}: failed, ${error.message}`);
      this.#end(receiver.name).resolve({ outcome: 'failed', message: error.message });
    },
  };

  #end(receiverName: string): PromiseWithResolvers<EndedAction> {
    const known = this.#ends.get(receiverName) ?? Promise.withResolvers<EndedAction>();
    this.#ends.set(receiverName, known);
    return known;
  }
}
