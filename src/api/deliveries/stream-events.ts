import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveryEvent } from '../../framework/deliveries/delivery-record.ts';
import { ServiceError } from '../../framework/errors.ts';
import { headerText } from '../authorization/authorizer.ts';
import { invalidField } from '../invalid-field.ts';
import { toGoJson } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { Bell } from './bell.ts';
import { authorizeRead, type DeliveriesContext, requireDelivery } from './deliveries-context.ts';
import { toDeliveryEvent } from './delivery-resource.ts';
import type { TailPart } from './event-tail.ts';

/** Most events that are read at a time. */
const batch = 100;
/** Until a reader whose connection broke comes back, milliseconds. */
const retryMs = 3_000;

/** True for a caller that wants server-sent events instead of what there is now. */
export function wantsEvents(accept: string | undefined): boolean {
  return /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(accept ?? '');
}

/**
 * Server-sent events of a project, or of the delivery that the request names. It goes on after the event that the caller got
 * last; else with what comes next, for one delivery with all there was. Ends when the caller goes or may no longer read the
 * project, and when the process stops.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function streamEvents(context: DeliveriesContext, request: ApiRequest, response: ServerResponse): Promise<void> {
  await authorizeRead(context, request);
  const after = lastEventId(request);
  if (request.id !== '') await requireDelivery(context, request);
  const place = context.eventStreams.enter();
  try {
    // An id that was never given is another store's: what this one will give is smaller.
    const newest = await context.eventStreams.tail(context.deliveries).newest();
    const start = Math.min(after ?? (request.id === '' ? newest : 0), newest);
    if (!response.destroyed) await new EventStream(context, request, response, place.signal).run(start);
  } finally {
    place.leave();
  }
}

/** @throws ServiceError for what can be none. */
function lastEventId({ headers, query }: ApiRequest): number | undefined {
  const header = headerText(headers, 'last-event-id');
  const text = header === '' ? (query.get('lastEventId') ?? '') : header;
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidField('lastEventId', 'the id of an event');
  return Number(text);
}

class EventStream {
  readonly #context: DeliveriesContext;
  readonly #request: ApiRequest;
  readonly #response: ServerResponse;
  readonly #ended: AbortSignal;
  readonly #gone = new AbortController();
  readonly #bell = new Bell();
  #after = 0;
  #writtenAt = performance.now();
  #authorizedAt = performance.now();
  #checkedAt = performance.now();

  constructor(context: DeliveriesContext, request: ApiRequest, response: ServerResponse, stopped: AbortSignal) {
    this.#context = context;
    this.#request = request;
    this.#response = response;
    this.#ended = AbortSignal.any([this.#gone.signal, stopped]);
  }

  async run(after: number): Promise<void> {
    const { pingMs, authorizeMs } = this.#context.eventStreams.limits;
    this.#after = after;
    this.#response.once('close', () => this.#gone.abort());
    this.#ended.addEventListener('abort', () => this.#bell.ring());
    const unlisten = this.#context.deliveries.onChange(() => this.#bell.ring());
    try {
      await this.#begin();
      while (!this.#ended.aborted) {
        const isAll = await this.#sendNew();
        const now = performance.now();
        if (now - this.#checkedAt >= authorizeMs) await this.#authorizeAgain();
        if (now - this.#writtenAt >= pingMs) await this.#write(': ping\n\n');
        const nextAt = Math.min(this.#checkedAt + authorizeMs, this.#writtenAt + pingMs);
        if (isAll) await this.#bell.wait(Math.max(0, nextAt - performance.now()));
      }
    } finally {
      unlisten();
      // What waits for a reader that takes nothing would hold up the end.
      if (this.#response.writableNeedDrain) this.#response.destroy();
      else this.#response.end();
    }
  }

  /** The id comes first, so that a reader who loses the connection before the first event misses none. */
  async #begin(): Promise<void> {
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      // nginx would keep the events until a buffer is full.
      'X-Accel-Buffering': 'no',
      Connection: 'close',
    });
    await this.#write(`retry: ${retryMs}\nid: ${this.#after}\n\n`);
  }

  /** @returns true if there are no more for now. */
  async #sendNew(): Promise<boolean> {
    const { projectId, id } = this.#request;
    const { deliveries, eventStreams } = this.#context;
    let part: TailPart;
    try {
      const query = { projectId, ...(id !== '' && { deliveryId: id }), after: this.#after, limit: batch };
      part = await eventStreams.tail(deliveries).read(query);
    } catch (thrown) {
      if (!(thrown instanceof ServiceError && thrown.retryable)) throw thrown;
      await this.#pause(1_000);
      return false;
    }
    const { events, upTo } = part;
    for (const event of events) {
      if (this.#ended.aborted) return true;
      await this.#write(this.#toText(event));
    }
    this.#after = upTo;
    if (events.length > 0) await this.#pause(events.length < batch ? eventStreams.limits.gatherMs : 0);
    return events.length < batch;
  }

  #toText(event: DeliveryEvent): string {
    const data = toGoJson(toDeliveryEvent(event, this.#request.urls)).trimEnd();
    return `id: ${event.id}\nevent: ${event.type}\ndata: ${data}\n\n`;
  }

  async #authorizeAgain(): Promise<void> {
    const { authorizer, eventStreams } = this.#context;
    this.#checkedAt = performance.now();
    try {
      await authorizer.authorize(this.#request, this.#request.projectId);
      this.#authorizedAt = performance.now();
    } catch (thrown) {
      const isUnknown = thrown instanceof ServiceError && thrown.retryable;
      if (!isUnknown || this.#checkedAt - this.#authorizedAt >= eventStreams.limits.unconfirmedMs) this.#gone.abort();
    }
  }

  /** Resolves once there is room for more, so that no more than one event waits for a slow reader. */
  async #write(text: string): Promise<void> {
    if (this.#ended.aborted) return;
    this.#writtenAt = performance.now();
    if (this.#response.write(text)) return;
    const stalled = AbortSignal.timeout(this.#context.eventStreams.limits.stallMs);
    const signal = AbortSignal.any([this.#ended, stalled]);
    await once(this.#response, 'drain', { signal }).catch(() => {
      if (stalled.aborted) this.#gone.abort();
    });
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ended }).catch(() => undefined);
  }
}
