import type { LabelSelector, Service } from '../cluster/kubernetes-objects.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether a selector fits labels, as Kubernetes sees it: an absent one fits none, an empty one all. */
export function fits(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      if (operator === 'In') return value !== undefined && values.includes(value);
      return value === undefined || !values.includes(value);
    })
  );
}

/** Whether a Service selects pods with these labels. One without a selector selects none. */
export function serviceFits({ spec = {} }: Service, labels: Labels): boolean {
  const { selector = {} } = spec;
  return Object.keys(selector).length > 0 && fits({ matchLabels: selector }, labels);
}

/** `app=web, tier=front` */
export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
