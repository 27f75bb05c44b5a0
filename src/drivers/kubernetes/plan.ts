import crypto from 'node:crypto';
import type { Delivery, DriverConfig, Plan } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { defaultNamespace, type DeploymentUpdateConfig } from './definition.ts';
import { decideImages } from './image-changes.ts';
import type { KubernetesClusters } from './kubernetes-clusters.ts';
import type { Deployment } from './kubernetes-objects.ts';
import { changesText, type PlannedUpdate } from './planned-update.ts';
import { templateHash } from './pod-template.ts';

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
  const { changes, reasons } = decideImages(deployment.spec?.template, delivery.events, config);
  const skipped = reasons.map((reason) => ({ target, reason }));
  if (changes.length === 0) return { actions: [], skipped };
  const restart = changes.every(({ from, to }) => from === to);
  const update: PlannedUpdate = {
    id: crypto.randomUUID(),
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
    },
  };
  return { actions: [{ target, description: `${namespace}/${name} ${changesText(update)}`, input: { ...update } }], skipped };
}

export function notFound(namespace: string, name: string): ServiceError {
  return new ServiceError('NotFound', `deployment "${name}" not found in namespace "${namespace}"`);
}

function blockedBy({ metadata, spec }: Deployment): string | undefined {
  if (metadata?.deletionTimestamp !== undefined) return 'the Deployment is being deleted';
  // A paused Deployment does not roll out, and somebody paused it for a reason.
  if (spec?.paused === true) return 'the Deployment is paused';
  return undefined;
}
