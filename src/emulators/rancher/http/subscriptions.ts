import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { JsonObject } from '../../shared/json-value.ts';
import type { Caller } from '../auth/caller.ts';
import type { Clock } from '../process/clock.ts';
import type { View } from '../resource/address.ts';
import { renderResource } from '../resource/render-resource.ts';
import { isVisible } from '../resource/visible-rows.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import { acceptWebSocket } from './websocket-server.ts';

const pingEveryMs = 5_000;
/** Changes are gathered this long, as Cattle does; a row that changed twice is sent once. */
const batchMs = 1_000;

interface Subscription {
  readonly caller: Caller;
  readonly view: View;
  readonly wantsChanges: boolean;
  readonly socket: WebSocket;
}

/** The websockets behind `GET …/subscribe`: resource.change events of what each caller may see, and pings. */
export class Subscriptions {
  readonly #all = new Set<Subscription>();
  readonly #changed = new Map<string, Row>();
  readonly #store: ResourceStore;
  readonly #clock: Clock;
  readonly #pings: NodeJS.Timeout;
  #closed = false;

  constructor(store: ResourceStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#pings = setInterval(() => this.#pingAll(), pingEveryMs).unref();
    store.onChange((row) => this.#remember(row));
  }

  accept(request: IncomingMessage, connection: Duplex, head: Buffer, caller: Caller, view: View, query: URLSearchParams): void {
    acceptWebSocket(request, connection, head, (socket) => {
      if (this.#closed) return socket.terminate();
      const subscription = { caller, view, socket, wantsChanges: query.getAll('eventNames').includes('resource.change') };
      this.#all.add(subscription);
      socket.on('close', () => this.#all.delete(subscription));
      socket.on('error', () => socket.terminate());
      this.#send(subscription, event('ping'));
    });
  }

  close(): void {
    clearInterval(this.#pings);
    this.#closed = true;
    for (const { socket } of this.#all) socket.terminate();
  }

  #remember(row: Row): void {
    if (this.#all.size === 0) return;
    if (this.#changed.size === 0) this.#clock.after(batchMs, () => this.#publish());
    this.#changed.set(row.id, row);
  }

  #publish(): void {
    const rows = [...this.#changed.values()];
    this.#changed.clear();
    for (const row of rows) {
      for (const subscription of this.#all) {
        if (!subscription.wantsChanges || !isVisible(subscription.caller, row)) continue;
        const resource = renderResource(this.#store, row, subscription.view);
        this.#send(subscription, event('resource.change', { resourceType: row.type, resourceId: row.id, data: { resource } }));
      }
    }
  }

  #pingAll(): void {
    for (const subscription of this.#all) this.#send(subscription, event('ping'));
  }

  #send({ socket }: Subscription, message: JsonObject): void {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  }
}

function event(name: string, parts: JsonObject = {}): JsonObject {
  return {
    id: randomUUID(),
    name,
    resourceType: null,
    resourceId: null,
    data: {},
    time: Date.now(),
    previousIds: null,
    previousNames: null,
    publisher: null,
    replyTo: null,
    transitioning: null,
    transitioningInternalMessage: null,
    transitioningMessage: null,
    transitioningProgress: null,
    ...parts,
  };
}
