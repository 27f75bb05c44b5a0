import { type JsonMap, listAt, mapAt, textOr } from './kubernetes-object.ts';

/** Whether labels are what a `matchLabels` and `matchExpressions` select; an empty selector selects all. */
export function selectsLabels(selector: JsonMap, labels: Readonly<Record<string, string>> = {}): boolean {
  const equal = Object.entries(mapAt(selector, 'matchLabels')).every(([name, value]) => labels[name] === value);
  return equal && listAt(selector, 'matchExpressions').every((each) => fits(each, labels[textOr(each['key'])]));
}

function fits({ operator, values }: JsonMap, label: string | undefined): boolean {
  const wanted: readonly unknown[] = Array.isArray(values) ? values : [];
  switch (operator) {
    case 'In':
      return label !== undefined && wanted.includes(label);
    case 'NotIn':
      return label === undefined || !wanted.includes(label);
    case 'Exists':
      return label !== undefined;
    default:
      return label === undefined;
  }
}
