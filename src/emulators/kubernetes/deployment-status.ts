import { type JsonMap, type KubernetesObject, listAt, numberOr, textOr, timestamp } from './kubernetes-object.ts';

export interface DeploymentStatus {
  readonly status: JsonMap;
  /** After so many milliseconds the deadline may have passed, or a pod may have become available. */
  readonly lookAgainMs: number | undefined;
}

/**
 * The status of a Deployment from its ReplicaSets, with the conditions Available and Progressing.
 * @param current the ReplicaSet of its template.
 */
export function deploymentStatus(
  deployment: KubernetesObject,
  current: KubernetesObject | undefined,
  all: readonly KubernetesObject[],
): DeploymentStatus {
  const wanted = numberOr(deployment.spec?.['replicas'], 1);
  const count = (field: string): number => all.reduce((total, { status }) => total + numberOr(status?.[field], 0), 0);
  const replicas = count('replicas');
  const updated = numberOr(current?.status?.['replicas'], 0);
  const available = count('availableReplicas');
  const unavailable = Math.max(0, Math.max(wanted, replicas) - available);
  const figures = {
    ...(replicas > 0 && { replicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    ...(count('readyReplicas') > 0 && { readyReplicas: count('readyReplicas') }),
    ...(available > 0 && { availableReplicas: available }),
    ...(unavailable > 0 && { unavailableReplicas: unavailable }),
  };
  const complete = updated === wanted && replicas === wanted && available === wanted && current !== undefined;
  const before = deployment.status ?? {};
  const progressed = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'].some(
    (field) => numberOr(before[field], 0) !== numberOr((figures as JsonMap)[field], 0),
  );
  const { condition, lookAgainMs } = progressing(deployment, current, complete, progressed);
  const pendingMs = !complete && numberOr(deployment.spec?.['minReadySeconds'], 0) > 0 ? 250 : undefined;
  const status = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...figures,
    conditions: [availability(deployment, wanted, available), condition],
  };
  return { status, lookAgainMs: [lookAgainMs, pendingMs].filter((ms) => ms !== undefined).toSorted((a, b) => a - b)[0] };
}

function availability(deployment: KubernetesObject, wanted: number, available: number): JsonMap {
  const met = available >= wanted - maxUnavailable(deployment, wanted);
  const text = met
    ? ['MinimumReplicasAvailable', 'Deployment has minimum availability.']
    : ['MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'];
  return withTimes(deployment, { type: 'Available', status: met ? 'True' : 'False', reason: text[0], message: text[1] }, false);
}

function maxUnavailable({ spec }: KubernetesObject, wanted: number): number {
  const strategy = spec?.['strategy'] as JsonMap | undefined;
  if (strategy?.['type'] === 'Recreate') return 0;
  const value = (strategy?.['rollingUpdate'] as JsonMap | undefined)?.['maxUnavailable'];
  return typeof value === 'number' ? value : Math.floor((Number.parseInt(textOr(value, '25'), 10) * wanted) / 100);
}

interface Progress {
  readonly condition: JsonMap;
  readonly lookAgainMs?: number;
}

function progressing(
  deployment: KubernetesObject,
  current: KubernetesObject | undefined,
  complete: boolean,
  progressed: boolean,
): Progress {
  const before = conditionOf(deployment, 'Progressing');
  const name = current?.metadata.name ?? '';
  const say = (status: string, reason: string, message: string, fresh: boolean): Progress => ({
    condition: withTimes(deployment, { type: 'Progressing', status, reason, message }, fresh),
  });
  if (deployment.spec?.['paused'] === true) return say('Unknown', 'DeploymentPaused', 'Deployment is paused', false);
  if (complete) return say('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`, false);
  if (!before || !textOr(before['message']).includes(`"${name}"`)) {
    const created = say('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, true);
    return { ...created, lookAgainMs: deadlineMs(deployment) + 1050 };
  }
  // As on the real controller: what once completed never exceeds its deadline.
  if (before['reason'] === 'NewReplicaSetAvailable') return { condition: before };
  // Times have no fractions: a deadline shows up to a second late, never early.
  const passedMs = Date.now() - Date.parse(textOr(before['lastUpdateTime'])) - 1000;
  if (!progressed && (passedMs >= deadlineMs(deployment) || before['reason'] === 'ProgressDeadlineExceeded')) {
    return say('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`, false);
  }
  const moving = say('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`, progressed);
  return { ...moving, lookAgainMs: Math.max(50, deadlineMs(deployment) - (progressed ? -1000 : passedMs) + 50) };
}

function deadlineMs({ spec }: KubernetesObject): number {
  return numberOr(spec?.['progressDeadlineSeconds'], 600) * 1000;
}

function conditionOf({ status }: KubernetesObject, type: string): JsonMap | undefined {
  return listAt(status, 'conditions').find((condition) => condition['type'] === type);
}

/** @param fresh true if the condition is news even where it says the same. */
function withTimes(deployment: KubernetesObject, condition: JsonMap, fresh: boolean): JsonMap {
  const before = conditionOf(deployment, textOr(condition['type'])) ?? {};
  const now = timestamp();
  const sameStatus = before['status'] === condition['status'];
  const same = sameStatus && before['reason'] === condition['reason'] && !fresh;
  return {
    ...condition,
    lastUpdateTime: same ? before['lastUpdateTime'] : now,
    lastTransitionTime: sameStatus ? before['lastTransitionTime'] : now,
  };
}
