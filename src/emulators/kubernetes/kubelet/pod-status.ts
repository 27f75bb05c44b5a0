import crypto from 'node:crypto';
import { type JsonMap, type KubernetesObject, listAt, textOr, timestamp } from '../objects/kubernetes-object.ts';

/** What a container is at. */
export type ContainerPhase =
  | 'creating'
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

/** The status of a pod whose containers are at these phases. */
export function podStatus(
  pod: KubernetesObject,
  phaseOf: (container: JsonMap) => ContainerPhase,
  podIP: string,
  restarts: number,
): JsonMap {
  const containers = listAt(pod.spec, 'containers');
  const phases = containers.map(phaseOf);
  const isReady = phases.every((phase) => phase === 'ready');
  const now = timestamp();
  const phase = overall(phases);
  const reason = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : 'ContainersNotReady';
  const condition = (type: string, met: boolean): JsonMap => ({
    type,
    status: met ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: transitionTime(pod, type, met, now),
    ...(!met && { reason, ...(reason === 'ContainersNotReady' && { message: 'containers with unready status' }) }),
  });
  const initial = listAt(pod.spec, 'initContainers');
  const isInitialized = phases.some((each) => each !== 'creating');
  return {
    phase,
    conditions: [
      condition('Initialized', true),
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
      initContainerStatuses: initial.map((each) => ({
        ...containerStatus(each, isInitialized ? 'completed' : 'creating', 0, now),
        ready: isInitialized,
      })),
    }),
    containerStatuses: containers.map((each, index) => containerStatus(each, phases[index] ?? 'creating', restarts, now)),
  };
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
