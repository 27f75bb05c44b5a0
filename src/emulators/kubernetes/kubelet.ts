import type { Clock } from './clock.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, timestamp } from './kubernetes-object.ts';
import type { ObjectStore } from './object-store.ts';
import { behaviourOf, lingerOf } from './pod-behaviour.ts';
import { typeOfKind } from './resource-types.ts';

/** Delays of a pod that behaves, milliseconds. */
const scheduleMs = 20;
const startMs = 400;
const deleteMs = 200;
const slowMs = 5_000;
const backOffMs = 500;
const restartMs = 3_500;
const diesMs = 3_000;

type ContainerPhase = 'creating' | 'pullError' | 'pullBackOff' | 'running' | 'ready' | 'crashed';

const pods = typeOfKind('Pod');
const nodes = typeOfKind('Node');

/** Plays the kubelet of the only node: schedules pods, runs them as their images say, and ends them. */
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
      if (!this.#hasNodeFor(pod)) return this.#leaveUnscheduled(pod);
      this.#write(pod, () => 'creating');
      this.#clock.after(startMs, () => this.#start(pod));
      return undefined;
    });
  }

  /** A pod of a former process starts anew unless it was ready; one that was on its way out is gone. */
  resume(pod: KubernetesObject): void {
    const isReady = listAt(pod.status, 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
    if (pod.metadata.deletionTimestamp !== undefined) this.#store.delete(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    else if (!isReady) this.admit(pod);
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
    if (!odd) return this.#write(pod, () => 'ready');
    const { word, ms } = behaviourOf(pod, odd);
    switch (word) {
      case 'slow':
        this.#write(pod, phases('running'));
        this.#clock.after(ms ?? slowMs, () => this.#write(pod, () => 'ready'));
        return undefined;
      case 'unready':
        return this.#write(pod, phases('running'));
      case 'bad':
        this.#write(pod, phases('pullError'));
        this.#clock.after(backOffMs, () => {
          this.#write(pod, phases('pullBackOff'));
          if (ms !== undefined) this.#clock.after(ms, () => this.#write(pod, () => 'ready'));
        });
        return undefined;
      case 'crash':
        return this.#crash(pod, phases('crashed'), ms);
      case 'dies':
        this.#write(pod, () => 'ready');
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
    else this.#clock.after(recoverMs, () => this.#write(pod, () => 'ready'));
  }

  #hasNodeFor(pod: KubernetesObject): boolean {
    const wanted = Object.entries(mapAt(pod.spec, 'nodeSelector'));
    return this.#store.list(nodes).some(({ metadata }) => wanted.every(([name, value]) => metadata.labels?.[name] === value));
  }

  #leaveUnscheduled(pod: KubernetesObject): void {
    const current = this.#store.require(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    const message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
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

  #write(pod: KubernetesObject, phaseOf: (container: JsonMap) => ContainerPhase): void {
    if (!this.#isThere(pod)) return;
    const current = this.#store.require(pods, pod.metadata.namespace ?? '', pod.metadata.name);
    const containers = listAt(current.spec, 'containers');
    const phases = containers.map(phaseOf);
    const ready = phases.every((phase) => phase === 'ready');
    const now = timestamp();
    const condition = (type: string, met: boolean): JsonMap => ({
      type,
      status: met ? 'True' : 'False',
      lastProbeTime: null,
      lastTransitionTime: transitionTime(current, type, met, now),
      ...(!met && { reason: 'ContainersNotReady', message: 'containers with unready status' }),
    });
    const restarts = this.#restarts.get(pod.metadata.uid) ?? 0;
    const status = {
      phase: phases.every((phase) => phase === 'running' || phase === 'ready' || phase === 'crashed') ? 'Running' : 'Pending',
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
      hostIP: '127.0.0.1',
      podIP: current.status?.['podIP'] ?? `10.244.0.${(this.#addresses = (this.#addresses % 250) + 1)}`,
      startTime: current.status?.['startTime'] ?? now,
      qosClass: 'BestEffort',
      containerStatuses: containers.map((container, index) =>
        containerStatus(container, phases[index] ?? 'creating', restarts, now),
      ),
    };
    this.#store.replace(pods, { ...current, spec: { ...current.spec, nodeName: 'node-1' }, status });
  }
}

function transitionTime(pod: KubernetesObject, type: string, met: boolean, now: string): unknown {
  const before = listAt(pod.status, 'conditions').find((condition) => condition['type'] === type);
  return before && before['status'] === (met ? 'True' : 'False') ? before['lastTransitionTime'] : now;
}

function containerStatus({ name, image }: JsonMap, phase: ContainerPhase, restarts: number, now: string): JsonMap {
  const state = {
    creating: { waiting: { reason: 'ContainerCreating' } },
    pullError: { waiting: { reason: 'ErrImagePull', message: `failed to pull image ${JSON.stringify(image)}: not found` } },
    pullBackOff: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image ${JSON.stringify(image)}` } },
    running: { running: { startedAt: now } },
    ready: { running: { startedAt: now } },
    crashed: { waiting: { reason: 'CrashLoopBackOff', message: `back-off restarting failed container ${String(name)}` } },
  }[phase];
  const died = phase === 'crashed' || restarts > 0;
  return {
    name,
    image,
    imageID: phase === 'running' || phase === 'ready' ? `docker-pullable://${String(image)}` : '',
    ready: phase === 'ready',
    started: phase === 'running' || phase === 'ready',
    restartCount: died ? restarts : 0,
    state,
    lastState: died ? { terminated: { exitCode: 1, reason: 'Error', finishedAt: now } } : {},
  };
}
