/** A kind of object that the emulator serves. */
export interface ResourceType {
  /** The API group; empty for the core. */
  readonly group: string;
  readonly version: string;
  /** The plural in the path. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly string[];
}

function type(
  group: string,
  resource: string,
  kind: string,
  shortNames: readonly string[] = [],
  subresources: readonly string[] = [],
): ResourceType {
  return { group, version: 'v1', resource, kind, namespaced: kind !== 'Namespace' && kind !== 'Node', shortNames, subresources };
}

export const resourceTypes: readonly ResourceType[] = [
  type('', 'configmaps', 'ConfigMap', ['cm']),
  type('', 'events', 'Event', ['ev']),
  type('', 'namespaces', 'Namespace', ['ns'], ['status']),
  type('', 'nodes', 'Node', ['no'], ['status']),
  type('', 'pods', 'Pod', ['po'], ['status']),
  type('', 'secrets', 'Secret'),
  type('', 'serviceaccounts', 'ServiceAccount', ['sa']),
  type('', 'services', 'Service', ['svc'], ['status']),
  type('apps', 'controllerrevisions', 'ControllerRevision'),
  type('apps', 'daemonsets', 'DaemonSet', ['ds'], ['status']),
  type('apps', 'deployments', 'Deployment', ['deploy'], ['status', 'scale']),
  type('apps', 'replicasets', 'ReplicaSet', ['rs'], ['status', 'scale']),
  type('apps', 'statefulsets', 'StatefulSet', ['sts'], ['status', 'scale']),
  type('batch', 'cronjobs', 'CronJob', ['cj'], ['status']),
  type('batch', 'jobs', 'Job', [], ['status']),
];

/** What `kubectl get all` shows. */
export const everyday = new Set([
  'pods',
  'services',
  'daemonsets',
  'deployments',
  'replicasets',
  'statefulsets',
  'cronjobs',
  'jobs',
]);

export function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The name as the server's messages have it: `deployments.apps`. */
export function qualifiedName({ group, resource }: ResourceType): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function typeOfKind(kind: string): ResourceType {
  const found = resourceTypes.find((each) => each.kind === kind);
  if (!found) throw new Error(`the emulator has no ${kind}`);
  return found;
}
