import type { Condition, Deployment, Pod } from './kubernetes-objects.ts';
import { waitingReasons, type WaitingReason } from './waiting-reasons.ts';

/** How many pods a rollout is about, and how far they are. */
export interface RolloutCounts {
  readonly wanted: number;
  readonly updated: number;
  readonly available: number;
  /** Pods of former templates that still are there. */
  readonly old: number;
}

export interface RolloutStatus {
  readonly state: 'progressing' | 'complete' | 'failed';
  /** One line for people: `2 of 3 updated, 1 available`, or why it failed. */
  readonly message: string;
  readonly counts: RolloutCounts;
  /** What keeps pods of the new template from running. */
  readonly waiting: readonly WaitingReason[];
}

/**
 * Whether a Deployment's rollout goes on, is complete or has failed, by the rule of `kubectl rollout status`.
 * @param pods those of the new template.
 * @param former the condition `Progressing` from before the template was written. The controller leaves a deadline that
 *   was exceeded then in place until a pod moves, where the template is one that it has had before.
 * @see https://github.com/kubernetes/kubectl/blob/v0.34.4/pkg/polymorphichelpers/rollout_status.go
 */
export function rolloutStatus(deployment: Deployment, pods: readonly Pod[], former?: Condition): RolloutStatus {
  const { metadata = {}, status = {} } = deployment;
  const counts = rolloutCounts(deployment);
  const waiting = [...pods.flatMap(waitingReasons), ...replicaFailures(status.conditions)];
  const progressing = (message: string): RolloutStatus => ({ state: 'progressing', message, counts, waiting });
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return progressing('the change has not been observed yet');
  const condition = progressingCondition(deployment);
  if (condition?.reason === deadlineExceeded && !isSame(condition, former)) {
    return { state: 'failed', message: `progress deadline exceeded, ${countsText(counts)}`, counts, waiting };
  }
  const { wanted, updated, available, old } = counts;
  if (updated < wanted || old > 0 || available < updated) return progressing(countsText(counts));
  return { state: 'complete', message: countsText(counts), counts, waiting };
}

const deadlineExceeded = 'ProgressDeadlineExceeded';

export function rolloutCounts({ spec = {}, status = {} }: Deployment): RolloutCounts {
  const updated = status.updatedReplicas ?? 0;
  return {
    wanted: spec.replicas ?? 1,
    updated,
    available: status.availableReplicas ?? 0,
    old: Math.max(0, (status.replicas ?? 0) - updated),
  };
}

export function progressingCondition({ status }: Deployment): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Progressing');
}

function isSame(condition: Condition, former: Condition | undefined): boolean {
  return condition.reason === former?.reason && condition.lastUpdateTime === former?.lastUpdateTime;
}

function countsText({ wanted, updated, available, old }: RolloutCounts): string {
  const text = `${updated} of ${wanted} updated, ${available} available`;
  return old > 0 ? `${text}, ${old} old left` : text;
}

/** Pods that cannot even be created, for want of quota or rights. */
function replicaFailures(conditions: readonly Condition[] = []): readonly WaitingReason[] {
  return conditions
    .filter(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
    .map(({ reason = 'ReplicaFailure', message = '' }) => ({ subject: 'a new pod', reason, message, definite: false }));
}
