import type { ContainerStatus, Pod } from '../cluster/kubernetes-objects.ts';

/** Why a pod, or one that should be there, does not run. */
export interface WaitingReason {
  /** The pod's name, or what there is instead. */
  readonly subject: string;
  readonly container?: string;
  /** As Kubernetes names it: `ImagePullBackOff`, `Unschedulable`. */
  readonly reason: string;
  readonly message: string;
  /** True for one that waiting rarely cures. */
  readonly definite: boolean;
}

/** The kubelet's words for what the image or the pod template is to blame for. */
const definiteReasons = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Longest message of a pod that is passed on, characters: each is stored and shown. */
const maxMessage = 1_000;

const harmlessReasons = new Set(['ContainerCreating', 'PodInitializing']);

export function waitingReasons({ metadata, status = {} }: Pod): readonly WaitingReason[] {
  const subject = metadata?.name ?? 'a pod';
  const found: WaitingReason[] = [];
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const reason = containerReason(container);
    if (reason) found.push({ subject, container: container.name, ...reason });
  }
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    found.push({ subject, reason: scheduled.reason ?? 'Unschedulable', message: shortened(scheduled.message), definite: false });
  }
  return found;
}

function containerReason({ state = {} }: ContainerStatus): Pick<WaitingReason, 'reason' | 'message' | 'definite'> | undefined {
  const { waiting, terminated } = state;
  if (waiting?.reason !== undefined && !harmlessReasons.has(waiting.reason)) {
    return { reason: waiting.reason, message: shortened(waiting.message), definite: definiteReasons.has(waiting.reason) };
  }
  // Between two restarts a crashing container waits for nothing yet.
  if (terminated?.exitCode !== undefined && terminated.exitCode !== 0) {
    return { reason: terminated.reason ?? 'Error', message: `exit code ${terminated.exitCode}`, definite: false };
  }
  return undefined;
}

function shortened(message = ''): string {
  return message.slice(0, maxMessage);
}

/** One line about the reasons, the definite ones first; empty for none. */
export function waitingText(reasons: readonly WaitingReason[]): string {
  const ordered = [...reasons.filter(({ definite }) => definite), ...reasons.filter(({ definite }) => !definite)];
  const [first] = ordered;
  if (first === undefined) return '';
  const { subject, container, reason, message } = first;
  const more = new Set(ordered.map((each) => each.subject)).size - 1;
  const where = container === undefined ? subject : `${subject}, container ${container}`;
  return `${reason} (${where}${more > 0 ? ` and ${more} more` : ''})${message === '' ? '' : `: ${message}`}`;
}
