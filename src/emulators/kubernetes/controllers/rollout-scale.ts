import { type KubernetesObject, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';

/** What a ReplicaSet is asked to have, and what of it is available. */
export interface ReplicaCount {
  readonly replicas: number;
  readonly available: number;
}

/** How far a rolling update may leave the wanted number, in pods. */
export interface RolloutLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Percentages are of the wanted replicas: surge is rounded up, unavailability down; both 0 would stand still. */
export function rolloutLimits({ spec }: KubernetesObject): RolloutLimits {
  const wanted = numberOr(spec?.['replicas'], 1);
  const strategy = mapAt(spec, 'strategy');
  if (strategy['type'] === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge, maxUnavailable } = mapAt(strategy, 'rollingUpdate');
  const surge = amount(maxSurge, wanted, Math.ceil);
  const unavailable = Math.min(amount(maxUnavailable, wanted, Math.floor), wanted);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** One step of a rolling update: the new ReplicaSet grows, or else the old ones shrink. @param old the oldest first. */
export function rollingStep(
  wanted: number,
  { maxSurge, maxUnavailable }: RolloutLimits,
  current: ReplicaCount,
  old: readonly ReplicaCount[],
): { current: number; old: number[] } {
  const targets = old.map(({ replicas }) => replicas);
  const total = current.replicas + sum(targets);
  const grown =
    current.replicas >= wanted
      ? wanted
      : current.replicas + Math.max(0, Math.min(wanted + maxSurge - total, wanted - current.replicas));
  if (grown !== current.replicas) return { current: grown, old: targets };

  const leastAvailable = wanted - maxUnavailable;
  let mayGo = total - leastAvailable - (current.replicas - current.available);
  if (mayGo <= 0) return { current: grown, old: targets };
  // What is not available in an old ReplicaSet is missed by nobody.
  old.forEach(({ available }, index) => {
    const broken = Math.max(0, Math.min(mayGo, (targets[index] ?? 0) - available));
    mayGo -= broken;
    targets[index] = (targets[index] ?? 0) - broken;
  });
  let spare = Math.max(0, current.available + sum(old.map(({ available }) => available)) - leastAvailable);
  targets.forEach((replicas, index) => {
    const going = Math.min(spare, replicas);
    spare -= going;
    targets[index] = replicas - going;
  });
  return { current: grown, old: targets };
}

/** Spreads a new total over ReplicaSets in the middle of a rollout, each by its share; rounding goes to the largest. */
export function proportionalScale(counts: readonly number[], total: number): number[] {
  const now = sum(counts);
  if (now === 0) return [...counts];
  const targets = counts.map((count) => Math.round((count * total) / now));
  const largest = counts.indexOf(Math.max(...counts));
  targets[largest] = Math.max(0, (targets[largest] ?? 0) + total - sum(targets));
  return targets;
}

function amount(value: unknown, replicas: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseInt(textOr(value, '25%'), 10) * replicas) / 100);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
