import { ServiceError } from '../../../framework/errors.ts';
import type { KubernetesCluster } from '../cluster/kubernetes-clusters.ts';
import type { ObjectMeta, Workload } from '../cluster/kubernetes-objects.ts';
import { selectorText } from './pod-template.ts';

/**
 * The metadata of a Deployment's ReplicaSets. Each keeps the annotations that the Deployment had while its template was in
 * force: `kubectl rollout undo` gives the Deployment those of the former one, and only here ours are still found.
 * Empty where the rights do not allow to read them.
 */
export async function replicaSetsOf(
  cluster: KubernetesCluster,
  deployment: Workload,
  signal: AbortSignal,
): Promise<readonly ObjectMeta[]> {
  const { namespace = '', uid } = deployment.metadata ?? {};
  try {
    const { items } = await cluster.list('replicaSet', namespace, selectorText(deployment), signal);
    return items.flatMap(({ metadata }) =>
      metadata?.ownerReferences?.some((owner) => owner.uid === uid) === true ? [metadata] : [],
    );
  } catch (thrown) {
    if (thrown instanceof ServiceError && (thrown.code === 'Forbidden' || thrown.code === 'Refused')) return [];
    throw thrown;
  }
}
