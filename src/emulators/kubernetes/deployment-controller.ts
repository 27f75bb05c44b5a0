import crypto from 'node:crypto';
import { type JsonMap, type KubernetesObject, mapAt, numberOr, timestamp } from './kubernetes-object.ts';
import { deploymentStatus } from './deployment-status.ts';
import type { ObjectStore } from './object-store.ts';
import { podsOf } from './replica-set-controller.ts';
import { typeOfKind } from './resource-types.ts';

const deployments = typeOfKind('Deployment');
const replicaSets = typeOfKind('ReplicaSet');
const pods = typeOfKind('Pod');
export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** Rolls Deployments out as the real controller does: one ReplicaSet for each template, scaled within surge and unavailability. */
export class DeploymentController {
  readonly #store: ObjectStore;
  readonly #lookAgain: (namespace: string, name: string, ms: number) => void;

  /** @param lookAgain asks for another reconciliation after so many milliseconds of real time. */
  constructor(store: ObjectStore, lookAgain: (namespace: string, name: string, ms: number) => void) {
    this.#store = store;
    this.#lookAgain = lookAgain;
  }

  reconcile(namespace: string, name: string): void {
    const deployment = this.#store.find(deployments, namespace, name);
    if (!deployment || deployment.metadata.deletionTimestamp) return;
    const all = this.#owned(deployment);
    const paused = deployment.spec?.['paused'] === true;
    const current =
      all.find((each) => sameTemplate(each, deployment)) ?? (paused ? undefined : this.#createReplicaSet(deployment, all));
    if (current) this.#giveRevision(deployment, current, all);
    const old = all.filter(({ metadata }) => metadata.uid !== current?.metadata.uid);
    if (current && !paused) this.#scale(deployment, current, old);
    this.#writeStatus(namespace, name);
    if (current) this.#cleanUp(deployment, old);
  }

  #owned(deployment: KubernetesObject): KubernetesObject[] {
    const owned = this.#store.list(replicaSets, deployment.metadata.namespace);
    return owned.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid));
  }

  #createReplicaSet(deployment: KubernetesObject, all: readonly KubernetesObject[]): KubernetesObject {
    const template = mapAt(deployment.spec, 'template');
    const { name, namespace = '', uid } = deployment.metadata;
    const hash = crypto.createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
    const taken = all.some(({ metadata }) => metadata.name === `${name}-${hash}`);
    const label = taken ? `${hash}${all.length}` : hash;
    const labels = { ...mapAt(template, 'metadata', 'labels'), 'pod-template-hash': label } as Record<string, string>;
    const selector = { matchLabels: { ...mapAt(deployment.spec, 'selector', 'matchLabels'), 'pod-template-hash': label } };
    return this.#store.create(replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${label}`,
        namespace,
        labels,
        annotations: {},
        generation: 1,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true }],
        uid: '',
        resourceVersion: '',
        creationTimestamp: timestamp(),
      },
      spec: {
        replicas: 0,
        ...(deployment.spec?.['minReadySeconds'] !== undefined && { minReadySeconds: deployment.spec['minReadySeconds'] }),
        selector,
        template: { ...structuredClone(template), metadata: { ...mapAt(template, 'metadata'), labels } },
      },
      status: { replicas: 0 },
    });
  }

  /** The newest template has the highest revision, also one that was taken up again. */
  #giveRevision(deployment: KubernetesObject, current: KubernetesObject, all: readonly KubernetesObject[]): void {
    const others = all.filter(({ metadata }) => metadata.uid !== current.metadata.uid);
    const highest = Math.max(0, ...others.map(revisionOf));
    if (revisionOf(current) <= highest) {
      const annotations = {
        ...changeCause(deployment),
        ...current.metadata.annotations,
        ...changeCause(deployment),
        [revisionAnnotation]: String(highest + 1),
      };
      this.#update(replicaSets, current, (found) => ({ ...found, metadata: { ...found.metadata, annotations } }));
    }
    const revision = String(Math.max(revisionOf(current), highest + (revisionOf(current) <= highest ? 1 : 0)));
    if (deployment.metadata.annotations?.[revisionAnnotation] === revision) return;
    this.#update(deployments, deployment, (found) => ({
      ...found,
      metadata: { ...found.metadata, annotations: { ...found.metadata.annotations, [revisionAnnotation]: revision } },
    }));
  }

  #scale(deployment: KubernetesObject, current: KubernetesObject, old: readonly KubernetesObject[]): void {
    const wanted = numberOr(deployment.spec?.['replicas'], 1);
    const strategy = mapAt(deployment.spec, 'strategy');
    const running = [current, ...old];
    if (strategy['type'] === 'Recreate') {
      for (const each of old) this.#setReplicas(each, 0);
      if (old.every((each) => !this.#hasPods(each))) this.#setReplicas(current, wanted);
      return;
    }
    const maxSurge = amount(mapAt(strategy, 'rollingUpdate')['maxSurge'], wanted, Math.ceil);
    const given = amount(mapAt(strategy, 'rollingUpdate')['maxUnavailable'], wanted, Math.floor);
    const maxUnavailable = maxSurge === 0 && given === 0 ? 1 : given;
    const total = sum(running.map(replicasOf));
    const room = Math.max(0, wanted + maxSurge - total);
    const currentTarget = Math.min(wanted, replicasOf(current) + room);
    this.#setReplicas(current, replicasOf(current) > wanted ? wanted : currentTarget);
    const minAvailable = wanted - maxUnavailable;
    const currentUnavailable = Math.max(0, currentTarget - available(current));
    let mayGo = Math.max(0, sum([currentTarget, ...old.map(replicasOf)]) - minAvailable - currentUnavailable);
    // What is not available in an old ReplicaSet is missed by nobody.
    for (const each of old.toSorted((a, b) => revisionOf(a) - revisionOf(b))) {
      const unhealthy = Math.min(mayGo, Math.max(0, replicasOf(each) - available(each)));
      mayGo -= unhealthy;
      if (unhealthy > 0) this.#setReplicas(each, replicasOf(each) - unhealthy);
    }
    let spare = Math.max(0, sum(running.map(available)) - minAvailable);
    for (const each of old.toSorted((a, b) => revisionOf(a) - revisionOf(b))) {
      const now = this.#store.find(replicaSets, each.metadata.namespace ?? '', each.metadata.name);
      const go = Math.min(spare, now ? replicasOf(now) : 0);
      spare -= go;
      if (now && go > 0) this.#setReplicas(now, replicasOf(now) - go);
    }
  }

  /** Pods that are on their way out count: Recreate waits for them. */
  #hasPods(replicaSet: KubernetesObject): boolean {
    if (podsOf(this.#store, replicaSet).length > 0) return true;
    return this.#store
      .list(pods, replicaSet.metadata.namespace)
      .some(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === replicaSet.metadata.uid));
  }

  #setReplicas(replicaSet: KubernetesObject, replicas: number): void {
    if (replicasOf(replicaSet) === replicas) return;
    this.#update(replicaSets, replicaSet, (found) => ({
      ...found,
      metadata: { ...found.metadata, generation: (found.metadata.generation ?? 1) + 1 },
      spec: { ...found.spec, replicas },
    }));
  }

  #writeStatus(namespace: string, name: string): void {
    const deployment = this.#store.find(deployments, namespace, name);
    if (!deployment) return;
    const all = this.#owned(deployment);
    const current = all.find((each) => sameTemplate(each, deployment));
    const { status, lookAgainMs } = deploymentStatus(deployment, current, all);
    this.#store.replace(deployments, { ...deployment, status });
    if (lookAgainMs !== undefined) this.#lookAgain(namespace, name, lookAgainMs);
  }

  #cleanUp(deployment: KubernetesObject, old: readonly KubernetesObject[]): void {
    const kept = numberOr(deployment.spec?.['revisionHistoryLimit'], 10);
    const idle = old
      .filter((each) => replicasOf(each) === 0 && numberOr(each.status?.['replicas'], 0) === 0)
      .toSorted((a, b) => revisionOf(a) - revisionOf(b));
    for (const { metadata } of idle.slice(0, Math.max(0, idle.length - kept)))
      this.#store.delete(replicaSets, metadata.namespace ?? '', metadata.name);
  }

  /** Changes the object as it is now, whatever was read before. */
  #update(type: typeof deployments, { metadata }: KubernetesObject, change: (found: KubernetesObject) => KubernetesObject): void {
    const found = this.#store.find(type, metadata.namespace ?? '', metadata.name);
    if (found) this.#store.replace(type, change(found));
  }
}

function sameTemplate(replicaSet: KubernetesObject, deployment: KubernetesObject): boolean {
  const template = mapAt(replicaSet.spec, 'template');
  const { 'pod-template-hash': _hash, ...labels } = mapAt(template, 'metadata', 'labels');
  return (
    canonical({ ...template, metadata: { ...mapAt(template, 'metadata'), labels } }) ===
    canonical(mapAt(deployment.spec, 'template'))
  );
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry as JsonMap).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

function changeCause({ metadata }: KubernetesObject): Record<string, string> {
  const cause = metadata.annotations?.['kubernetes.io/change-cause'];
  return cause === undefined ? {} : { 'kubernetes.io/change-cause': cause };
}

function revisionOf({ metadata }: KubernetesObject): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}

function replicasOf({ spec }: KubernetesObject): number {
  return numberOr(spec?.['replicas'], 0);
}

function available({ status }: KubernetesObject): number {
  return numberOr(status?.['availableReplicas'], 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** A number, or a percentage of the replicas: surge is rounded up, unavailability down. */
function amount(value: unknown, replicas: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = Number(/^(\d+)%$/.exec(typeof value === 'string' ? value : '25%')?.[1] ?? 25);
  return round((percent * replicas) / 100);
}
