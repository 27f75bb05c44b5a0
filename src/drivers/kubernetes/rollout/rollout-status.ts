import type { WorkloadKind } from '../cluster/kubernetes-clusters.ts';
import type { Condition, Pod, Workload } from '../cluster/kubernetes-objects.ts';
import { countsText, isComplete, type RolloutCounts, rolloutCounts } from './rollout-counts.ts';
import { waitingReasons, type WaitingReason } from './waiting-reasons.ts';

export interface RolloutStatus {
  readonly state: 'progressing' | 'complete' | 'failed';
  /** One line for people: `2 of 3 updated, 1 available`, or why it failed. */
  readonly message: string;
  readonly counts: RolloutCounts;
  /** What keeps pods of the new template from running. */
  readonly waiting: readonly WaitingReason[];
}

/**
 * Whether a workload's rollout goes on, is complete or has failed, by the rule of `kubectl rollout status`.
 * @param pods those of the new template.
 * @param former the condition `Progressing` from before the template was written. The controller leaves a deadline that
 *   was exceeded then in place until a pod moves, where the template is one that it has had before.
 * @see https://github.com/kubernetes/kubectl/blob/v0.34.4/pkg/polymorphichelpers/rollout_status.go
 */
export function rolloutStatus(kind: WorkloadKind, workload: Workload, pods: readonly Pod[], former?: Condition): RolloutStatus {
  const { status = {} } = workload;
  const counts = rolloutCounts(kind, workload);
  const waiting = [...pods.flatMap(waitingReasons), ...replicaFailures(status.conditions)];
  const progressing = (message: string): RolloutStatus => ({ state: 'progressing', message, counts, waiting });
  if (!isObserved(workload)) return progressing('the change has not been observed yet');
  const condition = progressingCondition(workload);
  if (condition?.reason === deadlineExceeded && !isSame(condition, former)) {
    return { state: 'failed', message: `progress deadline exceeded, ${countsText(counts)}`, counts, waiting };
  }
  if (!isComplete(kind, counts)) return progressing(countsText(counts));
  return { state: 'complete', message: countsText(counts), counts, waiting };
}

/** Whether the status is that of the workload as it was written last, and not of how it was before. */
export function isObserved({ metadata = {}, status = {} }: Workload): boolean {
  return (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

const deadlineExceeded = 'ProgressDeadlineExceeded';

/** Only Deployments have one. */
export function progressingCondition({ status }: Workload): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Progressing');
}

function isSame(condition: Condition, former: Condition | undefined): boolean {
  return condition.reason === former?.reason && condition.lastUpdateTime === former?.lastUpdateTime;
}

/** Pods that cannot even be created, or what is to create them, for want of quota or rights. */
function replicaFailures(conditions: readonly Condition[] = []): readonly WaitingReason[] {
  return conditions.flatMap((condition) => {
    const { type, reason = type, message = '' } = condition;
    const subject = refusedSubject(condition);
    return subject === undefined ? [] : [{ subject, reason, message, definite: false }];
  });
}

function refusedSubject({ type, status, reason }: Condition): string | undefined {
  if (type === 'ReplicaFailure' && status === 'True') return 'a new pod';
  return type === 'Progressing' && status === 'False' && reason === 'ReplicaSetCreateError' ? 'a new ReplicaSet' : undefined;
}
