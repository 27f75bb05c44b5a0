import { sinceText } from './human-duration.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';

/** A column of what `kubectl get` prints. */
export interface Column {
  readonly name: string;
  /** Only printed with `-o wide`. */
  readonly wide: boolean;
  readonly value: (object: KubernetesObject) => unknown;
}

export type Value = Column['value'];

export const none = '<none>';

export function column(name: string, value: Value): Column {
  return { name, wide: false, value };
}

export function wide(name: string, value: Value): Column {
  return { name, wide: true, value };
}

/** A figure of the spec or the status. */
export function figure(name: string, part: 'spec' | 'status', field: string): Column {
  return column(name, (object) => numberOr(object[part]?.[field], 0));
}

export const name = column('Name', ({ metadata }) => metadata.name);
export const age = column('Age', ({ metadata }) => sinceText(metadata.creationTimestamp));
export const createdAt = column('Created At', ({ metadata }) => metadata.creationTimestamp);

/** Names and images of the containers. @param path of the pod's spec. */
export function podColumns(...path: readonly string[]): Column[] {
  const each =
    (field: string): Value =>
    (object) =>
      listAt(object, ...path, 'containers')
        .map((container) => textOr(container[field]))
        .join(',');
  return [wide('Containers', each('name')), wide('Images', each('image'))];
}

export function labelText(labels: JsonMap): string {
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${String(value)}`);
  return texts.toSorted().join(',') || none;
}

/** A selector as text, in the order of its keys. @param selector has `matchLabels` and `matchExpressions`. */
export function selectorText(selector: JsonMap): string {
  const labels = Object.entries(mapAt(selector, 'matchLabels')).map(([key, value]) => ({ key, text: `${key}=${String(value)}` }));
  const expressions = listAt(selector, 'matchExpressions').map(({ key, operator, values }) => {
    const list = Array.isArray(values) ? `(${values.map(String).toSorted().join(',')})` : '()';
    const name = textOr(key);
    if (operator === 'Exists') return { key: name, text: name };
    return { key: name, text: operator === 'DoesNotExist' ? `!${name}` : `${name} ${textOr(operator).toLowerCase()} ${list}` };
  });
  const byKey = [...labels, ...expressions].toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return byKey.map(({ text }) => text).join(',') || none;
}
