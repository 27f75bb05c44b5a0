import crypto from 'node:crypto';
import type { Delivery, DriverConfig, Plan, PlannedAction } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { parseImageReference } from '../../framework/image-reference.ts';
import { defaultNamespace, type DeploymentUpdateConfig } from './definition.ts';
import { decideImages } from './image-changes.ts';
import type { KubernetesClusters } from './kubernetes-clusters.ts';
import type { Deployment } from './kubernetes-objects.ts';
import { changesText, plannedUpdate, type ImageChange, type PlannedUpdate } from './planned-update.ts';
import { templateHash } from './pod-template.ts';
import { canonicalName } from './pushed-image.ts';
import { progressingCondition } from './rollout-status.ts';

/** Reads the Deployment that a valid config names and says which of its images change. @throws ServiceError */
export async function plan(
  clusters: KubernetesClusters,
  delivery: Delivery,
  config: DriverConfig,
  signal: AbortSignal,
): Promise<Plan> {
  const { cluster = '', namespace = defaultNamespace, name = '' }: DeploymentUpdateConfig = config;
  const kind = 'deployment';
  const connection = await clusters.connect(cluster, delivery.projectId);
  const deployment = await connection.get(kind, namespace, name, signal);
  if (deployment === undefined) throw notFound(namespace, name);
  const target = `kubernetes/${connection.name}/${namespace}/${kind}/${name}`;
  const blocked = blockedBy(deployment);
  if (blocked !== undefined) return { actions: [], skipped: [{ target, reason: blocked }] };
  const { changes, unchanged, reasons } = decideImages(deployment.spec?.template, delivery.events, config);
  const update = { id: crypto.randomUUID(), cluster, kind, namespace, name } as const;
  if (changes.length === 0) {
    const kept = unchanged.length > 0 && plannedAction(target, describeUpdate(update, deployment, unchanged, false), config);
    return { actions: [], skipped: reasons.map((reason) => ({ target, reason, ...(kept && { otherwise: kept }) })) };
  }
  const skipped = reasons.map((reason) => ({ target, reason }));
  return { actions: [plannedAction(target, describeUpdate(update, deployment, changes), config)], skipped };
}

/**
 * Plans one update anew, from the workload as it is now. What others brought meanwhile is not brought again: pods that were
 * made since the first plan pulled what had been pushed before it.
 * @throws ServiceError
 */
export async function replan(
  clusters: KubernetesClusters,
  action: PlannedAction,
  delivery: Delivery,
  config: DriverConfig,
  signal: AbortSignal,
): Promise<{ readonly action: PlannedAction } | { readonly reason: string }> {
  const former = plannedUpdate(action.input);
  const { kind, namespace, name } = former;
  const connection = await clusters.connect(former.cluster, delivery.projectId);
  const deployment = await connection.get(kind, namespace, name, signal);
  if (deployment === undefined) return { reason: `deployment "${name}" does not exist any more` };
  const blocked = blockedBy(deployment);
  if (blocked !== undefined) return { reason: blocked };
  const { changes, reasons } = decideImages(deployment.spec?.template, delivery.events, config);
  const isNewTemplate = templateHash(deployment) !== former.read.templateHash;
  const left = changes.filter(({ from, to }) => from !== to || !isNewTemplate);
  if (left.length > 0) return { action: plannedAction(action.target, describeUpdate(former, deployment, left), config) };
  const restarted = changes.map(({ container, to }) => `container ${container} was started with ${to} meanwhile`);
  return { reason: [...restarted, ...reasons].join('; ') };
}

export function notFound(namespace: string, name: string): ServiceError {
  return new ServiceError('NotFound', `deployment "${name}" not found in namespace "${namespace}"`);
}

function describeUpdate(
  { id, cluster, kind, namespace, name }: Pick<PlannedUpdate, 'id' | 'cluster' | 'kind' | 'namespace' | 'name'>,
  deployment: Deployment,
  changes: readonly ImageChange[],
  restart = changes.every(({ from, to }) => from === to),
): PlannedUpdate {
  const progressing = progressingCondition(deployment);
  return {
    id,
    cluster,
    kind,
    namespace,
    name,
    changes,
    ...(restart && { restartedAt: new Date().toISOString() }),
    read: {
      uid: deployment.metadata?.uid ?? '',
      resourceVersion: deployment.metadata?.resourceVersion ?? '',
      generation: deployment.metadata?.generation ?? 0,
      templateHash: templateHash(deployment),
      ...(progressing && { progressing }),
    },
  };
}

function plannedAction(
  target: string,
  update: PlannedUpdate,
  { registryAliases }: Pick<DeploymentUpdateConfig, 'registryAliases'>,
): PlannedAction {
  const repository = (image: string): string => canonicalName(parseImageReference(image), registryAliases);
  return {
    target,
    description: `${update.namespace}/${update.name} ${changesText(update)}`,
    input: { ...update },
    streams: update.changes.map(({ container, to }) => `${container} ${repository(to)}`),
    images: [...new Set(update.changes.map(({ to }) => to))],
  };
}

function blockedBy({ metadata, spec }: Deployment): string | undefined {
  if (metadata?.deletionTimestamp !== undefined) return 'the Deployment is being deleted';
  // A paused Deployment does not roll out, and somebody paused it for a reason.
  if (spec?.paused === true) return 'the Deployment is paused';
  return undefined;
}
