import { ServiceError } from '../../../framework/errors.ts';
import type { DeploymentUpdateConfig } from '../definition.ts';
import { placeOf } from '../workload/find-workloads.ts';
import type { KubernetesClusters } from '../cluster/kubernetes-clusters.ts';
import { findSwitch } from './plan-blue-green.ts';

/** Whoever creates a receiver does not wait longer for a cluster that does not answer, milliseconds. */
const patienceMs = 5_000;

/**
 * Tells early what every push would be told. What is not there yet, or cannot be read now, may be by then.
 * @throws ServiceError `InvalidConfig` for what blueGreen cannot do, with the reason.
 */
export async function checkCluster(
  clusters: KubernetesClusters,
  config: DeploymentUpdateConfig,
  projectId: string,
): Promise<void> {
  if (config.strategy !== 'blueGreen') return;
  try {
    const cluster = await clusters.connect(placeOf(config).cluster, projectId);
    await findSwitch(cluster, config, AbortSignal.timeout(patienceMs));
  } catch (thrown) {
    if (thrown instanceof ServiceError && thrown.code === 'InvalidConfig') throw thrown;
  }
}
