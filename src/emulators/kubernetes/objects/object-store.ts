import crypto from 'node:crypto';
import type { KubernetesObject } from './kubernetes-object.ts';
import { timestamp } from './kubernetes-object.ts';
import { ChangeHistory } from './change-history.ts';
import { alreadyExists, conflict, notFound } from '../http/status-error.ts';
import type { ObjectFile } from './object-file.ts';
import { type ResourceType, resourceTypes, typeOfKind } from '../schema/resource-types.ts';
import { sameJson } from './same-json.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resourceType: ResourceType;
  readonly object: KubernetesObject;
  /** How it was; absent for what was added. */
  readonly before?: KubernetesObject;
  readonly resourceVersion: number;
}

export interface OwnedObject {
  readonly type: ResourceType;
  readonly object: KubernetesObject;
}

/** How many changes a watch can be taken up after; older ones are answered 410. */
const changesKept = 5_000;
/** The same for what controllers report in Event objects, so that their chatter drives out nothing else. */
const reportsKept = 1_000;

/**
 * All objects, with one resourceVersion counter and the events that watches replay. What it holds is never changed in place:
 * versions of an object share the parts that are the same.
 */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, KubernetesObject>>();
  /** By the uid of an owner, what it owns. */
  readonly #owned = new Map<string, Map<string, OwnedObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #changes = new ChangeHistory(changesKept);
  readonly #reports = new ChangeHistory(reportsKept);
  #version = 100;
  readonly #file: ObjectFile | undefined;

  /** @param file what it holds is there again, and every change is written to it. */
  constructor(file?: ObjectFile) {
    for (const { resource } of resourceTypes) this.#objects.set(resource, new Map());
    this.#file = file;
    if (!file) return;
    const { objects, resourceVersion } = file.load();
    for (const object of objects) {
      const type = typeOfKind(object.kind);
      this.#of(type).set(keyOf(type, object.metadata.namespace ?? '', object.metadata.name), object);
      this.#index(type, object);
    }
    this.#version = Math.max(this.#version, resourceVersion);
    this.forgetEvents();
  }

  close(): void {
    this.#listeners.clear();
    this.#file?.close();
  }

  get resourceVersion(): string {
    return String(this.#version);
  }

  find(type: ResourceType, namespace: string, name: string): KubernetesObject | undefined {
    return this.#of(type).get(keyOf(type, namespace, name));
  }

  /** @throws StatusError 404 */
  require(type: ResourceType, namespace: string, name: string): KubernetesObject {
    const found = this.find(type, namespace, name);
    if (!found) throw notFound(type, name);
    return found;
  }

  /** Every object of a type, in the order of their names; of one namespace, or of all if it is empty. */
  list(type: ResourceType, namespace = ''): KubernetesObject[] {
    const all = [...this.#of(type)].filter(([, { metadata }]) => namespace === '' || metadata.namespace === namespace);
    return all.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** What names an object as its owner, the oldest first. */
  owned({ metadata }: KubernetesObject): OwnedObject[] {
    return [...(this.#owned.get(metadata.uid)?.values() ?? [])];
  }

  /** What of one type names an object as its owner, the oldest first. */
  ownedOf(type: ResourceType, owner: KubernetesObject): KubernetesObject[] {
    return this.owned(owner)
      .filter((each) => each.type === type)
      .map(({ object }) => object);
  }

  /** @throws StatusError 409 if there is one of that name. */
  create(type: ResourceType, object: KubernetesObject): KubernetesObject {
    const { name, namespace = '' } = object.metadata;
    if (this.find(type, namespace, name)) throw alreadyExists(type, name);
    const created = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: object.metadata.uid || crypto.randomUUID(),
        creationTimestamp: timestamp(),
        resourceVersion: '',
      },
    };
    return this.#put(type, created);
  }

  /**
   * Puts a new state in the place of what was read; nothing happens if both are the same.
   * @throws StatusError 409 if it was changed since, 404 if it is gone.
   */
  replace(type: ResourceType, object: KubernetesObject): KubernetesObject {
    const { name, namespace = '', resourceVersion, uid } = object.metadata;
    const current = this.require(type, namespace, name);
    if (current.metadata.resourceVersion !== resourceVersion || current.metadata.uid !== uid) throw conflict(type, name);
    if (sameJson(current, object)) return current;
    return this.#put(type, object, current);
  }

  delete(type: ResourceType, namespace: string, name: string): KubernetesObject {
    const object = this.require(type, namespace, name);
    this.#of(type).delete(keyOf(type, namespace, name));
    this.#forgetOwners(type, object);
    this.#announce(
      'DELETED',
      type,
      { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } },
      object,
    );
    return object;
  }

  /** Events after a version. @throws StatusError 410 if some of them are not kept any more. */
  since(type: ResourceType, resourceVersion: number): StoreEvent[] {
    return this.#historyOf(type).since(type, resourceVersion);
  }

  /** As a server does that was started again. */
  forgetEvents(): void {
    this.#version += 1;
    for (const history of [this.#changes, this.#reports]) history.forget(this.#version);
  }

  /** @returns a function that ends it. */
  onEvent(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(type: ResourceType, object: KubernetesObject, before?: KubernetesObject): KubernetesObject {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.#of(type).set(keyOf(type, stored.metadata.namespace ?? '', stored.metadata.name), stored);
    if (before) this.#forgetOwners(type, before, stored);
    this.#index(type, stored);
    this.#announce(before ? 'MODIFIED' : 'ADDED', type, stored, before);
    return stored;
  }

  #announce(kind: StoreEvent['type'], resourceType: ResourceType, object: KubernetesObject, before?: KubernetesObject): void {
    const resourceVersion = Number(object.metadata.resourceVersion);
    const event: StoreEvent = { type: kind, resourceType, object, ...(before && { before }), resourceVersion };
    this.#file?.save(event);
    this.#historyOf(resourceType).add(event);
    for (const listener of this.#listeners) listener(event);
  }

  #historyOf({ kind }: ResourceType): ChangeHistory {
    return kind === 'Event' ? this.#reports : this.#changes;
  }

  #index(type: ResourceType, object: KubernetesObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const found = this.#owned.get(uid) ?? new Map<string, OwnedObject>();
      this.#owned.set(uid, found.set(ownedKey(type, object), { type, object }));
    }
  }

  /** @param after what the object is now; what it still names keeps its place. */
  #forgetOwners(type: ResourceType, object: KubernetesObject, after?: KubernetesObject): void {
    const kept = new Set(after?.metadata.ownerReferences?.map(({ uid }) => uid));
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      if (kept.has(uid)) continue;
      const found = this.#owned.get(uid);
      found?.delete(ownedKey(type, object));
      if (found?.size === 0) this.#owned.delete(uid);
    }
  }

  #of(type: ResourceType): Map<string, KubernetesObject> {
    const objects = this.#objects.get(type.resource);
    if (!objects) throw new Error(`the emulator has no ${type.resource}`);
    return objects;
  }
}

function keyOf(type: ResourceType, namespace: string, name: string): string {
  return type.namespaced ? `${namespace}/${name}` : name;
}

function ownedKey({ resource }: ResourceType, { metadata }: KubernetesObject): string {
  return `${resource}/${metadata.uid}`;
}
