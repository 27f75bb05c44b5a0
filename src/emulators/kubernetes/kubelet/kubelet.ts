import type { Clock } from '../clock.ts';
import { type JsonMap, type KubernetesObject, listAt, textOr, timestamp } from '../objects/kubernetes-object.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import { KubeletReports } from './kubelet-reports.ts';
import { chooseNode, whyNoNode } from './node-choice.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { behaviourOf, initBehaviourOf, lingerOf } from './pod-behaviour.ts';
import { type ContainerPhase, type PodPhases, podStatus } from './pod-status.ts';
import { typeOfKind } from '../schema/resource-types.ts';

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

/** A container that is not well. */
interface Trouble {
  readonly container: JsonMap;
  /** Until it is well, milliseconds; undefined: it never is. */
  readonly recoverMs: number | undefined;
  readonly write: (phase: ContainerPhase) => void;
  /** What comes once it is well. */
  readonly recover: () => void;
}

/** Plays the scheduler, and the kubelet of every node: schedules pods, runs them as their images say, and ends them. */
export class Kubelet {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #reports: KubeletReports;
  readonly #restarts = new Map<string, number>();
  #addresses = 1;

  constructor(store: ObjectStore, clock: Clock, events: EventRecorder) {
    this.#store = store;
    this.#clock = clock;
    this.#reports = new KubeletReports(events);
  }

