import type { Clock } from '../clock.ts';
import { type KubernetesObject, listAt, numberOr } from '../objects/kubernetes-object.ts';

/** Knows since when pods have been ready, to tell which of them count as available. */
export class PodAvailability {
  readonly #clock: Clock;
  /** Emulated milliseconds, by uid. */
  readonly #readySince = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called with every pod that changes. */
  note(pod: KubernetesObject): void {
    const { uid } = pod.metadata;
    if (!isReady(pod)) this.#readySince.delete(uid);
    else if (!this.#readySince.has(uid)) this.#readySince.set(uid, this.#clock.now());
  }

  forget({ metadata }: KubernetesObject): void {
    this.#readySince.delete(metadata.uid);
  }

  /** How long until the pod is available, milliseconds, 0 if it is; infinite if it is not ready. @param owner has `minReadySeconds`. */
  waitMs(pod: KubernetesObject, owner: KubernetesObject): number {
    if (!isReady(pod)) return Infinity;
    const now = this.#clock.now();
    const since = this.#readySince.get(pod.metadata.uid) ?? now;
    return Math.max(0, numberOr(owner.spec?.['minReadySeconds'], 0) * 1000 - (now - since));
  }

  isAvailable(pod: KubernetesObject, owner: KubernetesObject): boolean {
    return this.waitMs(pod, owner) === 0;
  }

  /** When the next of them becomes available by waiting alone; undefined if none does. */
  nextMs(pods: readonly KubernetesObject[], owner: KubernetesObject): number | undefined {
    const waits = pods.map((pod) => this.waitMs(pod, owner)).filter((ms) => ms > 0 && Number.isFinite(ms));
    return waits.length === 0 ? undefined : Math.min(...waits) + 1;
  }
}

export function isReady({ status }: KubernetesObject): boolean {
  return listAt(status, 'conditions').some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
}

export function isTerminating({ metadata }: KubernetesObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}
