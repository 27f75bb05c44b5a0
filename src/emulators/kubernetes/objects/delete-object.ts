import type { Kubelet } from '../kubelet/kubelet.ts';
import { isMap, type KubernetesObject, mapAt, timestamp } from './kubernetes-object.ts';
import type { ObjectStore } from './object-store.ts';
import { readNumber } from '../http/read-number.ts';
import { type ResourceType, resourceTypes } from '../schema/resource-types.ts';
import { StatusError } from '../http/status-error.ts';

export interface DeleteOptions {
  readonly policy: 'Background' | 'Foreground' | 'Orphan';
  /** Absent: as the object has it. */
  readonly graceSeconds?: number;
  readonly preconditions?: { readonly uid?: unknown; readonly resourceVersion?: unknown };
}

export const inBackground: DeleteOptions = { policy: 'Background' };
const foreground = 'foregroundDeletion';

/** What a request says of how to delete, in its query or its body. @throws StatusError 422 */
export function readDeleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = isMap(body) ? body : {};
  const policy = query.get('propagationPolicy') ?? given['propagationPolicy'] ?? 'Background';
  if (policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') throw wrongPolicy(policy);
  const grace = readNumber(query, 'gracePeriodSeconds') ?? given['gracePeriodSeconds'];
  return {
    policy,
    preconditions: mapAt(given, 'preconditions'),
    ...(typeof grace === 'number' && { graceSeconds: grace }),
  };
}

function wrongPolicy(policy: unknown): StatusError {
  const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
  const cause = { reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' };
  const details = { group: 'meta.k8s.io', kind: 'DeleteOptions', causes: [cause] };
  return new StatusError(422, `DeleteOptions.meta.k8s.io "" is invalid: ${cause.field}: ${message}`, details);
}

/** Deletes objects and, as the garbage collector does, what they owned. */
export class ObjectRemoval {
  readonly #store: ObjectStore;
  readonly #kubelet: Kubelet;

  constructor(store: ObjectStore, kubelet: Kubelet) {
    this.#store = store;
    this.#kubelet = kubelet;
    store.onEvent(({ type, resourceType, object }) => {
      if (type === 'DELETED') this.#finishOwners(object);
      else if (object.metadata.deletionTimestamp !== undefined && resourceType.kind !== 'Pod') this.#finish(resourceType, object);
    });
  }

  remove(type: ResourceType, object: KubernetesObject, options: DeleteOptions = inBackground): void {
    if (type.kind === 'Pod') return this.#kubelet.end(object, options.graceSeconds);
    const finalizers = [...(object.metadata.finalizers ?? []), ...(options.policy === 'Foreground' ? [foreground] : [])];
    if (options.policy === 'Orphan') this.#disown(object);
    if (finalizers.length > 0) this.#mark(type, object, [...new Set(finalizers)]);
    else this.#store.delete(type, object.metadata.namespace ?? '', object.metadata.name);
    this.#collect(object, options.policy === 'Foreground' ? { policy: 'Foreground' } : inBackground);
    if (type.kind === 'Namespace') this.#empty(object.metadata.name);
    return undefined;
  }

  #mark(type: ResourceType, object: KubernetesObject, finalizers: string[]): void {
    const metadata = { ...object.metadata, finalizers, deletionTimestamp: object.metadata.deletionTimestamp ?? timestamp() };
    this.#store.replace(type, { ...object, metadata });
  }

  #collect(owner: KubernetesObject, options: DeleteOptions): void {
    for (const { type, object } of this.#store.owned(owner)) this.remove(type, object, options);
  }

  #disown(owner: KubernetesObject): void {
    for (const { type, object } of this.#store.owned(owner)) {
      const { ownerReferences = [], ...metadata } = object.metadata;
      const others = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid);
      this.#store.replace(type, { ...object, metadata: { ...metadata, ...(others.length > 0 && { ownerReferences: others }) } });
    }
  }

  #empty(namespace: string): void {
    for (const type of resourceTypes)
      if (type.namespaced)
        for (const object of this.#store.list(type, namespace)) if (this.#isThere(type, object)) this.remove(type, object);
  }

  #isThere(type: ResourceType, { metadata }: KubernetesObject): boolean {
    return this.#store.find(type, metadata.namespace ?? '', metadata.name)?.metadata.uid === metadata.uid;
  }

  /** An owner that waits for what it owned goes with the last of it. */
  #finishOwners({ metadata: { namespace = '', ownerReferences = [] } }: KubernetesObject): void {
    for (const owner of ownerReferences) {
      const type = resourceTypes.find(({ kind }) => kind === owner.kind);
      const found = type && this.#store.find(type, namespace, owner.name);
      if (type && found?.metadata.uid === owner.uid && found.metadata.deletionTimestamp !== undefined) this.#finish(type, found);
    }
  }

  #finish(type: ResourceType, object: KubernetesObject): void {
    if (!this.#isThere(type, object)) return;
    const { finalizers = [] } = object.metadata;
    const isWaiting = finalizers.includes(foreground) && this.#store.owned(object).length > 0;
    if (finalizers.every((each) => each === foreground) && !isWaiting)
      this.#store.delete(type, object.metadata.namespace ?? '', object.metadata.name);
  }
}
