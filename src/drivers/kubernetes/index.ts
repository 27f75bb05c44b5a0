import type { Driver } from '../../framework/driver.ts';
import type { PayloadFormat } from '../../framework/payload-format.ts';
import type { Registry } from '../../framework/registry.ts';
import { SenderAuthenticity } from '../../framework/sender-authenticity/sender-authenticity.ts';
import { accept } from './accept.ts';
import type { KubernetesAllowance } from './allow.ts';
import { checkCluster } from './blue-green/check-cluster.ts';
import { definitionWith } from './definition.ts';
import { execute } from './execute.ts';
import type { KubernetesClusters } from './cluster/kubernetes-clusters.ts';
import { plan, replan } from './plan.ts';
import { upstream } from './upstream.ts';
import { validate } from './validate.ts';

export interface DeploymentUpdateOptions {
  /** The payload formats; `auto` takes the first that recognises a body. */
  readonly formats: Registry<PayloadFormat>;
  readonly clusters: KubernetesClusters;
  /** What each project may touch. */
  readonly allow: KubernetesAllowance;
  /** Checks what a receiver asks of its senders; absent: with the issuers of tokens that everybody knows. */
  readonly senders?: Pick<SenderAuthenticity, 'check'>;
  /**
   * How long a cause such as ImagePullBackOff or CrashLoopBackOff may hold a pod up, while nothing else moves, before the
   * rollout counts as failed, milliseconds; 60,000 where absent. Many such pods recover by themselves.
   */
  readonly graceMs?: number;
}

const defaultGraceMs = 60_000;

/** Puts a pushed image into a Kubernetes Deployment, follows the rollout and takes a failed one back. */
export function deploymentUpdate({
  formats,
  clusters,
  allow,
  graceMs = defaultGraceMs,
  senders = new SenderAuthenticity(),
}: DeploymentUpdateOptions): Driver {
  return {
    definition: definitionWith(formats),
    async validate(config, projectId) {
      validate(formats, allow, config, projectId);
      senders.check(config);
      await checkCluster(clusters, config, projectId);
    },
    accept: (request, config) => accept(formats, request, config),
    // With an order of versions the tag decides which of two pushes is newer.
    anyTag: ({ tagPolicy, tagOrder }) => tagPolicy !== 'semver' && tagPolicy !== 'regex' && tagOrder === undefined,
    upstream,
    async plan(delivery, config, signal) {
      // Whoever may write into the project may have changed the stored config past our API.
      validate(formats, allow, config, delivery.projectId);
      return plan(clusters, delivery, config, signal);
    },
    async replan(action, delivery, config, signal) {
      validate(formats, allow, config, delivery.projectId);
      return replan(clusters, action, delivery, config, signal);
    },
    execute: (action, context) => execute({ clusters, allow, graceMs }, action, context),
  };
}
