import type { DeploymentUpdateConfig } from '../definition.ts';
import { fieldRefused } from '../field-refused.ts';
import { placeOf } from './find-workloads.ts';
import type { WorkloadKind } from '../cluster/kubernetes-clusters.ts';
import type { UpdateStrategy, Workload } from '../cluster/kubernetes-objects.ts';
import { kindNames, strategyOf } from './workload.ts';

/** How pods are replaced while an update rolls out, where the receiver says so. */
export interface StrategyChange {
  /** As it was read; absent where the workload said nothing. */
  readonly from?: UpdateStrategy;
  readonly to: UpdateStrategy;
}

type StrategyFields = Pick<DeploymentUpdateConfig, 'strategy' | 'maxSurge' | 'maxUnavailable'>;

/** @throws ServiceError `InvalidConfig` for what the kind does not have. */
export function checkStrategy(config: DeploymentUpdateConfig): void {
  const { strategy = 'keep', maxSurge, maxUnavailable } = config;
  const { kind } = placeOf(config);
  if (kind === 'cronJob' && strategy !== 'keep') throw fieldRefused('strategy', 'A CronJob has no update strategy');
  if (strategy === 'recreate' && kind !== 'deployment')
    throw fieldRefused('strategy', `A ${kindNames[kind]} has no strategy recreate`);
  for (const [name, value] of Object.entries({ maxSurge, maxUnavailable })) {
    if (value === undefined) continue;
    if (strategy !== 'rollingUpdate') throw fieldRefused(name, `${name} needs strategy rollingUpdate`);
    if (!/^\d{1,9}%?$/.test(value)) throw fieldRefused(name, `Invalid ${name} "${value}", must be a number or a percentage`);
  }
  checkLimits(kind, config);
}

/** The rules of Kubernetes' own validation. */
function checkLimits(kind: WorkloadKind, { maxSurge, maxUnavailable }: StrategyFields): void {
  const isTooMuch = (value = ''): boolean => value.endsWith('%') && Number.parseInt(value, 10) > 100;
  if (isTooMuch(maxUnavailable)) throw fieldRefused('maxUnavailable', 'maxUnavailable must not be more than 100%');
  if (kind === 'statefulSet') {
    if (maxSurge !== undefined) throw fieldRefused('maxSurge', 'A StatefulSet has no maxSurge');
    if (maxUnavailable !== undefined && isNothing(maxUnavailable))
      throw fieldRefused('maxUnavailable', 'maxUnavailable of a StatefulSet must not be 0');
    return;
  }
  if (kind === 'daemonSet' && isTooMuch(maxSurge))
    throw fieldRefused('maxSurge', 'maxSurge of a DaemonSet must not be more than 100%');
  if (maxSurge === undefined || maxUnavailable === undefined) return;
  if (isNothing(maxSurge) && isNothing(maxUnavailable))
    throw fieldRefused('maxUnavailable', 'maxSurge and maxUnavailable must not both be 0');
  if (kind === 'daemonSet' && !isNothing(maxSurge) && !isNothing(maxUnavailable))
    throw fieldRefused('maxUnavailable', 'One of maxSurge and maxUnavailable of a DaemonSet must be 0');
}

/**
 * Why a workload's pods could not be replaced at all as the config says, together with what it leaves as it is; undefined where
 * they can be.
 */
export function strategyFault(kind: WorkloadKind, workload: Workload, config: StrategyFields): string | undefined {
  const { maxSurge, maxUnavailable } = strategyChange(kind, workload, config)?.to.rollingUpdate ?? {};
  if (maxSurge === undefined || maxUnavailable === undefined || !isNothing(maxSurge) || !isNothing(maxUnavailable))
    return undefined;
  const [given, other] = config.maxSurge === undefined ? ['maxUnavailable', 'maxSurge'] : ['maxSurge', 'maxUnavailable'];
  return `${given} is 0, and so is ${other} of the ${kindNames[kind]}: at least one pod more or fewer is needed`;
}

/** What a config changes of how a workload's pods are replaced; undefined for nothing. */
export function strategyChange(
  kind: WorkloadKind,
  workload: Workload,
  { strategy = 'keep', maxSurge, maxUnavailable }: StrategyFields,
): StrategyChange | undefined {
  const from = strategyOf(kind, workload);
  const to = wantedStrategy();
  if (to === undefined || canonical(to) === canonical(from)) return undefined;
  return { ...(from && { from }), to };

  function wantedStrategy(): UpdateStrategy | undefined {
    if (strategy === 'recreate') return { type: 'Recreate' };
    if (strategy !== 'rollingUpdate') return undefined;
    const given = {
      ...(maxSurge !== undefined && { maxSurge: intOrPercent(maxSurge) }),
      ...(maxUnavailable !== undefined && { maxUnavailable: intOrPercent(maxUnavailable) }),
    };
    const rollingUpdate = { ...from?.rollingUpdate, ...(kind === 'daemonSet' && otherOfDaemonSet(given)), ...given };
    return { type: 'RollingUpdate', ...(Object.keys(rollingUpdate).length > 0 && { rollingUpdate }) };
  }
}

/** Of a DaemonSet exactly one of the two is 0: the one that is not given gives way. */
function otherOfDaemonSet(given: NonNullable<UpdateStrategy['rollingUpdate']>): UpdateStrategy['rollingUpdate'] {
  const { maxSurge, maxUnavailable } = given;
  if (maxUnavailable === undefined && maxSurge !== undefined) return { maxUnavailable: isNothing(maxSurge) ? 1 : 0 };
  if (maxSurge === undefined && maxUnavailable !== undefined) return { maxSurge: isNothing(maxUnavailable) ? 1 : 0 };
  return {};
}

/** Whether a number or a percentage is 0, however it is written: `0`, `0%`, `00%`. */
function isNothing(value: number | string): boolean {
  return Number.parseInt(String(value), 10) === 0;
}

function intOrPercent(text: string): number | string {
  const number = Number.parseInt(text, 10);
  return text.endsWith('%') ? `${number}%` : number;
}

/** A merge patch that turns one strategy into another: what the other does not have is removed. */
export function strategyPatch(from: UpdateStrategy | undefined, to: UpdateStrategy): object {
  const { rollingUpdate } = to;
  if (rollingUpdate === undefined) return { type: to.type ?? null, ...(from?.rollingUpdate && { rollingUpdate: null }) };
  const gone = Object.keys(from?.rollingUpdate ?? {}).filter((name) => !(name in rollingUpdate));
  return {
    type: to.type ?? null,
    rollingUpdate: { ...rollingUpdate, ...Object.fromEntries(gone.map((name) => [name, null])) },
  };
}

export function isSameStrategy(a: UpdateStrategy | undefined, b: UpdateStrategy | undefined): boolean {
  return canonical(a) === canonical(b);
}

/** One line for people: `RollingUpdate, maxSurge 25%, maxUnavailable 0`. */
export function strategyText({ type = '', rollingUpdate = {} }: UpdateStrategy): string {
  const limits = Object.entries(rollingUpdate).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [type, ...limits.map(([name, value]) => `${name} ${value}`)].join(', ');
}

function canonical(strategy: UpdateStrategy | undefined): string {
  const { maxSurge, maxUnavailable, partition } = strategy?.rollingUpdate ?? {};
  return JSON.stringify([strategy?.type, maxSurge, maxUnavailable, partition]);
}
