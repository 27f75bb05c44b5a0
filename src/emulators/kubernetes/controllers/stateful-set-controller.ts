import type { Controller, ControllerParts } from './controller.ts';
import { ControllerRevisions } from './controller-revisions.ts';
import { type KubernetesObject, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';
import { isReady, isTerminating } from '../kubelet/pod-availability.ts';
import { PodControl } from './pod-control.ts';
import { typeOfKind } from '../schema/resource-types.ts';
import { createClaims, ordinalOf, revisionLabel, statefulPod } from './stateful-pods.ts';

const pods = typeOfKind('Pod');
const statefulSets = typeOfKind('StatefulSet');
const component = 'statefulset-controller';

/** What one reconciliation works with. */
interface Round {
  readonly set: KubernetesObject;
  readonly current: KubernetesObject;
  readonly update: KubernetesObject;
  /** Whether pods wait for each other. */
  readonly isOrdered: boolean;
}

/**
 * Runs the pods of StatefulSets: in order up, in reverse order down and through updates. As with the real controller, a pod
 * that does not get ready stops everything, also the way back to a template that was good, until somebody deletes it.
 */
export class StatefulSetController implements Controller {
  readonly #parts: ControllerParts;
  readonly #podControl: PodControl;
  readonly #revisions: ControllerRevisions;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#podControl = new PodControl(
      parts,
      component,
      (verb, pod, name) => `${verb} Pod ${pod} in StatefulSet ${name} successful`,
    );
    this.#revisions = new ControllerRevisions(parts.store, 'controller.kubernetes.io/hash');
  }

  reconcile(namespace: string, name: string): void {
    const set = this.#parts.store.find(statefulSets, namespace, name);
    if (!set || set.metadata.deletionTimestamp !== undefined) return;
    const update = this.#revisions.current(set);
    const current = this.#revisions.of(set).find(({ metadata }) => metadata.name === set.status?.['currentRevision']) ?? update;
    const round = { set, current, update, isOrdered: set.spec?.['podManagementPolicy'] !== 'Parallel' };
    this.#step(round);
    this.#writeStatus(round);
  }

  /** As far as it goes without waiting for pods. */
  #step(round: Round): void {
    const { set, update, isOrdered } = round;
    const [start, wanted] = [startOf(set), numberOr(set.spec?.['replicas'], 1)];
    const all = this.#podsOf(set);
    const inRange = (pod: KubernetesObject): boolean => ordinalOf(pod) >= start && ordinalOf(pod) < start + wanted;
    for (let ordinal = start; ordinal < start + wanted; ordinal += 1) {
      const pod = all.find((each) => ordinalOf(each) === ordinal);
      if (!pod) this.#create(round, ordinal);
      if (isOrdered && !(pod && this.#isSettled(pod, set))) return;
    }
    const condemned = all.filter((pod) => !inRange(pod)).toReversed();
    if (this.#removeCondemned(condemned, round)) return;
    if (mapAt(set.spec, 'updateStrategy')['type'] === 'OnDelete') return;
    const least = start + partitionOf(set);
    for (const pod of this.#podsOf(set).filter(inRange).toReversed()) {
      if (ordinalOf(pod) < least) return;
      if (revisionOf(pod) !== update.metadata.name && !isTerminating(pod)) return this.#podControl.delete(set, pod);
      if (!this.#isSettled(pod, set)) return;
    }
  }

  /** @returns true if the rest has to wait. */
  #removeCondemned(condemned: readonly KubernetesObject[], { set, isOrdered }: Round): boolean {
    const broken = condemned.findLast((pod) => !this.#isSettled(pod, set));
    for (const pod of condemned) {
      if (isOrdered && (isTerminating(pod) || (!this.#isSettled(pod, set) && pod !== broken))) return true;
      this.#podControl.delete(set, pod);
      if (isOrdered) return true;
    }
    return false;
  }

  #create({ set, current, update }: Round, ordinal: number): void {
    const isRolling = mapAt(set.spec, 'updateStrategy')['type'] !== 'OnDelete';
    const revision = isRolling && ordinal < startOf(set) + partitionOf(set) ? current : update;
    const pod = statefulPod(set, revision, ordinal);
    for (const claim of createClaims(this.#parts.store, set, ordinal)) this.#reportClaim(set, claim, pod);
    this.#podControl.create(set, pod);
  }

  #reportClaim(set: KubernetesObject, claim: string, { metadata: { name } }: KubernetesObject): void {
    const message = `create Claim ${claim} Pod ${name} in StatefulSet ${set.metadata.name} success`;
    this.#parts.events.report(set, { component, type: 'Normal', reason: 'SuccessfulCreate', message });
  }

  #isSettled(pod: KubernetesObject, set: KubernetesObject): boolean {
    return !isTerminating(pod) && pod.status?.['phase'] === 'Running' && this.#parts.availability.isAvailable(pod, set);
  }

  #writeStatus({ set: { metadata }, current, update }: Round): void {
    const { store, availability, lookAgain } = this.#parts;
    const set = store.find(statefulSets, metadata.namespace ?? '', metadata.name);
    if (!set) return;
    const all = this.#podsOf(set);
    const wanted = numberOr(set.spec?.['replicas'], 1);
    const ready = all.filter((pod) => isReady(pod) && pod.status?.['phase'] === 'Running');
    const kept = all.filter((pod) => !isTerminating(pod));
    const ofRevision = ({ metadata: { name } }: KubernetesObject): number =>
      kept.filter((pod) => revisionOf(pod) === name).length;
    const updated = ofRevision(update);
    const isRolling = mapAt(set.spec, 'updateStrategy')['type'] !== 'OnDelete';
    const isDone = isRolling && [updated, ready.length, all.length].every((count) => count === wanted);
    const currentReplicas = isDone ? updated : ofRevision(current);
    const status = {
      observedGeneration: set.metadata.generation ?? 1,
      replicas: all.length,
      ...(ready.length > 0 && { readyReplicas: ready.length }),
      ...(currentReplicas > 0 && { currentReplicas }),
      ...(updated > 0 && { updatedReplicas: updated }),
      currentRevision: (isDone ? update : current).metadata.name,
      updateRevision: update.metadata.name,
      collisionCount: 0,
      availableReplicas: ready.filter((pod) => availability.isAvailable(pod, set)).length,
    };
    store.replace(statefulSets, { ...set, status });
    const nextMs = availability.nextMs(ready, set);
    if (nextMs !== undefined) lookAgain(metadata.namespace ?? '', metadata.name, nextMs);
    this.#revisions.truncate(set, new Set([current.metadata.name, update.metadata.name, ...kept.map(revisionOf)]));
  }

  /** In the order of their ordinals. */
  #podsOf(set: KubernetesObject): KubernetesObject[] {
    return this.#parts.store.ownedOf(pods, set).toSorted((a, b) => ordinalOf(a) - ordinalOf(b));
  }
}

function revisionOf({ metadata }: KubernetesObject): string {
  return textOr(metadata.labels?.[revisionLabel]);
}

function partitionOf({ spec }: KubernetesObject): number {
  return numberOr(mapAt(spec, 'updateStrategy', 'rollingUpdate')['partition'], 0);
}

function startOf({ spec }: KubernetesObject): number {
  return numberOr(mapAt(spec, 'ordinals')['start'], 0);
}
