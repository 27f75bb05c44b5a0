import { ServiceError } from '../../../framework/errors.ts';
import type { KubernetesCluster } from '../cluster/kubernetes-clusters.ts';
import type { Pod } from '../cluster/kubernetes-objects.ts';
import type { Labels } from './label-selectors.ts';

/** The label that a Deployment gives its pods; the name of their ReplicaSet ends with its value. */
const hashLabel = 'pod-template-hash';

/**
 * What else has pods with such labels than the Deployments of a pair: `Deployment web-canary`. Pods that nothing keeps running, and
 * those of Jobs, are nobody's service.
 * @returns nothing where pods may not be listed.
 */
export async function findStrangers(
  cluster: KubernetesCluster,
  namespace: string,
  labels: Labels,
  pair: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const query = Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
  const known = new Set(pair.map((name) => `Deployment ${name}`));
  const found = (await podsLike(cluster, namespace, query, signal)).map(keeperOf).filter((keeper) => keeper !== undefined);
  return [...new Set(found)].filter((keeper) => !known.has(keeper)).toSorted();
}

async function podsLike(
  cluster: KubernetesCluster,
  namespace: string,
  query: string,
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  try {
    return (await cluster.list('pod', namespace, query, signal)).items;
  } catch (thrown) {
    if (thrown instanceof ServiceError && thrown.code === 'Forbidden') return [];
    throw thrown;
  }
}

/** What keeps a pod running; undefined where nothing does for long. */
function keeperOf({ metadata = {} }: Pod): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined || owner.kind === 'Job' || metadata.deletionTimestamp !== undefined) return undefined;
  const { kind = '', name = '' } = owner;
  const suffix = `-${metadata.labels?.[hashLabel]}`;
  return kind === 'ReplicaSet' && name.endsWith(suffix) ? `Deployment ${name.slice(0, -suffix.length)}` : `${kind} ${name}`;
}
