import type { StoreEvent } from './object-store.ts';
import type { ResourceType } from '../schema/resource-types.ts';
import { StatusError } from '../http/status-error.ts';

/** The latest changes, for watches that are taken up again. */
export class ChangeHistory {
  readonly #limit: number;
  readonly #changes: StoreEvent[] = [];
  /** The version of the last change that is not kept any more. */
  #forgotten = 0;

  /** @param limit how many are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(change: StoreEvent): void {
    this.#changes.push(change);
    if (this.#changes.length > this.#limit) this.#forgotten = this.#changes.shift()?.resourceVersion ?? this.#forgotten;
  }

  /** Changes of a type after a version. @throws StatusError 410 if some of them are not kept any more. */
  since(type: ResourceType, resourceVersion: number): StoreEvent[] {
    if (resourceVersion < this.#forgotten)
      throw new StatusError(410, `too old resource version: ${resourceVersion} (${this.#forgotten})`);
    return this.#changes.filter((change) => change.resourceType === type && change.resourceVersion > resourceVersion);
  }

  /** @param resourceVersion the latest that is to be forgotten. */
  forget(resourceVersion: number): void {
    this.#changes.length = 0;
    this.#forgotten = resourceVersion;
  }
}
