import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const events = typeOfKind('Event');
export interface EventLimits {
  /** How long an Event is kept after it was last written. */
  readonly keptMs: number;
  readonly mostKept: number;
}

/** An hour, as the API server's default for `--event-ttl`. */
const defaults: EventLimits = { keptMs: 3_600_000, mostKept: 5_000 };

interface Entry {
  readonly namespace: string;
  readonly name: string;
  readonly dueMs: number;
}

/** Removes Events some time after they were last written, and the oldest of too many sooner. */
export class EventExpiry {
  readonly #store: ObjectStore;
  readonly #limits: EventLimits;
  /** By uid, what is due first before the rest. */
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: ObjectStore, limits = defaults) {
    this.#store = store;
    this.#limits = limits;
    store.onEvent(({ type, resourceType, object }) => {
      if (resourceType !== events) return;
      this.#entries.delete(object.metadata.uid);
      if (type !== 'DELETED') this.#add(object);
    });
  }

  /** Takes up those of a former process. */
  resume(): void {
    const found = this.#store.list(events);
    for (const event of found.toSorted((a, b) => lastMs(a) - lastMs(b))) this.#add(event, lastMs(event));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #add({ metadata: { uid, namespace = '', name } }: KubernetesObject, sinceMs = Date.now()): void {
    this.#entries.set(uid, { namespace, name, dueMs: sinceMs + this.#limits.keptMs });
    if (this.#entries.size > this.#limits.mostKept) this.#removeFirst();
    this.#timer ??= this.#wait();
  }

  #wait(): NodeJS.Timeout | undefined {
    const [next] = this.#entries.values();
    return next && setTimeout(() => this.#removeDue(), Math.max(0, next.dueMs - Date.now())).unref();
  }

  #removeDue(): void {
    for (const { dueMs } of this.#entries.values()) {
      if (dueMs > Date.now()) break;
      this.#removeFirst();
    }
    this.#timer = this.#wait();
  }

  #removeFirst(): void {
    const [first] = this.#entries;
    if (!first) return;
    const [uid, { namespace, name }] = first;
    this.#entries.delete(uid);
    if (this.#store.find(events, namespace, name)) this.#store.delete(events, namespace, name);
  }
}

/** When an Event was last written, epoch milliseconds. */
function lastMs(event: KubernetesObject): number {
  const { lastTimestamp, eventTime, metadata } = event;
  const time = [lastTimestamp, eventTime, metadata.creationTimestamp].find((each) => typeof each === 'string');
  return Date.parse(String(time)) || 0;
}
