import type { LabelSelector, Service, Workload } from '../cluster/kubernetes-objects.ts';
import { fits, labelsText } from './label-selectors.ts';
import { podLabels } from './pair.ts';
import { secondMark } from './second-mark.ts';

/** The label that tells the two Deployments apart, with its value on the pods that are live, and on those that will be. */
export interface SwitchLabel {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** Something else that finds the pods by their labels. */
export interface OtherSelector {
  /** `PodDisruptionBudget web`. */
  readonly name: string;
  readonly selector: LabelSelector | undefined;
}

const longestValue = 63;
const suffix = '-green';
const colours: ReadonlyMap<string, string> = new Map([
  ['blue', 'green'],
  ['green', 'blue'],
]);

/**
 * Chooses which label of the Service's selector differs in the second Deployment: before the switch none of its pods may be
 * selected. Whatever else finds pods by their labels must find the new ones as it found the old.
 * @param taken the labels whose other value pods of something else have, with what that is.
 * @returns a text that says why there is none.
 */
export function chooseLabel(
  service: Service,
  live: Workload,
  others: readonly OtherSelector[],
  taken: ReadonlyMap<string, string> = new Map(),
): SwitchLabel | string {
  const labels = podLabels(live);
  const mark = secondMark(live);
  const ownSelector = live.spec?.selector?.matchLabels ?? {};
  const rank = (key: string): number => {
    if (key === mark?.label) return 0;
    if (colours.has(labels[key] ?? '')) return 1;
    return key in ownSelector ? 3 : 2;
  };
  const keys = Object.keys(service.spec?.selector ?? {}).toSorted((a, b) => rank(a) - rank(b));
  let obstacle = '';
  for (const label of keys) {
    const from = labels[label] ?? '';
    const to = label === mark?.label && mark.former !== from ? mark.former : otherValue(from);
    const next = { ...labels, [label]: to };
    const stranger = taken.get(label);
    if (stranger !== undefined) {
      obstacle ||= `the pods of ${stranger} have the label ${label}=${to}, by which Service ${service.metadata?.name} would find them too`;
      continue;
    }
    const other = others.find(({ selector }) => fits(selector, labels) !== fits(selector, next));
    if (other === undefined) return { label, from, to };
    obstacle ||= `${other.name} finds pods by the label ${label}, by which Service ${service.metadata?.name} would tell the versions apart`;
  }
  return `${obstacle}: give the pods a further label such as color=blue, and the Service's selector (${labelsText(service.spec?.selector ?? {})}) too`;
}

function otherValue(value: string): string {
  const colour = colours.get(value);
  if (colour !== undefined) return colour;
  if (value.endsWith(suffix) && value.length > suffix.length) return value.slice(0, -suffix.length);
  return `${value.slice(0, longestValue - suffix.length)}${suffix}`.replace(/^-/, '');
}
