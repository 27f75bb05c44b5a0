import { ServiceError } from '../../../framework/errors.ts';
import { defaultKind, defaultNamespace, type DeploymentUpdateConfig } from '../definition.ts';
import type { KubernetesCluster, WorkloadKind } from '../cluster/kubernetes-clusters.ts';
import type { Workload } from '../cluster/kubernetes-objects.ts';

/** Where a receiver's workloads are, whichever they are. */
export interface WorkloadPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: WorkloadKind;
}

/** The place that a valid config names. */
export function placeOf({
  cluster = '',
  namespace = defaultNamespace,
  kind = defaultKind,
}: DeploymentUpdateConfig): WorkloadPlace {
  return { cluster, namespace, kind: kind as WorkloadKind };
}

export interface FoundWorkload {
  readonly name: string;
  readonly object: Workload;
}

/**
 * The one workload that a config names, or all that its selector fits, by name.
 * @throws ServiceError `NotFound` where there is none of the name.
 */
export async function findWorkloads(
  connection: KubernetesCluster,
  config: DeploymentUpdateConfig,
  signal: AbortSignal,
): Promise<readonly FoundWorkload[]> {
  const { namespace, kind } = placeOf(config);
  const { name, selector = {} } = config;
  if (name !== undefined) {
    const object = await connection.get(kind, namespace, name, signal);
    if (object === undefined) throw new ServiceError('NotFound', `${kind} "${name}" not found in namespace "${namespace}"`);
    return [{ name, object }];
  }
  const { items } = await connection.list(kind, namespace, labelQuery(selector), signal);
  return items.map((object) => ({ name: object.metadata?.name ?? '', object })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A config's selector as Kubernetes writes it: `app=web,tier`. */
export function labelQuery(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([label, value]) => (value === '' ? label : `${label}=${value}`))
    .join(',');
}
