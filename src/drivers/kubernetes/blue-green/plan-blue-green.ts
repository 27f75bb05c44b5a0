import { ServiceError } from '../../../framework/errors.ts';
import type { FoundHold } from '../../../framework/driver.ts';
import type { DeploymentUpdateConfig } from '../definition.ts';
import { placeOf } from '../workload/find-workloads.ts';
import type { KubernetesCluster } from '../cluster/kubernetes-clusters.ts';
import type { Service, Workload } from '../cluster/kubernetes-objects.ts';
import type { PlannedSwitch } from '../planned-update.ts';
import { recordOf } from '../workload/write-record.ts';
import { findDependents, managerOf } from './find-dependents.ts';
import { findStrangers } from './find-strangers.ts';
import type { Labels } from './label-selectors.ts';
import { liveMember, type Pair, readPair, secondName } from './pair.ts';
import { inTheWay, isForeign, isMadeBy, keptMark } from './second-mark.ts';
import { chooseLabel, type OtherSelector, type SwitchLabel } from './switch-label.ts';

/** The Deployment that is live, with how the Service would leave it. */
export interface FoundSwitch {
  readonly live: Workload;
  readonly blueGreen: PlannedSwitch;
  /** What somebody took off by switching the Service back by hand. */
  readonly undone: readonly Omit<FoundHold, 'target'>[];
}

/**
 * Reads what a receiver with the strategy blueGreen means.
 * @throws ServiceError `NotFound` where the Deployment is not there, `InvalidConfig` for what blueGreen cannot do, with the reason.
 */
export async function findSwitch(
  cluster: KubernetesCluster,
  config: DeploymentUpdateConfig,
  signal: AbortSignal,
): Promise<FoundSwitch> {
  const { name = '', service: serviceName = '' } = config;
  const { namespace } = placeOf(config);
  const pair = await readPair(cluster, namespace, { name, service: serviceName }, signal);
  if (pair.members.every(({ object }) => object === undefined))
    throw new ServiceError('NotFound', `deployment "${name}" not found in namespace "${namespace}"`);
  const found = liveMember(serviceName, pair);
  if (typeof found === 'string') throw refused(found);
  const { live, other } = found;
  if (live.object === undefined || pair.service === undefined) throw refused(`there is no Service "${serviceName}"`);
  const manager = managerOf(live.object);
  if (manager !== undefined)
    throw refused(`Deployment ${live.name} is managed by ${manager}, which would not manage a second one`);
  const { autoscalers, selectors } = await findDependents(cluster, namespace, serviceName, [name, secondName(name)], signal);
  if (autoscalers.length > 0) {
    const what = `HorizontalPodAutoscaler ${autoscalers.join(', ')} scales Deployment ${live.name} by its name`;
    throw refused(`${what}, and would not scale the second one`);
  }
  if (other.object !== undefined && isForeign(other.object)) throw refused(inTheWay(namespace, other.name, serviceName));
  const findOthers = (labels: Labels): Promise<readonly string[]> =>
    findStrangers(cluster, namespace, labels, [name, secondName(name)], signal);
  const { selector = {} } = pair.service.spec ?? {};
  const served = await findOthers(selector);
  if (served.length > 0)
    throw refused(`Service ${serviceName} selects the pods of ${served.join(', ')} as well, and would not after the switch`);
  const label = await freeLabel(pair.service, live.object, selectors, findOthers);
  return {
    live: live.object,
    blueGreen: { service: serviceName, live: live.name, next: other.name, ...label },
    undone: switchedBack(live.object, other.object, serviceName),
  };
}

/** Why what was possible at the plan is so no more; undefined where it still is. */
export async function whyNoMore(
  cluster: KubernetesCluster,
  config: DeploymentUpdateConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await findSwitch(cluster, config, signal);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ServiceError && thrown.code === 'InvalidConfig') return thrown.message;
    throw thrown;
  }
}

/** The label to switch by: one whose other value no pods of something else have. */
async function freeLabel(
  service: Service,
  live: Workload,
  selectors: readonly OtherSelector[],
  findOthers: (labels: Labels) => Promise<readonly string[]>,
): Promise<SwitchLabel> {
  const taken = new Map<string, string>();
  for (;;) {
    const choice = chooseLabel(service, live, selectors, taken);
    if (typeof choice === 'string') throw refused(choice);
    const others = await findOthers({ ...service.spec?.selector, [choice.label]: choice.to });
    if (others.length === 0) return choice;
    taken.set(choice.label, others.join(', '));
  }
}

/** What a Deployment had brought that is not live any more, while the one before it is. */
function switchedBack(live: Workload, other: Workload | undefined, service: string): FoundSwitch['undone'] {
  const kept = keptMark(live);
  const record = recordOf(other?.metadata);
  if (kept?.until === undefined || record === undefined || !isMadeBy(other, kept.action)) return [];
  const images = record.images.filter(({ from, to }) => from !== to).map(({ to }) => to);
  return [...new Set(images)].map((image) => ({ image, reason: `somebody switched Service ${service} back`, since: record.at }));
}

/** Whether an action has a Deployment in a pair, live or not: then it has begun, and goes on with what it planned. */
export function hasBegun({ members }: Pair, action: string): boolean {
  return members.some(({ object }) => isMadeBy(object, action));
}

function refused(reason: string): ServiceError {
  return new ServiceError('InvalidConfig', `Strategy blueGreen is not possible: ${reason}`, { fieldName: 'strategy' });
}
