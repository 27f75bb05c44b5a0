import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';

/** The only node that a pod may run on, if it names one. @param spec the pod's. */
export function wantedNode(spec: JsonMap): string | undefined {
  if (textOr(spec['nodeName']) !== '') return textOr(spec['nodeName']);
  const terms = listAt(spec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms');
  const field = terms.flatMap((term) => listAt(term, 'matchFields')).find(({ key }) => key === 'metadata.name');
  const values: unknown = field?.['values'];
  return Array.isArray(values) ? textOr(values[0]) : undefined;
}

/** Whether the node has the labels that the pod asks for. @param spec the pod's. */
export function matchesNode(spec: JsonMap, { metadata }: KubernetesObject): boolean {
  return Object.entries(mapAt(spec, 'nodeSelector')).every(([name, value]) => metadata.labels?.[name] === value);
}

/** Why none of the nodes takes a pod, in the scheduler's words. */
export function whyNoNode(spec: JsonMap, nodes: readonly KubernetesObject[]): string {
  const wanted = wantedNode(spec);
  const isOther = (node: KubernetesObject): boolean =>
    !matchesNode(spec, node) || (wanted !== undefined && node.metadata.name !== wanted);
  const others = nodes.filter(isOther).length;
  const reasons = [
    ...(others > 0 ? [`${others} node(s) didn't match Pod's node affinity/selector`] : []),
    ...(others < nodes.length ? [`${nodes.length - others} node(s) were unschedulable`] : []),
  ];
  return `0/${nodes.length} nodes are available: ${reasons.join(', ')}.`;
}

/** The node that a pod goes to: of those that fit and are not cordoned the one with the fewest pods. */
export function chooseNode(
  spec: JsonMap,
  nodes: readonly KubernetesObject[],
  podsOn: (node: string) => number,
): string | undefined {
  const wanted = wantedNode(spec);
  const fitting = nodes
    .filter((node) => matchesNode(spec, node))
    .filter(({ metadata, spec: own }) => (wanted === undefined ? own?.['unschedulable'] !== true : metadata.name === wanted));
  const counted = fitting.map(({ metadata: { name } }) => ({ name, count: fitting.length > 1 ? podsOn(name) : 0 }));
  return counted.toSorted((a, b) => a.count - b.count)[0]?.name;
}
