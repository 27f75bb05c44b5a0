import type { Controller, ControllerParts } from './controller.ts';
import { type KubernetesObject, mapAt, numberOr } from '../objects/kubernetes-object.ts';
import { podFromTemplate } from './owned-pods.ts';
import { isReady, isTerminating } from '../kubelet/pod-availability.ts';
import { PodControl } from './pod-control.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const pods = typeOfKind('Pod');
const replicaSets = typeOfKind('ReplicaSet');
/** As many as the emulated node has room for; a ReplicaSet that wants more waits. */
const mostPods = 1_000;

/** Keeps as many pods of each ReplicaSet as it wants, and counts them in its status. */
export class ReplicaSetController implements Controller {
  readonly #parts: ControllerParts;
  readonly #podControl: PodControl;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#podControl = new PodControl(parts, 'replicaset-controller');
  }

  reconcile(namespace: string, name: string): void {
    const replicaSet = this.#parts.store.find(replicaSets, namespace, name);
    if (!replicaSet || replicaSet.metadata.deletionTimestamp !== undefined) return;
    const wanted = Math.min(numberOr(replicaSet.spec?.['replicas'], 1), mostPods);
    const owned = this.#podsOf(replicaSet);
    for (let missing = wanted - owned.length; missing > 0; missing -= 1)
      this.#podControl.create(replicaSet, podFromTemplate(replicaSet, mapAt(replicaSet.spec, 'template')));
    // The least useful go first: what is not ready, then the youngest.
    const doomed = owned.toReversed().toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)));
    for (const pod of doomed.slice(0, Math.max(0, owned.length - wanted))) this.#podControl.delete(replicaSet, pod);
    this.#writeStatus(namespace, name);
  }

  #writeStatus(namespace: string, name: string): void {
    const { store, availability, lookAgain } = this.#parts;
    const replicaSet = store.find(replicaSets, namespace, name);
    if (!replicaSet) return;
    const owned = this.#podsOf(replicaSet);
    const ready = owned.filter(isReady);
    const available = ready.filter((pod) => availability.isAvailable(pod, replicaSet));
    const nextMs = availability.nextMs(ready, replicaSet);
    if (nextMs !== undefined) lookAgain(namespace, name, nextMs);
    const status = {
      replicas: owned.length,
      fullyLabeledReplicas: owned.length,
      ...(ready.length > 0 && { readyReplicas: ready.length }),
      ...(available.length > 0 && { availableReplicas: available.length }),
      observedGeneration: replicaSet.metadata.generation ?? 1,
    };
    store.replace(replicaSets, { ...replicaSet, status });
  }

  /** The pods that are neither on their way out nor at their end. */
  #podsOf(replicaSet: KubernetesObject): KubernetesObject[] {
    return this.#parts.store
      .ownedOf(pods, replicaSet)
      .filter((pod) => !isTerminating(pod) && pod.status?.['phase'] !== 'Failed' && pod.status?.['phase'] !== 'Succeeded');
  }
}
