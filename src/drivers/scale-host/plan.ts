import type { Delivery, DriverConfig, Plan } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Rancher, RancherResource } from '../../rancher/rancher.ts';
import type { ScaleHostConfig, ScaleHostInput } from './definition.ts';
import { hostName, namesOf, readHostGroup, type HostGroup } from './host-group.ts';
import { nextHostNames } from './host-names.ts';
import { requireHostTemplate } from './host-template.ts';
import { checkAction, checkLimits } from './validate.ts';

/** Hosts in these states do not work: they are the first to go. */
const badStates = new Set(['inactive', 'deactivating', 'reconnecting', 'disconnected']);

/** Decides which hosts will be made, by name, or removed, by id. @throws ServiceError */
export async function plan(rancher: Rancher, delivery: Delivery, config: DriverConfig): Promise<Plan> {
  const { action, hostTemplateId = '' }: ScaleHostConfig = config;
  // Whoever may write to the project can store a config past the checks of a create.
  checkAction(config);
  checkLimits(config);
  if (action === 'up' && hostTemplateId !== '') {
    await requireHostTemplate(rancher, delivery.projectId, hostTemplateId, 'Refused');
  }
  const group = await readHostGroup(rancher, delivery.projectId, config);
  const input = action === 'up' ? planUp(group, config, delivery.projectId) : planDown(group, config);
  const target = `rancher/${delivery.projectId}/hosts/${group.name}`;
  return { actions: [{ target, description: describe(group, input), input: { ...input } }] };
}

function planUp(group: HostGroup, config: ScaleHostConfig, projectId: string): ScaleHostInput {
  const { amount = 0, max = 0, hostTemplateId = '' } = config;
  const base = group.hosts.findLast((host) => typeof host['driver'] === 'string' && host['driver'] !== '');
  if (base === undefined && hostTemplateId === '') refuse('Cannot use custom hosts for scaling up');
  if (group.hosts.length + amount > max) refuse('Cannot scale above provided max scale value');
  const hostnames = nextHostNames({
    base: base && hostName(base),
    group: group.hosts.map(hostName),
    taken: group.all.flatMap(namesOf),
    amount,
  });
  if (base === undefined || hostTemplateId !== '') return { kind: 'template', hostTemplateId, hostnames };
  const accountId = typeof base['accountId'] === 'string' ? base['accountId'] : projectId;
  return { kind: 'clone', hostId: base.id, accountId, hostnames };
}

function planDown({ hosts }: HostGroup, config: ScaleHostConfig): ScaleHostInput {
  const { amount = 0, min = 0, deleteOption = '', hostTemplateId = '' } = config;
  if (hosts.length - amount < min) refuse('Cannot scale below provided min scale value');
  const ordered = deleteOption === 'leastRecent' ? hosts.toReversed() : hosts;
  const isBad = (host: RancherResource): boolean => badStates.has(host.state ?? '');
  const victims = [...ordered.filter(isBad), ...ordered.filter((host) => !isBad(host))].slice(0, amount);
  return { kind: 'delete', byTemplate: hostTemplateId !== '', hostIds: victims.map((host) => host.id) };
}

function describe(group: HostGroup, input: ScaleHostInput): string {
  const change = input.kind === 'delete' ? `remove ${input.hostIds.join(', ')}` : `add ${input.hostnames.join(', ')}`;
  return `hosts ${group.name}, now ${group.hosts.length}: ${change}`;
}

function refuse(text: string): never {
  throw new ServiceError('Refused', text);
}
