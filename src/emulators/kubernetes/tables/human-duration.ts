const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** Up to which duration which units are shown, the second one only where it is not 0. */
const steps: readonly (readonly [below: number, unit: number, name: string, rest?: number, restName?: string])[] = [
  [2 * minute, second, 's'],
  [10 * minute, minute, 'm', second, 's'],
  [3 * hour, minute, 'm'],
  [8 * hour, hour, 'h', minute, 'm'],
  [2 * day, hour, 'h'],
  [8 * day, day, 'd', hour, 'h'],
  [2 * year, day, 'd'],
  [8 * year, year, 'y', day, 'd'],
  [Infinity, year, 'y'],
];

/** How long something took or is ago, as kubectl prints it: `45s`, `3m20s`, `5h`. A little less than nothing is `0s`. */
export function humanDuration(ms: number): string {
  if (ms < -second) return '<invalid>';
  const span = Math.max(0, ms);
  const [, unit, name, rest = 0, restName = ''] = steps.find(([below]) => span < below) ?? [0, year, 'y'];
  const more = rest === 0 ? 0 : Math.floor((span % unit) / rest);
  return `${Math.floor(span / unit)}${name}${more === 0 ? '' : `${more}${restName}`}`;
}

/** How long a time of the API is ago; `<unknown>` if there is none. */
export function sinceText(time: unknown): string {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? '<unknown>' : humanDuration(Date.now() - ms);
}
