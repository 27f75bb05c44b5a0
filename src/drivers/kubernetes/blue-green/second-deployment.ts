import type { Delivery } from '../../../framework/driver.ts';
import { isJsonObject } from '../../../framework/json.ts';
import type { Container, ObjectMeta, PodSpec, Workload } from '../cluster/kubernetes-objects.ts';
import type { ImageChange, PlannedSwitch, PlannedUpdate } from '../planned-update.ts';
import { restartedAt, templateHash } from '../workload/pod-template.ts';
import { updateAnnotations } from '../workload/write-annotations.ts';
import type { Labels } from './label-selectors.ts';
import { keptAnnotation, secondAnnotation, type SecondMark } from './second-mark.ts';

/** Written by others for the very object that they are on. */
const notCopied = [
  /^deployment\.kubernetes\.io\//,
  /^kubectl\.kubernetes\.io\/last-applied-configuration$/,
  /^argocd\.argoproj\.io\//,
  /^webhook-service\//,
];

/** A Deployment as the live one is, with the new images, another name, and another value of the label that tells them apart. */
export function secondDeployment(
  live: Workload,
  update: PlannedUpdate & { readonly blueGreen: PlannedSwitch },
  delivery: Pick<Delivery, 'id' | 'receiver'>,
): Workload {
  const { blueGreen, changes, restartedAt: mark } = update;
  const { label, from, next } = blueGreen;
  const { spec = {} } = live;
  const { template = {}, selector = {} } = spec;
  const matchExpressions = (selector.matchExpressions ?? []).filter(({ key }) => key !== label);
  const made: SecondMark = { action: update.id, label, former: from, madeFrom: templateHash(live) };
  const { status: _, ...rest } = live;
  return {
    ...rest,
    metadata: {
      name: next,
      ...(live.metadata?.namespace !== undefined && { namespace: live.metadata.namespace }),
      labels: relabelled(live.metadata, blueGreen),
      annotations: {
        ...Object.fromEntries(
          Object.entries(live.metadata?.annotations ?? {}).filter(([key]) => key !== keptAnnotation && !isOwn(key)),
        ),
        ...updateAnnotations(update, delivery),
        [secondAnnotation]: JSON.stringify(made),
      },
    },
    spec: {
      ...spec,
      selector: {
        matchLabels: { ...selector.matchLabels, [label]: blueGreen.to },
        ...(matchExpressions.length > 0 && { matchExpressions }),
      },
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: { ...template.metadata?.labels, [label]: blueGreen.to },
          ...(mark !== undefined && { annotations: { ...template.metadata?.annotations, [restartedAt]: mark } }),
        },
        spec: withImages(withOwnTerms(template.spec ?? {}, blueGreen), changes),
      },
    },
  };
}

function isOwn(annotation: string): boolean {
  return notCopied.some((pattern) => pattern.test(annotation));
}

function relabelled({ labels = {} }: ObjectMeta = {}, { label, from, to }: PlannedSwitch): Labels {
  return labels[label] === from ? { ...labels, [label]: to } : labels;
}

function withImages({ initContainers, containers, ...spec }: PodSpec, changes: readonly ImageChange[]): PodSpec {
  const changed = (list: readonly Container[], ofInit: boolean): readonly Container[] =>
    list.map((container) => {
      const change = changes.find(({ container: name, init }) => name === container.name && init === ofInit);
      return change === undefined ? container : { ...container, image: change.to };
    });
  return {
    ...spec,
    ...(initContainers && { initContainers: changed(initContainers, true) }),
    ...(containers && { containers: changed(containers, false) }),
  };
}

/** Pods that keep apart from, or together with, their own kind mean those of their own Deployment. */
function withOwnTerms(spec: PodSpec, { label, from, to }: PlannedSwitch): PodSpec {
  const fields = ['affinity', 'topologySpreadConstraints'] as const;
  const own = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(own);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) =>
        key === 'matchLabels' && isJsonObject(entry) && entry[label] === from
          ? [key, { ...entry, [label]: to }]
          : [key, own(entry)],
      ),
    );
  };
  const all: PodSpec & Partial<Record<(typeof fields)[number], unknown>> = spec;
  return { ...all, ...Object.fromEntries(fields.filter((field) => field in all).map((field) => [field, own(all[field])])) };
}
