import crypto from 'node:crypto';
import { type JsonMap, type KubernetesObject, listAt, textOr, timestamp } from '../objects/kubernetes-object.ts';

/** What a container is at. */
export type ContainerPhase =
  | 'creating'
  /** Waits for the init containers before it. */
  | 'initializing'
  | 'pullError'
  | 'pullBackOff'
  | 'running'
  | 'ready'
  | 'crashed'
  /** Ended well, and for good. */
  | 'completed'
  /** Ended badly, and for good. */
  | 'failed';

const started: ReadonlySet<ContainerPhase> = new Set(['running', 'ready', 'crashed']);

export interface PodPhases {
  containerAt(container: JsonMap): ContainerPhase;
  /** Absent: each has done its part. */
  initContainerAt?(index: number): ContainerPhase | undefined;
}

/** True for an init container that goes on to run beside the others. */
export function isSidecar(initContainer: JsonMap): boolean {
  return initContainer['restartPolicy'] === 'Always';
}

/** The status of a pod whose containers are at these phases. @param restarts of what is not well. */
export function podStatus(pod: KubernetesObject, at: PodPhases, podIP: string, restarts: number): JsonMap {
  const containers = listAt(pod.spec, 'containers');
  const phases = containers.map((each) => at.containerAt(each));
  const initial = listAt(pod.spec, 'initContainers');
  const done = (each: JsonMap): ContainerPhase => (isSidecar(each) && !phases.every(hasEnded) ? 'ready' : 'completed');
  const initialPhases = initial.map((each, index) => at.initContainerAt?.(index) ?? done(each));
  const incomplete = initial.filter((_, index) => !isDone(initialPhases[index]));
  const isInitialized = incomplete.length === 0;
  const isReady = isInitialized && phases.every((phase) => phase === 'ready');
  const now = timestamp();
  const phase = isInitialized ? overall(phases) : initialPhases.includes('failed') ? 'Failed' : 'Pending';
  const reason = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : 'ContainersNotReady';
  const condition = (type: string, met: boolean): JsonMap => ({
    type,
    status: met ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: transitionTime(pod, type, met, now),
    ...(!met && { reason, ...(reason === 'ContainersNotReady' && { message: 'containers with unready status' }) }),
  });
  const initialized = {
    ...condition('Initialized', isInitialized),
    ...(!isInitialized && {
      reason: 'ContainersNotInitialized',
      message: `containers with incomplete status: [${incomplete.map(({ name }) => textOr(name)).join(' ')}]`,
    }),
  };
  return {
    phase,
    conditions: [
      initialized,
      condition('PodReadyToStartContainers', true),
      condition('ContainersReady', isReady),
      condition('Ready', isReady),
      condition('PodScheduled', true),
    ],
    hostIP: '127.0.0.1',
    podIP: pod.status?.['podIP'] ?? podIP,
    podIPs: [{ ip: pod.status?.['podIP'] ?? podIP }],
    startTime: pod.status?.['startTime'] ?? now,
    qosClass: pod.status?.['qosClass'] ?? 'BestEffort',
    ...(initial.length > 0 && {
      initContainerStatuses: initial.map((each, index) => {
        const at = initialPhases[index] ?? 'creating';
        return { ...containerStatus(each, at, isInitialized ? 0 : restarts, now), ready: isDone(at) };
      }),
    }),
    containerStatuses: containers.map((each, index) =>
      containerStatus(each, phases[index] ?? 'creating', isInitialized ? restarts : 0, now),
    ),
  };
}

function hasEnded(phase: ContainerPhase): boolean {
  return phase === 'completed' || phase === 'failed';
}

/** Whether an init container lets the next one begin. */
function isDone(phase: ContainerPhase | undefined): boolean {
  return phase === 'completed' || phase === 'ready';
}

function overall(phases: readonly ContainerPhase[]): string {
  if (phases.every((phase) => phase === 'completed')) return 'Succeeded';
  if (phases.includes('failed')) return 'Failed';
  return phases.every((phase) => started.has(phase)) ? 'Running' : 'Pending';
}

function transitionTime(pod: KubernetesObject, type: string, met: boolean, now: string): unknown {
  const before = listAt(pod.status, 'conditions').find((condition) => condition['type'] === type);
  return before && before['status'] === (met ? 'True' : 'False') ? before['lastTransitionTime'] : now;
}

function containerStatus({ name, image }: JsonMap, phase: ContainerPhase, restarts: number, now: string): JsonMap {
  const ended = { startedAt: now, finishedAt: now };
  const state = {
    creating: { waiting: { reason: 'ContainerCreating' } },
    initializing: { waiting: { reason: 'PodInitializing' } },
    pullError: {
      waiting: { reason: 'ErrImagePull', message: `failed to resolve reference ${JSON.stringify(image)}: not found` },
    },
    pullBackOff: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image ${JSON.stringify(image)}` } },
    running: { running: { startedAt: now } },
    ready: { running: { startedAt: now } },
    crashed: { waiting: { reason: 'CrashLoopBackOff', message: `back-off restarting failed container ${String(name)}` } },
    completed: { terminated: { exitCode: 0, reason: 'Completed', ...ended } },
    failed: { terminated: { exitCode: 1, reason: 'Error', ...ended } },
  }[phase];
  const isRunning = phase === 'running' || phase === 'ready';
  const died = phase === 'crashed' || restarts > 0;
  return {
    name,
    image,
    imageID: isRunning || phase === 'completed' ? imageId(textOr(image)) : '',
    ready: phase === 'ready',
    started: isRunning,
    restartCount: died ? restarts : 0,
    state,
    lastState: died ? { terminated: { exitCode: 1, reason: 'Error', finishedAt: now } } : {},
  };
}

/** The digest is made up, but the same image always gets the same one. */
function imageId(image: string): string {
  if (image.includes('@')) return image;
  return `${image.replace(/:[^/:]+$/, '')}@sha256:${crypto.createHash('sha256').update(image).digest('hex')}`;
}
