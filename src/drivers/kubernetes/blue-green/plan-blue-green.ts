import { ServiceError } from '../../../framework/errors.ts';
import type { FoundHold } from '../../../framework/driver.ts';
import type { DeploymentUpdateConfig } from '../definition.ts';
import { placeOf } from '../find-workloads.ts';
import type { KubernetesCluster } from '../kubernetes-clusters.ts';
import type { Workload } from '../kubernetes-objects.ts';
import type { PlannedSwitch } from '../planned-update.ts';
import { actionAnnotation } from '../write-annotations.ts';
import { recordOf } from '../write-record.ts';
import { findDependents, managerOf } from './find-dependents.ts';
import { liveMember, type Pair, readPair, secondName } from './pair.ts';
import { isMadeBy, keptMark } from './second-mark.ts';
import { chooseLabel } from './switch-label.ts';

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
  const label = chooseLabel(pair.service, live.object, selectors);
  if (typeof label === 'string') throw refused(label);
  return {
    live: live.object,
    blueGreen: { service: serviceName, live: live.name, next: other.name, ...label },
    undone: switchedBack(live.object, other.object, serviceName),
  };
}

/** What a Deployment had brought that is not live any more, while the one before it is. */
function switchedBack(live: Workload, other: Workload | undefined, service: string): FoundSwitch['undone'] {
  const kept = keptMark(live);
  const record = recordOf(other?.metadata);
  if (kept?.until === undefined || record === undefined || other?.metadata?.annotations?.[actionAnnotation] !== kept.action)
    return [];
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
