import type { Delivery } from '../driver.ts';
import type { DeliveryObserver } from './delivery-observer.ts';
import { type Claim, type DeliveryStore, LeaseLostError, StoreUnavailableError, type WorkEnd } from './delivery-store.ts';
import { recordOutcome } from './record-outcome.ts';

/** For how long it is tried to record an end while the sender waits, milliseconds. */
const recordMs = 3_000;

interface End {
  /** Undefined: of the delivery itself. */
  readonly actionId: string | undefined;
  readonly end: WorkEnd;
}

/**
 * Records how an inline delivery and its actions end. The sender is told what became of them, recorded or not: told to come again,
 * it would have it done twice.
 */
export class InlineEnds {
  readonly #store: Pick<DeliveryStore, 'end'>;
  readonly #claim: Claim;
  readonly #delivery: Delivery;
  readonly #observer: DeliveryObserver;
  #open: readonly End[] = [];

  constructor(store: Pick<DeliveryStore, 'end'>, claim: Claim, delivery: Delivery, observer: DeliveryObserver) {
    this.#store = store;
    this.#claim = claim;
    this.#delivery = delivery;
    this.#observer = observer;
  }

  /** Records an end, and those before it that could not be recorded: a delivery must not end before what was done for it. */
  async record(actionId: string | undefined, end: WorkEnd): Promise<void> {
    this.#open = [...this.#open, { actionId, end }];
    const deadline = performance.now() + recordMs;
    try {
      await recordOutcome(
        () => this.#recordAll(),
        () => performance.now() < deadline,
      );
      this.#open = [];
    } catch (thrown) {
      if (!(thrown instanceof LeaseLostError || thrown instanceof StoreUnavailableError)) throw thrown;
      this.#observer.failed?.(this.#delivery, thrown);
    }
  }

  async #recordAll(): Promise<void> {
    for (const { actionId, end } of this.#open) await this.#store.end(this.#claim, actionId, end);
  }
}