  /** To be called with a pod that was created. */
  admit(pod: KubernetesObject): void {
    this.#clock.after(scheduleMs, () => {
      if (!this.#living(pod)) return;
      const node = this.#nodeFor(pod);
      if (node === undefined) return this.#leaveUnscheduled(pod);
      this.#write(pod, atFirst(pod), node);
      this.#reports.scheduled(pod, node);
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
    this.#reports.killing(current);
    this.#clock.after(deleteMs + lingerOf(pod), () => {
      const last = this.#store.find(pods, pod.metadata.namespace ?? '', pod.metadata.name);
      if (last?.metadata.uid === pod.metadata.uid) this.#store.delete(pods, pod.metadata.namespace ?? '', pod.metadata.name);
      this.#restarts.delete(pod.metadata.uid);
    });
  }

  /** @param from the first of the init containers that are still to run. */
  #start(admitted: KubernetesObject, from = 0): void {
    const pod = this.#living(admitted);
    if (!pod) return;
    const left = listAt(pod.spec, 'initContainers').slice(from);
    const odd = left.findIndex((container) => initBehaviourOf(container).word !== 'run');
    for (const container of odd === -1 ? left : left.slice(0, odd)) this.#reports.started(pod, container);
    if (odd === -1) this.#run(pod);
    else this.#initialize(pod, from + odd);
  }

  /** Runs an init container that does not end well at once. Those behind it wait. */
  #initialize(pod: KubernetesObject, index: number): void {
    const container = listAt(pod.spec, 'initContainers')[index] ?? {};
    const { word, ms } = initBehaviourOf(container);
    const write = (phase: ContainerPhase): void => {
      const initContainerAt = (at: number): ContainerPhase | undefined =>
        at < index ? undefined : at === index ? phase : 'initializing';
      this.#write(pod, { containerAt: () => 'initializing', initContainerAt });
    };
    const trouble: Trouble = {
      container,
      write,
      recoverMs: ms,
      recover: () => {
        this.#restarts.delete(pod.metadata.uid);
        this.#start(pod, index + 1);
      },
    };
    if (word === 'bad') this.#failPull(pod, trouble);
    else if (word === 'crash') this.#crashOrFail(pod, trouble);
    else {
      this.#reports.started(pod, container);
      write('running');
      this.#clock.after(ms ?? slowMs, trouble.recover);
    }
  }

  #run(pod: KubernetesObject): void {
    const containers = listAt(pod.spec, 'containers');
    const odd = containers.find((container) => behaviourOf(pod, container).word !== 'run');
    for (const container of containers) if (behaviourOf(pod, container).word !== 'bad') this.#reports.started(pod, container);
    if (!odd) return this.#ready(pod);
    const { word, ms } = behaviourOf(pod, odd);
    const containerAt = (phase: ContainerPhase) => (container: JsonMap) =>
      behaviourOf(pod, container).word === 'run' ? 'ready' : phase;
    const write = (phase: ContainerPhase): void => this.#write(pod, { containerAt: containerAt(phase) });
    const trouble: Trouble = { container: odd, write, recoverMs: ms, recover: () => this.#ready(pod) };
    switch (word) {
      case 'slow':
        write('running');
        this.#reports.unready(pod, odd);
        this.#clock.after(ms ?? slowMs, () => this.#ready(pod));
        return undefined;
      case 'unready':
        this.#reports.unready(pod, odd);
        return write('running');
      case 'bad':
        return this.#failPull(pod, trouble);
      case 'crash':
        return this.#crashOrFail(pod, trouble);
      case 'dies':
        this.#ready(pod);
        this.#clock.after(ms ?? diesMs, () => this.#crash(pod, { ...trouble, recoverMs: undefined }));
        return undefined;
      case 'run':
        return undefined;
    }
  }

  /** The image is there after `recoverMs`, or never. */
  #failPull(pod: KubernetesObject, { container, write, recoverMs, recover }: Trouble): void {
    write('pullError');
    this.#reports.pullFailed(pod, container);
    this.#clock.after(backOffMs, () => {
      if (!this.#living(pod)) return;
      write('pullBackOff');
      this.#reports.pullBackedOff(pod, container);
      if (recoverMs !== undefined) this.#clock.after(recoverMs, () => this.#recover(pod, container, recover));
    });
  }

  /** The pod of a Job is not started again. */
  #crashOrFail(pod: KubernetesObject, trouble: Trouble): void {
    if (isOfJob(pod) && trouble.recoverMs === undefined) trouble.write('failed');
    else this.#crash(pod, trouble);
  }

  /** Crashes once and recovers after `recoverMs`, or for ever. */
  #crash(pod: KubernetesObject, trouble: Trouble): void {
    if (!this.#living(pod)) return;
    const { container, write, recoverMs, recover } = trouble;
    const restarts = this.#restarts.get(pod.metadata.uid) ?? 0;
    this.#restarts.set(pod.metadata.uid, restarts + 1);
    if (restarts > 0) this.#reports.started(pod, container);
    write('crashed');
    this.#reports.restartBackedOff(pod, container);
    if (recoverMs === undefined) this.#clock.again(restartMs, () => this.#crash(pod, trouble));
    else this.#clock.after(recoverMs, () => this.#recover(pod, container, recover));
  }

  #recover(pod: KubernetesObject, container: JsonMap, recover: () => void): void {
    if (this.#living(pod)) this.#reports.started(pod, container);
    recover();
  }

  /** The pod of a Job has nothing more to do then. */
  #ready(pod: KubernetesObject): void {
    this.#write(pod, { containerAt: () => 'ready' });
    if (isOfJob(pod)) this.#clock.after(0, () => this.#write(pod, { containerAt: () => 'completed' }));
  }

  #nodeFor(pod: KubernetesObject): string | undefined {
    const podsOn = (node: string): number => this.#store.list(pods).filter(({ spec }) => spec?.['nodeName'] === node).length;
    return chooseNode(pod.spec ?? {}, this.#store.list(nodes), podsOn);
  }

  #leaveUnscheduled(pod: KubernetesObject): void {
    const current = this.#store.require(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    const message = whyNoNode(pod.spec ?? {}, this.#store.list(nodes));
    if (listAt(current.status, 'conditions').some((each) => each['message'] === message)) return;
    this.#reports.unschedulable(pod, message);
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: timestamp(),
    };
    this.#store.replace(pods, { ...current, status: { ...current.status, phase: 'Pending', conditions: [condition] } });
  }

  /** The pod as it is now, unless it is gone or on its way out. */
  #living(pod: KubernetesObject): KubernetesObject | undefined {
    const current = this.#store.find(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    return current?.metadata.uid === pod.metadata.uid && current.metadata.deletionTimestamp === undefined ? current : undefined;
  }

  #write(pod: KubernetesObject, phases: PodPhases, nodeName?: string): void {
    const current = this.#living(pod);
    if (!current) return;
    const restarts = this.#restarts.get(pod.metadata.uid) ?? 0;
    const status = podStatus(current, phases, this.#nextAddress(current), restarts);
    this.#store.replace(pods, { ...current, ...(nodeName !== undefined && { spec: { ...current.spec, nodeName } }), status });
  }

  #nextAddress({ status }: KubernetesObject): string {
    if (textOr(status?.['podIP']) !== '') return textOr(status?.['podIP']);
    this.#addresses += 1;
    return `10.244.${Math.floor(this.#addresses / 250) % 250}.${(this.#addresses % 250) + 2}`;
  }
}

/** The phases of a pod that has just come to its node. */
function atFirst({ spec }: KubernetesObject): PodPhases {
  const isInitial = listAt(spec, 'initContainers').length > 0;
  return { containerAt: () => (isInitial ? 'initializing' : 'creating'), initContainerAt: () => 'initializing' };
}

function isOfJob({ metadata }: KubernetesObject): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true;
}
