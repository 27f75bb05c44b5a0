import type { WorkloadKind } from '../cluster/kubernetes-clusters.ts';
import type { PodTemplate, UpdateStrategy, Workload } from '../cluster/kubernetes-objects.ts';

/** The kinds as Kubernetes spells them. */
export const kindNames: Readonly<Record<WorkloadKind, string>> = {
  deployment: 'Deployment',
  statefulSet: 'StatefulSet',
  daemonSet: 'DaemonSet',
  cronJob: 'CronJob',
};

export const workloadKinds = Object.keys(kindNames) as readonly WorkloadKind[];

export function templateOf({ spec }: Workload): PodTemplate | undefined {
  return spec?.jobTemplate?.spec?.template ?? spec?.template;
}

/** The part of a workload's `spec` that holds a template, or a patch of one. */
export function specOfTemplate(kind: WorkloadKind, template: object): object {
  return kind === 'cronJob' ? { jobTemplate: { spec: { template } } } : { template };
}

/** The field of `spec` that says how pods are replaced; a CronJob has none. */
export function strategyField(kind: WorkloadKind): 'strategy' | 'updateStrategy' | undefined {
  if (kind === 'cronJob') return undefined;
  return kind === 'deployment' ? 'strategy' : 'updateStrategy';
}

export function strategyOf(kind: WorkloadKind, { spec }: Workload): UpdateStrategy | undefined {
  const field = strategyField(kind);
  return field && spec?.[field];
}

/** Why a written template makes nothing roll out, for people; undefined where something does. */
export function whyNothingRollsOut(kind: WorkloadKind, workload: Workload): string | undefined {
  if (kind === 'cronJob') return workload.spec?.suspend === true ? 'it is suspended, so no job runs' : 'its next job runs it';
  if (kind === 'deployment' || strategyOf(kind, workload)?.type === 'RollingUpdate') return undefined;
  return 'its update strategy is OnDelete: each pod gets it once that pod is deleted';
}

/** Why nothing runs a template though its rollout is complete, for people; undefined where something does. */
export function whyNothingRuns(
  kind: WorkloadKind,
  { wanted, kept = 0 }: { readonly wanted?: number; readonly kept?: number },
): string | undefined {
  if (wanted === 0) return kind === 'daemonSet' ? 'no node is to have a pod of it' : 'it is scaled to 0, so nothing runs';
  return wanted !== undefined && kept >= wanted ? 'its partition keeps all pods as they are' : undefined;
}
