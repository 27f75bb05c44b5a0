import type { Controller, ControllerParts } from './controller.ts';
import { deploymentStatus } from './deployment-status.ts';
import { type KubernetesObject, mapAt, numberOr } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { annotateReplicaSet, isSameTemplate, newReplicaSet, revisionAnnotation, revisionOf } from './replica-set-template.ts';
import { proportionalScale, type ReplicaCount, rolloutLimits, rollingStep } from './rollout-scale.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const deployments = typeOfKind('Deployment');
const replicaSets = typeOfKind('ReplicaSet');
const pods = typeOfKind('Pod');
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';

/** Rolls Deployments out as the real controller does: one ReplicaSet for each template, scaled within surge and unavailability. */
export class DeploymentController implements Controller {
  readonly #store: ObjectStore;
  readonly #parts: ControllerParts;
  /** When each rollout last made progress, emulated milliseconds. */
  readonly #progressMs = new Map<string, number>();

  constructor(parts: ControllerParts) {
    this.#store = parts.store;
    this.#parts = parts;
  }

  reconcile(namespace: string, name: string): void {
    const deployment = this.#store.find(deployments, namespace, name);
    if (!deployment || deployment.metadata.deletionTimestamp !== undefined) return;
    const found = this.#owned(deployment);
    const isPaused = deployment.spec?.['paused'] === true;
    const known = found.find((each) => isSameTemplate(each, deployment));
    const created = known || isPaused ? undefined : this.#createReplicaSet(deployment, found);
    const current = known ?? created;
    if (current) this.#giveRevision(deployment, current, found);
    const old = found.filter(({ metadata }) => metadata.uid !== current?.metadata.uid).toSorted(byRevision);
    this.#scale(deployment, current, old, isPaused);
    this.#writeStatus(deployment, created !== undefined);
    this.#cleanUp(deployment);
  }

  forget({ metadata }: KubernetesObject): void {
    this.#progressMs.delete(metadata.uid);
  }

