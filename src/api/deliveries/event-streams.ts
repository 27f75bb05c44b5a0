import type { Deliveries } from '../../framework/deliveries/deliveries.ts';
import { ServiceError } from '../../framework/errors.ts';

/** Bounds of the streams of events; times are milliseconds. */
export interface EventStreamLimits {
  /** Most streams at a time. */
  readonly streams: number;
  /** A line that says nothing is sent after so much silence, so that nobody in between takes the connection for dead. */
  readonly pingMs: number;
  /** How often it is looked whether the caller still may read the project. */
  readonly authorizeMs: number;
  /** For how long that may be unknown, because Rancher cannot be asked. */
  readonly unconfirmedMs: number;
  /** How long a reader may take none of what waits for it. */
  readonly stallMs: number;
  /** Changes are gathered for so long before they are read. */
  readonly gatherMs: number;
}

const defaultLimits: EventStreamLimits = Object.freeze({
  streams: 100,
  pingMs: 15_000,
  authorizeMs: 30_000,
  unconfirmedMs: 300_000,
  stallMs: 60_000,
  gatherMs: 250,
});

/** A place among the streams. */
export interface StreamPlace {
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
  leave(): void;
}

/** Counts the open streams of events, and ends them all when the process stops: a server waits for its open answers. */
export class EventStreams {
  readonly limits: EventStreamLimits;
  readonly #open = new Set<AbortController>();
  #closed = false;
  #newestEvent = 0;

  constructor(limits: Partial<EventStreamLimits> = {}) {
    this.limits = { ...defaultLimits, ...limits };
  }

  get open(): number {
    return this.#open.size;
  }

  /** @throws ServiceError `Unavailable` where there are too many, or the process stops. */
  enter(): StreamPlace {
    if (this.#closed || this.#open.size >= this.limits.streams) {
      const message = this.#closed ? 'The service is stopping' : `There are ${this.#open.size} streams open, which is the most`;
      throw new ServiceError('Unavailable', message, { retryAfterSeconds: this.#closed ? 1 : 10 });
    }
    const controller = new AbortController();
    this.#open.add(controller);
    return { signal: controller.signal, leave: () => void this.#open.delete(controller) };
  }

  /** Ends all streams, for good. Their readers can go on with another process, from the last event that they got. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#open) controller.abort();
  }

  /**
   * The id of the newest event of all projects, 0 if there is none. Found by halving, since events can be read upwards only;
   * ids grow, so that the last answer is where the next search begins.
   */
  async newestEvent(deliveries: Pick<Deliveries, 'events'>): Promise<number> {
    const firstAfter = async (id: number): Promise<number | undefined> =>
      (await deliveries.events({ after: id, limit: 1 }))[0]?.id;
    let low = (await firstAfter(this.#newestEvent)) ?? this.#newestEvent;
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
    this.#newestEvent = Math.max(this.#newestEvent, low);
    return low;
  }
}
