import { type JsonMap, type KubernetesObject, listAt, numberOr, textOr, timestamp } from '../objects/kubernetes-object.ts';
import { rolloutLimits } from './rollout-scale.ts';

/** How a Deployment stands. */
export interface Rollout {
  readonly deployment: KubernetesObject;
  /** The ReplicaSet of its template. */
  readonly current: KubernetesObject | undefined;
  readonly all: readonly KubernetesObject[];
  /** True if `current` was made just now. */
  readonly isNew: boolean;
  /** Emulated milliseconds since the rollout last made progress. */
  readonly idleMs: number;
}

export interface DeploymentStatus {
  readonly status: JsonMap;
  /** The clock of the progress deadline begins anew. */
  readonly progressed: boolean;
  /** After so many emulated milliseconds the deadline may have passed. */
  readonly lookAgainMs: number | undefined;
}

/** The status of a Deployment from its ReplicaSets, with the conditions Available and Progressing. */
export function deploymentStatus(rollout: Rollout): DeploymentStatus {
  const { deployment, current, all } = rollout;
  const count = (field: string): number => all.reduce((total, { status }) => total + numberOr(status?.[field], 0), 0);
  const available = count('availableReplicas');
  const figures: JsonMap = nonZero({
    replicas: count('replicas'),
    updatedReplicas: numberOr(current?.status?.['replicas'], 0),
    readyReplicas: count('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, all.reduce((total, { spec }) => total + numberOr(spec?.['replicas'], 0), 0) - available),
  });
  const progress = progressing(rollout, figures);
  const status = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...figures,
    conditions: [availability(deployment, available), progress.condition].filter((each) => each !== undefined),
  };
  const isWaiting = progress.condition?.['status'] === 'True' && progress.condition['reason'] !== 'NewReplicaSetAvailable';
  const remainingMs = deadlineMs(deployment) - (progress.progressed ? 0 : rollout.idleMs);
  return { status, progressed: progress.progressed, lookAgainMs: isWaiting ? Math.max(1, remainingMs) : undefined };
}

interface Progress {
  readonly condition: JsonMap | undefined;
  readonly progressed: boolean;
}

/** What once completed never exceeds its deadline: only a new ReplicaSet, or counts that change, end `NewReplicaSetAvailable`. */
function progressing({ deployment, current, isNew, idleMs }: Rollout, figures: JsonMap): Progress {
  const before = conditionOf(deployment, 'Progressing');
  const reason = before?.['reason'];
  const name = JSON.stringify(current?.metadata.name ?? '');
  const say = (progressed: boolean, status: string, why: string, message: string): Progress => ({
    condition: withTimes(before, { type: 'Progressing', status, reason: why, message }, progressed),
    progressed,
  });
  const isPaused = deployment.spec?.['paused'] === true;
  if (isPaused && reason !== 'ProgressDeadlineExceeded')
    return say(reason !== 'DeploymentPaused', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  if (isPaused) return { condition: before, progressed: false };
  if (isNew) return say(true, 'True', 'NewReplicaSetCreated', `Created new replica set ${name}`);
  if (isComplete(deployment, figures))
    return say(false, 'True', 'NewReplicaSetAvailable', `ReplicaSet ${name} has successfully progressed.`);
  if (reason === 'NewReplicaSetAvailable' && figures['replicas'] === figures['updatedReplicas'])
    return { condition: before, progressed: false };
  if (hasProgressed(deployment, figures)) return say(true, 'True', 'ReplicaSetUpdated', `ReplicaSet ${name} is progressing.`);
  if (!before) return say(true, 'True', 'FoundNewReplicaSet', `Found new replica set ${name}`);
  if (reason === 'DeploymentPaused') return say(true, 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  const isLate = reason !== 'NewReplicaSetAvailable' && idleMs >= deadlineMs(deployment);
  if (isLate || reason === 'ProgressDeadlineExceeded')
    return say(false, 'False', 'ProgressDeadlineExceeded', `ReplicaSet ${name} has timed out progressing.`);
  return { condition: before, progressed: false };
}

function isComplete({ spec }: KubernetesObject, figures: JsonMap): boolean {
  const wanted = numberOr(spec?.['replicas'], 1);
  return ['replicas', 'updatedReplicas', 'availableReplicas'].every((field) => numberOr(figures[field], 0) === wanted);
}

function hasProgressed({ status = {} }: KubernetesObject, figures: JsonMap): boolean {
  const grew = (field: string): boolean => numberOr(figures[field], 0) > numberOr(status[field], 0);
  const old = (counts: JsonMap): number => numberOr(counts['replicas'], 0) - numberOr(counts['updatedReplicas'], 0);
  return grew('updatedReplicas') || grew('readyReplicas') || grew('availableReplicas') || old(figures) < old(status);
}

function availability(deployment: KubernetesObject, available: number): JsonMap {
  const wanted = numberOr(deployment.spec?.['replicas'], 1);
  const met = available >= wanted - rolloutLimits(deployment).maxUnavailable;
  const reason = met ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable';
  const message = met ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.';
  return withTimes(
    conditionOf(deployment, 'Available'),
    { type: 'Available', status: met ? 'True' : 'False', reason, message },
    false,
  );
}

function deadlineMs({ spec }: KubernetesObject): number {
  return numberOr(spec?.['progressDeadlineSeconds'], 600) * 1000;
}

function conditionOf({ status }: KubernetesObject, type: string): JsonMap | undefined {
  return listAt(status, 'conditions').find((condition) => condition['type'] === type);
}

/** @param isNews true if the condition was met anew, even where it says the same. */
function withTimes(before: JsonMap | undefined, condition: JsonMap, isNews: boolean): JsonMap {
  const now = timestamp();
  const sameStatus = before?.['status'] === condition['status'];
  if (before && sameStatus && before['reason'] === condition['reason'] && !isNews) return before;
  return {
    ...condition,
    lastUpdateTime: now,
    lastTransitionTime: sameStatus ? textOr(before?.['lastTransitionTime'], now) : now,
  };
}

function nonZero(figures: Readonly<Record<string, number>>): JsonMap {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value > 0));
}
