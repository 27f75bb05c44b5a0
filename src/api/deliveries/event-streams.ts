import type { Deliveries } from '../../framework/deliveries/deliveries.ts';
import { ServiceError } from '../../framework/errors.ts';
import { EventTail } from './event-tail.ts';

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
  #tail: EventTail | undefined;

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

  /** What all streams read from. */
  tail(deliveries: Pick<Deliveries, 'events'>): EventTail {
    this.#tail ??= new EventTail(deliveries);
    return this.#tail;
  }
}