  #owned(deployment: KubernetesObject): KubernetesObject[] {
    return this.#store.ownedOf(replicaSets, deployment);
  }

  /** It has its first pods at once, unless others have to go before. */
  #createReplicaSet(deployment: KubernetesObject, others: readonly KubernetesObject[]): KubernetesObject {
    const wanted = wantedOf(deployment);
    const revision = String(Math.max(0, ...others.map(revisionOf)) + 1);
    const empty = annotateReplicaSet(newReplicaSet(deployment, others), deployment, revision);
    const mayGrow = mapAt(deployment.spec, 'strategy')['type'] !== 'Recreate' && !isScaled(deployment, others);
    const nothing = { replicas: 0, available: 0 };
    const step = mayGrow ? rollingStep(wanted, rolloutLimits(deployment), nothing, others.map(countOf)) : undefined;
    const sized = withReplicas(empty, step?.current ?? 0, deployment);
    const created = this.#store.create(replicaSets, { ...sized, metadata: { ...sized.metadata, generation: 1 } });
    if (replicasOf(created) > 0) this.#reportScaling(deployment, empty, replicasOf(created));
    return created;
  }

  /** The newest template has the highest revision, also one that was taken up again. */
  #giveRevision(deployment: KubernetesObject, current: KubernetesObject, all: readonly KubernetesObject[]): void {
    const others = all.filter(({ metadata }) => metadata.uid !== current.metadata.uid);
    const revision = String(Math.max(revisionOf(current), Math.max(0, ...others.map(revisionOf)) + 1));
    this.#update(replicaSets, current, (found) => annotateReplicaSet(found, deployment, revision));
    if (deployment.metadata.annotations?.[revisionAnnotation] === revision) return;
    this.#update(deployments, deployment, (found) => ({
      ...found,
      metadata: { ...found.metadata, annotations: { ...found.metadata.annotations, [revisionAnnotation]: revision } },
    }));
  }

  #scale(
    deployment: KubernetesObject,
    current: KubernetesObject | undefined,
    old: readonly KubernetesObject[],
    isPaused: boolean,
  ): void {
    const wanted = wantedOf(deployment);
    const all = current ? [current, ...old] : old;
    const active = all.filter((each) => replicasOf(each) > 0);
    if (isPaused || isScaled(deployment, active)) return this.#rescale(deployment, active, all, wanted);
    if (!current) return;
    if (mapAt(deployment.spec, 'strategy')['type'] === 'Recreate') {
      for (const each of old) this.#setReplicas(deployment, each, 0);
      if (!this.#hasPods(old)) this.#setReplicas(deployment, current, wanted);
      return;
    }
    const step = rollingStep(wanted, rolloutLimits(deployment), countOf(current), old.map(countOf));
    this.#setReplicas(deployment, current, step.current);
    old.forEach((each, index) => this.#setReplicas(deployment, each, step.old[index] ?? 0));
  }

  /** Somebody scaled the Deployment, perhaps in the middle of a rollout: every ReplicaSet gets its share. */
  #rescale(
    deployment: KubernetesObject,
    active: readonly KubernetesObject[],
    all: readonly KubernetesObject[],
    wanted: number,
  ): void {
    const [only = all[0]] = active;
    if (active.length <= 1) {
      if (only) this.#setReplicas(deployment, only, wanted);
      return;
    }
    const { maxSurge } = rolloutLimits(deployment);
    const targets = proportionalScale(active.map(replicasOf), wanted === 0 ? 0 : wanted + maxSurge);
    active.forEach((each, index) => this.#setReplicas(deployment, each, targets[index] ?? 0));
  }

  /** Pods that are on their way out count: Recreate waits for them. */
  #hasPods(owners: readonly KubernetesObject[]): boolean {
    return owners.some((owner) => this.#store.ownedOf(pods, owner).length > 0);
  }

  #setReplicas(deployment: KubernetesObject, replicaSet: KubernetesObject, replicas: number): void {
    this.#update(replicaSets, replicaSet, (found) => {
      const isChanged = replicasOf(found) !== replicas;
      if (isChanged) this.#reportScaling(deployment, found, replicas);
      return isChanged || replicas > 0 ? withReplicas(found, replicas, deployment) : found;
    });
  }

  #reportScaling(deployment: KubernetesObject, replicaSet: KubernetesObject, replicas: number): void {
    const former = replicasOf(replicaSet);
    const way = replicas > former ? 'up' : 'down';
    const message = `Scaled ${way} replica set ${replicaSet.metadata.name} from ${former} to ${replicas}`;
    this.#parts.events.report(deployment, {
      component: 'deployment-controller',
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message,
    });
  }

  #writeStatus({ metadata }: KubernetesObject, isNew: boolean): void {
    const deployment = this.#store.find(deployments, metadata.namespace ?? '', metadata.name);
    if (!deployment) return;
    const now = this.#parts.clock.now();
    const since = this.#progressMs.get(metadata.uid) ?? now;
    const all = this.#owned(deployment);
    const current = all.find((each) => isSameTemplate(each, deployment));
    const { status, progressed, lookAgainMs } = deploymentStatus({ deployment, current, all, isNew, idleMs: now - since });
    this.#progressMs.set(metadata.uid, progressed ? now : since);
    this.#store.replace(deployments, { ...deployment, status });
    if (lookAgainMs !== undefined) this.#parts.lookAgain(metadata.namespace ?? '', metadata.name, lookAgainMs);
  }

  #cleanUp(deployment: KubernetesObject): void {
    const kept = numberOr(deployment.spec?.['revisionHistoryLimit'], 10);
    const idle = this.#owned(deployment)
      .filter((each) => !isSameTemplate(each, deployment))
      .filter((each) => replicasOf(each) === 0 && numberOr(each.status?.['replicas'], 0) === 0)
      .toSorted(byRevision);
    for (const { metadata } of idle.slice(0, Math.max(0, idle.length - kept)))
      this.#store.delete(replicaSets, metadata.namespace ?? '', metadata.name);
  }

  /** Changes the object as it is now, whatever was read before. */
  #update(type: typeof deployments, { metadata }: KubernetesObject, change: (found: KubernetesObject) => KubernetesObject): void {
    const found = this.#store.find(type, metadata.namespace ?? '', metadata.name);
    if (found) this.#store.replace(type, change(found));
  }
}

function byRevision(a: KubernetesObject, b: KubernetesObject): number {
  return revisionOf(a) - revisionOf(b);
}

function wantedOf({ spec }: KubernetesObject): number {
  return numberOr(spec?.['replicas'], 1);
}

/** Whether some of the ReplicaSets were last sized for another number of replicas than the Deployment wants now. */
function isScaled(deployment: KubernetesObject, owned: readonly KubernetesObject[]): boolean {
  const wanted = wantedOf(deployment);
  const isOld = ({ metadata }: KubernetesObject): boolean =>
    Number(metadata.annotations?.[desiredAnnotation] ?? wanted) !== wanted;
  return owned.some((each) => replicasOf(each) > 0 && isOld(each));
}

function withReplicas(replicaSet: KubernetesObject, replicas: number, deployment: KubernetesObject): KubernetesObject {
  const wanted = wantedOf(deployment);
  const { metadata, spec } = replicaSet;
  return {
    ...replicaSet,
    metadata: {
      ...metadata,
      generation: (metadata.generation ?? 1) + (replicasOf(replicaSet) === replicas ? 0 : 1),
      annotations: {
        ...metadata.annotations,
        [desiredAnnotation]: String(wanted),
        'deployment.kubernetes.io/max-replicas': String(wanted + rolloutLimits(deployment).maxSurge),
      },
    },
    spec: { ...spec, replicas },
  };
}

function replicasOf({ spec }: KubernetesObject): number {
  return numberOr(spec?.['replicas'], 0);
}

function countOf(replicaSet: KubernetesObject): ReplicaCount {
  return { replicas: replicasOf(replicaSet), available: numberOr(replicaSet.status?.['availableReplicas'], 0) };
}
