import type { Deliveries } from '../../framework/deliveries/deliveries.ts';
import type { DeliveryEvent } from '../../framework/deliveries/delivery-record.ts';
import type { EventQuery } from '../../framework/deliveries/delivery-store.ts';

/** How many of the newest events are at hand. */
const kept = 1_000;

/** What a reader gets next. */
export interface TailPart {
  readonly events: readonly DeliveryEvent[];
  /** Up to this id there is nothing else for the reader. */
  readonly upTo: number;
}

/**
 * The newest events of all projects, read from the store once for all streams: with PostgreSQL a read of events keeps
 * everything else waiting. Who is further behind is served by the store.
 */
export class EventTail {
  readonly #deliveries: Pick<Deliveries, 'events'>;
  /** Every event after `#floor`, up to `#newest`. */
  #events: readonly DeliveryEvent[] = [];
  #floor = 0;
  #newest: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(deliveries: Pick<Deliveries, 'events'>) {
    this.#deliveries = deliveries;
  }

  /** The id of the newest event, 0 if there is none. */
  async newest(): Promise<number> {
    await this.#refresh();
    return this.#newest ?? 0;
  }

  /** The events that were stored before the call, after an id; at most `limit`. */
  async read(query: EventQuery): Promise<TailPart> {
    const newest = await this.newest();
    const { projectId, deliveryId, after, limit } = query;
    const isWanted = (event: DeliveryEvent): boolean =>
      event.id > after && event.projectId === projectId && (deliveryId ?? event.deliveryId) === event.deliveryId;
    const events = after < this.#floor ? await this.#deliveries.events(query) : this.#events.filter(isWanted).slice(0, limit);
    const last = events.at(-1)?.id ?? after;
    return { events, upTo: events.length < limit ? Math.max(last, newest) : last };
  }

  /** One read at a time; who asks while it is under way waits for the next, which sees what has happened by now. */
  #refresh(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#readNew().finally(() => (this.#running = undefined));
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#refresh();
      });
    return this.#next;
  }

  async #readNew(): Promise<void> {
    if (this.#newest === undefined) return this.#skipTo(await this.#search(0));
    const found = await this.#deliveries.events({ after: this.#newest, limit: kept });
    const last = found.at(-1)?.id;
    if (last === undefined) return;
    if (found.length === kept) return this.#skipTo(await this.#search(last));
    const all = [...this.#events, ...found];
    this.#floor = all.at(-kept - 1)?.id ?? this.#floor;
    this.#events = all.slice(-kept);
    this.#newest = last;
  }

  #skipTo(newest: number): void {
    this.#events = [];
    this.#floor = newest;
    this.#newest = newest;
  }

  /** The newest id from `low` on, found by halving, since events can be read upwards only. */
  async #search(from: number): Promise<number> {
    const firstAfter = async (id: number): Promise<number | undefined> =>
      (await this.#deliveries.events({ after: id, limit: 1 }))[0]?.id;
    let low = (await firstAfter(from)) ?? from;
    let high = low;
    for (let step = 1; ; step *= 2) {
      high = low + step;
      const found = await firstAfter(high);
      if (found === undefined) break;
      low = found;
    }
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = await firstAfter(middle);
      if (found === undefined) high = middle;
      else low = found;
    }
    return low;
  }
}
