import type { Clock } from './clock.ts';
import { type JsonMap, type KubernetesObject, listAt, textOr, timestamp } from './kubernetes-object.ts';
import { chooseNode } from './node-choice.ts';
import type { ObjectStore } from './object-store.ts';
import { behaviourOf, lingerOf } from './pod-behaviour.ts';
import { type ContainerPhase, podStatus } from './pod-status.ts';
import { typeOfKind } from './resource-types.ts';

/** Delays of a pod that behaves, milliseconds. */
const scheduleMs = 20;
const startMs = 400;
const deleteMs = 200;
const slowMs = 5_000;
const backOffMs = 500;
const restartMs = 3_500;
const diesMs = 3_000;

const pods = typeOfKind('Pod');
const nodes = typeOfKind('Node');

/** Plays the scheduler, and the kubelet of every node: schedules pods, runs them as their images say, and ends them. */
export class Kubelet {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #restarts = new Map<string, number>();
  #addresses = 1;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** To be called with a pod that was created. */
  admit(pod: KubernetesObject): void {
    this.#clock.after(scheduleMs, () => {
      if (!this.#isThere(pod)) return;
      const node = this.#nodeFor(pod);
      if (node === undefined) return this.#leaveUnscheduled(pod);
      this.#write(pod, () => 'creating', node);
      this.#clock.after(startMs, () => this.#start(pod));
      return undefined;
    });
  }

  /** A pod of a former process starts anew unless it was ready; one that was on its way out is gone. */
  resume(pod: KubernetesObject): void {
    const isReady = listAt(pod.status, 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
    const hasEnded = pod.status?.['phase'] === 'Succeeded' || pod.status?.['phase'] === 'Failed';
    if (hasEnded) return;
    if (pod.metadata.deletionTimestamp !== undefined) this.#store.delete(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    else if (!isReady) this.admit(pod);
  }

  /** To be called when there may be a node for what had none. */
  retry(): void {
    for (const pod of this.#store.list(pods))
      if (listAt(pod.status, 'conditions').some(({ reason }) => reason === 'Unschedulable')) this.admit(pod);
  }

  /** Marks the pod, and removes it when its grace is over. */
  end(pod: KubernetesObject, graceSeconds = 30): void {
    const current = this.#store.find(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    if (!current || current.metadata.uid !== pod.metadata.uid || current.metadata.deletionTimestamp) return;
    if (graceSeconds === 0) {
      this.#store.delete(pods, current.metadata.namespace ?? '', current.metadata.name);
      return;
    }
    this.#store.replace(pods, {
      ...current,
      metadata: { ...current.metadata, deletionTimestamp: timestamp(), deletionGracePeriodSeconds: graceSeconds },
    });
    this.#clock.after(deleteMs + lingerOf(pod), () => {
      const last = this.#store.find(pods, pod.metadata.namespace ?? '', pod.metadata.name);
      if (last?.metadata.uid === pod.metadata.uid) this.#store.delete(pods, pod.metadata.namespace ?? '', pod.metadata.name);
      this.#restarts.delete(pod.metadata.uid);
    });
  }

  #start(pod: KubernetesObject): void {
    const containers = listAt(pod.spec, 'containers');
    const odd = containers.find((container) => behaviourOf(pod, container).word !== 'run');
    const phases = (phase: ContainerPhase) => (container: JsonMap) =>
      behaviourOf(pod, container).word === 'run' ? 'ready' : phase;
    if (!odd) return this.#ready(pod);
    const { word, ms } = behaviourOf(pod, odd);
    switch (word) {
      case 'slow':
        this.#write(pod, phases('running'));
        this.#clock.after(ms ?? slowMs, () => this.#ready(pod));
        return undefined;
      case 'unready':
        return this.#write(pod, phases('running'));
      case 'bad':
        this.#write(pod, phases('pullError'));
        this.#clock.after(backOffMs, () => {
          this.#write(pod, phases('pullBackOff'));
          if (ms !== undefined) this.#clock.after(ms, () => this.#ready(pod));
        });
        return undefined;
      case 'crash':
        if (isOfJob(pod) && ms === undefined) return this.#write(pod, phases('failed'));
        return this.#crash(pod, phases('crashed'), ms);
      case 'dies':
        this.#ready(pod);
        this.#clock.after(ms ?? diesMs, () => this.#crash(pod, phases('crashed'), undefined));
        return undefined;
      case 'run':
        return undefined;
    }
  }

  /** Crashes once and recovers after `recoverMs`, or for ever. */
  #crash(pod: KubernetesObject, phaseOf: (container: JsonMap) => ContainerPhase, recoverMs: number | undefined): void {
    if (!this.#isThere(pod)) return;
    this.#restarts.set(pod.metadata.uid, (this.#restarts.get(pod.metadata.uid) ?? 0) + 1);
    this.#write(pod, phaseOf);
    if (recoverMs === undefined) this.#clock.again(restartMs, () => this.#crash(pod, phaseOf, undefined));
    else this.#clock.after(recoverMs, () => this.#ready(pod));
  }

  /** The pod of a Job has nothing more to do then. */
  #ready(pod: KubernetesObject): void {
    this.#write(pod, () => 'ready');
    if (isOfJob(pod)) this.#clock.after(0, () => this.#write(pod, () => 'completed'));
  }

  #nodeFor(pod: KubernetesObject): string | undefined {
    const podsOn = (node: string): number => this.#store.list(pods).filter(({ spec }) => spec?.['nodeName'] === node).length;
    return chooseNode(pod.spec ?? {}, this.#store.list(nodes), podsOn);
  }

  #leaveUnscheduled(pod: KubernetesObject): void {
    const current = this.#store.require(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    const count = this.#store.list(nodes).length;
    const message = `0/${count} nodes are available: ${count} node(s) didn't match Pod's node affinity/selector.`;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: timestamp(),
    };
    this.#store.replace(pods, { ...current, status: { ...current.status, phase: 'Pending', conditions: [condition] } });
  }

  #isThere(pod: KubernetesObject): boolean {
    const current = this.#store.find(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    return current?.metadata.uid === pod.metadata.uid && current.metadata.deletionTimestamp === undefined;
  }

  #write(pod: KubernetesObject, phaseOf: (container: JsonMap) => ContainerPhase, nodeName?: string): void {
    const current = this.#store.find(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    if (!current || current.metadata.uid !== pod.metadata.uid || current.metadata.deletionTimestamp !== undefined) return;
    const restarts = this.#restarts.get(pod.metadata.uid) ?? 0;
    const status = podStatus(current, phaseOf, this.#nextAddress(current), restarts);
    this.#store.replace(pods, { ...current, ...(nodeName !== undefined && { spec: { ...current.spec, nodeName } }), status });
  }

  #nextAddress({ status }: KubernetesObject): string {
    if (textOr(status?.['podIP']) !== '') return textOr(status?.['podIP']);
    this.#addresses += 1;
    return `10.244.${Math.floor(this.#addresses / 250) % 250}.${(this.#addresses % 250) + 2}`;
  }
}

function isOfJob({ metadata }: KubernetesObject): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true;
}
