import crypto from 'node:crypto';
import type { Container, LabelSelector, Pod, PodTemplate, Workload } from '../cluster/kubernetes-objects.ts';
import { templateOf } from './workload.ts';

/** The annotation of `kubectl rollout restart`. */
export const restartedAt = 'kubectl.kubernetes.io/restartedAt';

/** A container of a template, with whether it is an init container. */
export interface TemplateContainer extends Container {
  readonly init: boolean;
}

export function templateContainers(template: PodTemplate | undefined): readonly TemplateContainer[] {
  const { initContainers = [], containers = [] } = template?.spec ?? {};
  return [
    ...initContainers.map((container) => ({ ...container, init: true })),
    ...containers.map((container) => ({ ...container, init: false })),
  ];
}

/** Tells one template from another, whatever the order of its fields. */
export function templateHash(workload: Workload): string {
  return crypto
    .createHash('sha256')
    .update(canonicalJson(templateOf(workload)))
    .digest('hex')
    .slice(0, 16);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

/** The label that names the revision of a StatefulSet or DaemonSet that a pod is of. */
export const revisionLabel = 'controller-revision-hash';

/**
 * The pods that were made from a workload's template as it is now. A StatefulSet names their revision; of all others they are
 * told by images and restart mark, so that no right to read ReplicaSets and ControllerRevisions is needed.
 */
export function podsOfTemplate(workload: Workload, pods: readonly Pod[]): readonly Pod[] {
  const { metadata, status } = workload;
  const revision = status?.updateRevision;
  if (revision !== undefined && status?.observedGeneration === metadata?.generation)
    return pods.filter((pod) => isAlive(pod) && pod.metadata?.labels?.[revisionLabel] === revision);
  return podsLike(templateOf(workload), pods);
}

/** The pods that run the images of a template, since the same restart. */
function podsLike(template: PodTemplate | undefined, pods: readonly Pod[]): readonly Pod[] {
  const wanted = templateContainers(template);
  const mark = template?.metadata?.annotations?.[restartedAt];
  return pods.filter((pod) => {
    if (!isAlive(pod)) return false;
    if (pod.metadata?.annotations?.[restartedAt] !== mark) return false;
    const images = new Map(templateContainers(pod).map(({ name, image }) => [name, image]));
    return wanted.every(({ name, image }) => images.get(name) === image);
  });
}

function isAlive({ metadata }: Pod): boolean {
  return metadata?.deletionTimestamp === undefined;
}

/** A workload's selector as a query's text. Before apps/v1 an absent one meant the template's labels. */
export function selectorText({ spec }: Workload): string {
  const { matchLabels, matchExpressions = [] }: LabelSelector = spec?.selector ?? {
    matchLabels: spec?.template?.metadata?.labels ?? {},
  };
  return [
    ...Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
    }),
  ].join(',');
}
