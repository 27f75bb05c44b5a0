import crypto from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Kubelet } from './kubelet.ts';
import { type KubernetesObject, listAt, mapAt, numberOr, timestamp } from './kubernetes-object.ts';
import type { ObjectStore } from './object-store.ts';
import { typeOfKind } from './resource-types.ts';

const pods = typeOfKind('Pod');
const replicaSets = typeOfKind('ReplicaSet');
/** As many as the emulated node has room for; a ReplicaSet that wants more waits. */
const mostPods = 1_000;
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Keeps as many pods of each ReplicaSet as it wants, and counts them in its status. */
export class ReplicaSetController {
  readonly #store: ObjectStore;
  readonly #kubelet: Kubelet;
  readonly #clock: Clock;
  readonly #lookAgain: (namespace: string, name: string, ms: number) => void;
  /** Since when each pod has been ready, emulated milliseconds. */
  readonly #readyMs = new Map<string, number>();

  /** @param lookAgain asks for another reconciliation after so many emulated milliseconds. */
  constructor(
    store: ObjectStore,
    kubelet: Kubelet,
    clock: Clock,
    lookAgain: (namespace: string, name: string, ms: number) => void,
  ) {
    this.#store = store;
    this.#kubelet = kubelet;
    this.#clock = clock;
    this.#lookAgain = lookAgain;
  }

  forget({ metadata }: KubernetesObject): void {
    this.#readyMs.delete(metadata.uid);
  }

  reconcile(namespace: string, name: string): void {
    const replicaSet = this.#store.find(replicaSets, namespace, name);
    if (!replicaSet || replicaSet.metadata.deletionTimestamp !== undefined) return;
    const wanted = Math.min(numberOr(replicaSet.spec?.['replicas'], 1), mostPods);
    const owned = podsOf(this.#store, replicaSet);
    for (let missing = wanted - owned.length; missing > 0; missing -= 1) this.#createPod(replicaSet);
    // The least useful go first: what is not ready, then the youngest.
    const doomed = owned.toSorted(
      (a, b) => Number(isReady(a)) - Number(isReady(b)) || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1),
    );
    for (const pod of doomed.slice(0, Math.max(0, owned.length - wanted))) this.#kubelet.end(pod);
    this.#writeStatus(namespace, name);
  }

  #createPod(replicaSet: KubernetesObject): void {
    const template = mapAt(replicaSet.spec, 'template');
    const { name, namespace = '', uid } = replicaSet.metadata;
    this.#store.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(mapAt(template, 'metadata') as Partial<KubernetesObject['metadata']>),
        name: `${name}-${suffix()}`,
        namespace,
        generateName: `${name}-`,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true }],
        uid: '',
        resourceVersion: '',
        creationTimestamp: timestamp(),
      },
      spec: structuredClone(mapAt(template, 'spec')),
      status: { phase: 'Pending' },
    });
  }

  #writeStatus(namespace: string, name: string): void {
    const replicaSet = this.#store.find(replicaSets, namespace, name);
    if (!replicaSet) return;
    const owned = podsOf(this.#store, replicaSet);
    const ready = owned.filter(isReady);
    const minReadySeconds = numberOr(replicaSet.spec?.['minReadySeconds'], 0);
    const waits = ready.map((pod) => minReadySeconds * 1000 - this.#readyForMs(pod));
    for (const pod of owned) if (!ready.includes(pod)) this.#readyMs.delete(pod.metadata.uid);
    const available = waits.filter((ms) => ms <= 0);
    const nextMs = Math.min(...waits.filter((ms) => ms > 0));
    if (Number.isFinite(nextMs)) this.#lookAgain(namespace, name, nextMs + 1);
    const status = {
      replicas: owned.length,
      fullyLabeledReplicas: owned.length,
      ...(ready.length > 0 && { readyReplicas: ready.length }),
      ...(available.length > 0 && { availableReplicas: available.length }),
      observedGeneration: replicaSet.metadata.generation ?? 1,
    };
    this.#store.replace(replicaSets, { ...replicaSet, status });
  }

  #readyForMs({ metadata }: KubernetesObject): number {
    const now = this.#clock.now();
    const since = this.#readyMs.get(metadata.uid) ?? now;
    this.#readyMs.set(metadata.uid, since);
    return now - since;
  }
}

/** The pods of a ReplicaSet that are not on their way out. */
export function podsOf(store: ObjectStore, replicaSet: KubernetesObject): KubernetesObject[] {
  return store
    .list(pods, replicaSet.metadata.namespace)
    .filter(
      (pod) =>
        pod.metadata.deletionTimestamp === undefined &&
        pod.metadata.ownerReferences?.some(({ uid }) => uid === replicaSet.metadata.uid),
    );
}

function isReady(pod: KubernetesObject): boolean {
  return listAt(pod.status, 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
}

function suffix(): string {
  return Array.from({ length: 5 }, () => suffixAlphabet.charAt(crypto.randomInt(suffixAlphabet.length))).join('');
}
