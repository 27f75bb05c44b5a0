import type { KubernetesCluster } from '../cluster/kubernetes-clusters.ts';
import type { Service, Workload } from '../cluster/kubernetes-objects.ts';
import type { OtherSelector } from './switch-label.ts';

/** What in the namespace depends on the Deployment by its name or on its pods by their labels. */
export interface Dependents {
  /** HorizontalPodAutoscalers of either Deployment, by name. */
  readonly autoscalers: readonly string[];
  readonly selectors: readonly OtherSelector[];
}

/** @throws ServiceError `Forbidden` where they may not be listed: what is not seen would be left behind by the switch. */
export async function findDependents(
  cluster: KubernetesCluster,
  namespace: string,
  service: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Dependents> {
  const [services, budgets, scalers] = await Promise.all([
    cluster.list('service', namespace, '', signal),
    cluster.list('podDisruptionBudget', namespace, '', signal),
    cluster.list('horizontalPodAutoscaler', namespace, '', signal),
  ]);
  return {
    autoscalers: scalers.items.flatMap(({ metadata, spec }) => {
      const { kind = 'Deployment', name = '' } = spec?.scaleTargetRef ?? {};
      return kind === 'Deployment' && names.includes(name) ? [metadata?.name ?? ''] : [];
    }),
    selectors: [
      ...services.items.filter(({ metadata }) => metadata?.name !== service).map(ofService),
      ...budgets.items.map(({ metadata, spec }) => ({
        name: `PodDisruptionBudget ${metadata?.name}`,
        selector: spec?.selector,
      })),
    ],
  };
}

function ofService({ metadata, spec = {} }: Service): OtherSelector {
  const { selector = {} } = spec;
  const selects = Object.keys(selector).length > 0;
  return { name: `Service ${metadata?.name}`, selector: selects ? { matchLabels: selector } : undefined };
}

/** What manages a Deployment, and would not manage a second one; undefined for nothing. */
export function managerOf({ metadata }: Workload): string | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  return owner && `${owner.kind} ${owner.name}`;
}
