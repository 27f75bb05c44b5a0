import type { Clock } from '../clock.ts';
import { EventCorrelation, type Report } from './event-correlation.ts';
import { type JsonMap, type KubernetesObject, timestamp } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const events = typeOfKind('Event');
const namespaces = typeOfKind('Namespace');

/** Writes what controllers, the scheduler and kubelets report, for `kubectl describe` and `kubectl events`. */
export class EventRecorder {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #correlation = new EventCorrelation();
  #lastNumber = 0n;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Says something of an object; what was said before is counted up. */
  report(object: KubernetesObject, report: Report): void {
    const namespace = object.metadata.namespace ?? 'default';
    // What is emptied is not filled again.
    if (!this.#store.find(namespaces, '', namespace)) return;
    const place = this.#correlation.place(object, report, this.#clock.now());
    if (!place) return;
    const { message, key, subject } = place;
    const known = subject.written.get(key);
    const now = timestamp();
    const former = known && this.#store.find(events, namespace, known.name);
    const count = (known?.count ?? 0) + 1;
    if (known && former) {
      known.count = count;
      this.#store.replace(events, { ...former, message, count, lastTimestamp: now });
      return;
    }
    const name = this.#nameFor(object);
    const firstTimestamp = known?.firstTimestamp ?? now;
    this.#correlation.remember(place, { name, count, firstTimestamp });
    const { component, host } = report;
    this.#create(object, name, report, {
      message,
      source: { component, ...(host !== undefined && { host }) },
      firstTimestamp,
      lastTimestamp: now,
      count,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? '',
    });
  }

  /** To be called with an object that is gone. */
  forget(object: KubernetesObject): void {
    this.#correlation.forget(object);
  }

  /** As the scheduler does, in the newer form of Events. */
  reportAction(object: KubernetesObject, action: string, report: Report): void {
    const namespace = object.metadata.namespace ?? 'default';
    if (!this.#store.find(namespaces, '', namespace)) return;
    const { component, message } = report;
    this.#create(object, this.#nameFor(object), report, {
      message,
      action,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: new Date().toISOString().replace('Z', '000Z'),
      reportingComponent: component,
      reportingInstance: `${component}-emulator`,
    });
  }

  #create(object: KubernetesObject, name: string, { type, reason, fieldPath }: Report, content: JsonMap): void {
    const { apiVersion, kind, metadata } = object;
    const { namespace, uid, resourceVersion } = metadata;
    this.#store.create(events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: namespace ?? 'default', uid: '', resourceVersion: '', creationTimestamp: '' },
      involvedObject: {
        kind,
        ...(namespace !== undefined && { namespace }),
        name: metadata.name,
        uid,
        apiVersion,
        resourceVersion,
        ...(fieldPath !== undefined && { fieldPath }),
      },
      reason,
      type,
      ...content,
    });
  }

  /** Later ones have greater names: clients show those of one second in the order of their names. */
  #nameFor({ metadata }: KubernetesObject): string {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.#lastNumber = now > this.#lastNumber ? now : this.#lastNumber + 1n;
    return `${metadata.name}.${this.#lastNumber.toString(16)}`;
  }
}
