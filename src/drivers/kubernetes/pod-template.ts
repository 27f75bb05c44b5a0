import crypto from 'node:crypto';
import type { Container, Deployment, LabelSelector, Pod, PodTemplate } from './kubernetes-objects.ts';

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
export function templateHash({ spec }: Deployment): string {
  return crypto.createHash('sha256').update(canonicalJson(spec?.template)).digest('hex').slice(0, 16);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

/**
 * The pods that were made from a Deployment's template as it is now, told by images and restart mark, so that no right to
 * read ReplicaSets is needed.
 */
export function podsOfTemplate({ spec }: Deployment, pods: readonly Pod[]): readonly Pod[] {
  const template = spec?.template;
  const wanted = templateContainers(template);
  const mark = template?.metadata?.annotations?.[restartedAt];
  return pods.filter((pod) => {
    if (pod.metadata?.deletionTimestamp !== undefined) return false;
    if (pod.metadata?.annotations?.[restartedAt] !== mark) return false;
    const images = new Map(templateContainers(pod).map(({ name, image }) => [name, image]));
    return wanted.every(({ name, image }) => images.get(name) === image);
  });
}

/** A Deployment's selector as a query's text. Before apps/v1 an absent one meant the template's labels. */
export function selectorText({ spec }: Deployment): string {
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
