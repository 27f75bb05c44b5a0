import type { RolloutProgress } from '../../../framework/driver.ts';
import type { WorkloadKind } from '../cluster/kubernetes-clusters.ts';
import type { Workload } from '../cluster/kubernetes-objects.ts';

/** How many pods a rollout is about, and how far they are. */
export interface RolloutCounts extends RolloutProgress {
  /** Pods of former templates that are still to go. */
  readonly old: number;
  /** Pods that are to keep the former template: a StatefulSet's `partition`. */
  readonly kept: number;
}

export function rolloutCounts(kind: WorkloadKind, workload: Workload): RolloutCounts {
  if (kind === 'daemonSet') return daemonSetCounts(workload);
  return kind === 'statefulSet' ? statefulSetCounts(workload) : deploymentCounts(workload);
}

function deploymentCounts({ spec = {}, status = {} }: Workload): RolloutCounts {
  const updated = status.updatedReplicas ?? 0;
  const available = status.availableReplicas ?? 0;
  return {
    wanted: spec.replicas ?? 1,
    updated,
    ready: status.readyReplicas ?? available,
    available,
    unavailable: status.unavailableReplicas ?? 0,
    old: Math.max(0, (status.replicas ?? 0) - updated),
    kept: 0,
  };
}

function statefulSetCounts({ spec = {}, status = {} }: Workload): RolloutCounts {
  const wanted = spec.replicas ?? 1;
  const updated = status.updatedReplicas ?? 0;
  const ready = status.readyReplicas ?? 0;
  // Before Kubernetes 1.22 it tells of ready pods only.
  const available = status.availableReplicas ?? ready;
  const kept = Math.min(spec.updateStrategy?.rollingUpdate?.partition ?? 0, wanted);
  const old = Math.max(0, (status.replicas ?? 0) - updated - kept);
  return { wanted, updated, ready, available, unavailable: Math.max(0, wanted - available), old, kept };
}

function daemonSetCounts({ status = {} }: Workload): RolloutCounts {
  const updated = status.updatedNumberScheduled ?? 0;
  const available = status.numberAvailable ?? 0;
  return {
    wanted: status.desiredNumberScheduled ?? 0,
    updated,
    ready: status.numberReady ?? available,
    available,
    unavailable: status.numberUnavailable ?? 0,
    old: Math.max(0, (status.currentNumberScheduled ?? 0) - updated),
    kept: 0,
  };
}

/**
 * Whether the counts are those of a rollout that is complete.
 * @see https://github.com/kubernetes/kubectl/blob/v0.34.4/pkg/polymorphichelpers/rollout_status.go
 */
export function isComplete(kind: WorkloadKind, { wanted, updated, ready, available, old, kept }: RolloutCounts): boolean {
  if (kind === 'statefulSet') return ready >= wanted && updated >= wanted - kept;
  if (kind === 'daemonSet') return updated >= wanted && available >= wanted;
  return updated >= wanted && old === 0 && available >= updated;
}

/** What is told beside the line for people. */
export function progressOf({ wanted, updated, ready, available, unavailable }: RolloutCounts): RolloutProgress {
  return { wanted, updated, ready, available, unavailable };
}

/** One line for people: `2 of 3 updated, 3 available`; what is as expected is left out. */
export function countsText({ wanted, updated, ready, available, unavailable, old, kept }: RolloutCounts): string {
  return [
    `${updated} of ${wanted} updated`,
    ...(ready === available ? [] : [`${ready} ready`]),
    `${available} available`,
    ...(unavailable > 0 ? [`${unavailable} unavailable`] : []),
    ...(old > 0 ? [`${old} old left`] : []),
    ...(kept > 0 ? [`${kept} kept by the partition`] : []),
  ].join(', ');
}
