import type { Controller, ControllerParts } from './controller.ts';
import { ControllerRevisions } from './controller-revisions.ts';
import { daemonRollout, maxSurgeOf, type NodePods } from './daemon-set-rollout.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';
import { matchesNode, wantedNode } from '../kubelet/node-choice.ts';
import { podFromTemplate } from './owned-pods.ts';
import { isReady, isTerminating } from '../kubelet/pod-availability.ts';
import { PodControl } from './pod-control.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const pods = typeOfKind('Pod');
const nodes = typeOfKind('Node');
const daemonSets = typeOfKind('DaemonSet');
const hashLabel = 'controller-revision-hash';
/** A daemon stays on a node in any trouble, and starts there too. */
const daemonTolerations = [
  ...['not-ready', 'unreachable'].map((trouble) => toleration(trouble, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((trouble) => toleration(trouble, 'NoSchedule')),
];

/** Runs one pod of each DaemonSet on every node that fits, and replaces them within their limits. */
export class DaemonSetController implements Controller {
  readonly #parts: ControllerParts;
  readonly #podControl: PodControl;
  readonly #revisions: ControllerRevisions;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#podControl = new PodControl(parts, 'daemonset-controller');
    this.#revisions = new ControllerRevisions(parts.store, hashLabel);
  }

  reconcile(namespace: string, name: string): void {
    const { store } = this.#parts;
    const set = store.find(daemonSets, namespace, name);
    if (!set || set.metadata.deletionTimestamp !== undefined) return;
    const hash = this.#revisions.hashOf(this.#revisions.current(set));
    const wanted = new Set(this.#nodesFor(set));
    for (const pod of store.ownedOf(pods, set)) if (!wanted.has(nodeOf(pod))) this.#podControl.delete(set, pod);
    const isSurging = maxSurgeOf(set, wanted.size) > 0;
    for (const { node, all, living } of this.#byNode(set, hash))
      if ((isSurging ? living : all).length === 0) this.#create(set, node, hash);
    const { remove, surge } = daemonRollout(set, this.#byNode(set, hash));
    for (const pod of remove) this.#podControl.delete(set, pod);
    for (const node of surge) this.#create(set, node, hash);
    this.#writeStatus(set, hash);
  }

  #create(set: KubernetesObject, node: string, hash: string): void {
    const name = { key: 'metadata.name', operator: 'In', values: [node] };
    const required = { nodeSelectorTerms: [{ matchFields: [name] }] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    const generation = textOr(set.metadata.annotations?.['deprecated.daemonset.template.generation'], '1');
    const pod = podFromTemplate(set, mapAt(set.spec, 'template'), {
      labels: { [hashLabel]: hash, 'pod-template-generation': generation },
      spec: { affinity, tolerations: [...listAt(set.spec, 'template', 'spec', 'tolerations'), ...daemonTolerations] },
    });
    this.#podControl.create(set, pod);
  }

  #writeStatus({ metadata }: KubernetesObject, hash: string): void {
    const { store, lookAgain, availability } = this.#parts;
    const set = store.find(daemonSets, metadata.namespace ?? '', metadata.name);
    if (!set) return;
    const found = this.#byNode(set, hash);
    // The oldest pod of a node counts, also if it is on its way out.
    const first = found.map(({ all }) => all[0]).filter((pod) => pod !== undefined);
    const ready = first.filter(isReady);
    const available = ready.filter((pod) => availability.isAvailable(pod, set)).length;
    const updated = first.filter((pod) => pod.metadata.labels?.[hashLabel] === hash).length;
    const unavailable = found.length - available;
    const status = {
      currentNumberScheduled: first.length,
      numberMisscheduled: 0,
      desiredNumberScheduled: found.length,
      numberReady: ready.length,
      observedGeneration: set.metadata.generation ?? 1,
      ...(updated > 0 && { updatedNumberScheduled: updated }),
      ...(available > 0 && { numberAvailable: available }),
      ...(unavailable > 0 && { numberUnavailable: unavailable }),
    };
    store.replace(daemonSets, { ...set, status });
    const nextMs = availability.nextMs(store.ownedOf(pods, set), set);
    if (nextMs !== undefined) lookAgain(metadata.namespace ?? '', metadata.name, nextMs);
    const inUse = store.ownedOf(pods, set).map((pod) => `${set.metadata.name}-${pod.metadata.labels?.[hashLabel]}`);
    this.#revisions.truncate(set, new Set([...inUse, `${set.metadata.name}-${hash}`]));
  }

  /** The pods of every node that fits, the oldest of each first. */
  #byNode(set: KubernetesObject, hash: string): NodePods[] {
    const { store, availability } = this.#parts;
    const owned = store.ownedOf(pods, set);
    return this.#nodesFor(set).map((node) => {
      const all = owned.filter((pod) => nodeOf(pod) === node);
      const living = all.filter((pod) => !isTerminating(pod));
      const isNew = (pod: KubernetesObject): boolean => pod.metadata.labels?.[hashLabel] === hash;
      return {
        node,
        all,
        living,
        fresh: living.find(isNew),
        old: living.find((pod) => !isNew(pod)),
        isAvailable: (pod) => availability.isAvailable(pod, set),
      };
    });
  }

  #nodesFor(set: KubernetesObject): string[] {
    const spec = mapAt(set.spec, 'template', 'spec');
    return this.#parts.store
      .list(nodes)
      .filter((node) => matchesNode(spec, node))
      .map(({ metadata }) => metadata.name);
  }
}

function toleration(trouble: string, effect: string): JsonMap {
  return { key: `node.kubernetes.io/${trouble}`, operator: 'Exists', effect };
}

/** The node that a DaemonSet's pod is for, whether it is there already or not. */
function nodeOf({ spec }: KubernetesObject): string {
  return wantedNode(spec ?? {}) ?? '';
}
