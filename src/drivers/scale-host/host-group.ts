import { ServiceError } from '../../framework/errors.ts';
import { isJsonObject } from '../../framework/json.ts';
import type { Rancher, RancherResource } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { ScaleHostConfig } from './definition.ts';

export interface HostGroup {
  /** Says which group it is, among those of the project: `pool=a`, `template 1ht5`. */
  readonly name: string;
  /** The hosts that count, newest first. */
  readonly hosts: readonly RancherResource[];
  /** Every host of the project, in the group or not. */
  readonly all: readonly RancherResource[];
}

const leavingStates = new Set(['removing', 'removed', 'purging', 'purged']);

/** True if it is on its way out, or gone: it does not count any more, though Rancher may still list it. */
export function isLeaving(host: RancherResource): boolean {
  return Boolean(host.removed) || leavingStates.has(host.state ?? '');
}

/** The hosts that a receiver is about. @throws ServiceError with the Go service's texts where there are none. */
export async function readHostGroup(rancher: Rancher, projectId: string, config: ScaleHostConfig): Promise<HostGroup> {
  const { hostTemplateId = '', hostSelector = {} } = config;
  const pairs = Object.entries(hostSelector)
    .map(([key, value]): [string, string] => [key, value ?? ''])
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  const all = await listHosts(rancher, projectId);
  const counted = all.filter((host) => !isLeaving(host));
  if (hostTemplateId !== '') {
    const hosts = counted.filter((host) => host['hostTemplateId'] === hostTemplateId);
    return { name: `template ${hostTemplateId}`, hosts, all };
  }
  if (all.length === 0) throw new ServiceError('Refused', 'No hosts for scaling found');
  const hosts = counted.filter((host) => host.state !== 'error' && pairs.every((pair) => hasLabel(host, pair)));
  if (hosts.length === 0) {
    const map = pairs.map(([key, value]) => `${key}:${value}`).join(' ');
    throw new ServiceError('Refused', `No host with label map[${map}] exists`);
  }
  return { name: pairs.map(([key, value]) => `${key}=${value}`).join(','), hosts, all };
}

/** Every host of the project, newest first. @throws ServiceError */
export async function listHosts(rancher: Rancher, projectId: string): Promise<RancherResource[]> {
  const list = rancher.project(projectId).list('host', { sort: 'created', order: 'desc' });
  const hosts = await orServiceError(list, (apiError) => `Error ${apiError} in listing hosts`);
  // The pages are sorted, but a host that is made between two of them moves the others.
  return hosts.toSorted((left, right) => createdAt(right) - createdAt(left));
}

/** Names and values of labels are compared as the Go service does, without regard to case. */
function hasLabel(host: RancherResource, [key, value]: readonly [string, string]): boolean {
  if (!isJsonObject(host['labels'])) return false;
  return Object.entries(host['labels']).some(
    ([name, label]) =>
      typeof label === 'string' && name.toLowerCase() === key.toLowerCase() && label.toLowerCase() === value.toLowerCase(),
  );
}

function createdAt(host: RancherResource): number {
  const time = typeof host['created'] === 'string' ? Date.parse(host['created']) : Number.NaN;
  return Number.isNaN(time) ? 0 : time;
}

/** The name that people see: `name` where it is set, else `hostname`. */
export function hostName(host: RancherResource): string {
  const { name, hostname } = host;
  if (typeof name === 'string' && name !== '') return name;
  return typeof hostname === 'string' ? hostname : '';
}

/** Every name that a host goes by. */
export function namesOf(host: RancherResource): string[] {
  return [host['name'], host['hostname']].filter((name) => typeof name === 'string' && name !== '') as string[];
}
