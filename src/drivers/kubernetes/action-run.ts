import type { ActionContext } from '../../framework/driver.ts';
import type { KubernetesCluster } from './cluster/kubernetes-clusters.ts';
import type { PlannedUpdate } from './planned-update.ts';

/** One action under way. */
export interface ActionRun {
  readonly cluster: KubernetesCluster;
  readonly update: PlannedUpdate;
  readonly context: ActionContext;
  /** How long a definite cause may hold a pod up while nothing moves, milliseconds. */
  readonly graceMs: number;
}
