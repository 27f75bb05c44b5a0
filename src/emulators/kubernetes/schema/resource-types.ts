/** A kind of object that the emulator serves. */
export interface ResourceType {
  /** The API group; empty for the core. */
  readonly group: string;
  /** In which objects are stored. */
  readonly version: string;
  /** The plural in the path. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly string[];
  /** Changes of the spec are counted in `metadata.generation`. */
  readonly counted: boolean;
}

interface Extras {
  readonly version?: string;
  readonly subresources?: readonly string[];
  readonly clusterWide?: boolean;
  readonly counted?: boolean;
}

function type(group: string, resource: string, kind: string, shortName = '', extras: Extras = {}): ResourceType {
  const { version = 'v1', subresources = [], clusterWide = false, counted = false } = extras;
  const shortNames = shortName === '' ? [] : [shortName];
  return { group, version, resource, kind, namespaced: !clusterWide, shortNames, subresources, counted };
}

const withStatus: Extras = { subresources: ['status'] };
const workload: Extras = { subresources: ['status'], counted: true };
const scaled: Extras = { subresources: ['status', 'scale'], counted: true };
const clusterWide: Extras = { clusterWide: true };
const rbac = 'rbac.authorization.k8s.io';

export const resourceTypes: readonly ResourceType[] = [
  type('', 'configmaps', 'ConfigMap', 'cm'),
  type('', 'endpoints', 'Endpoints', 'ep'),
  type('', 'events', 'Event', 'ev'),
  type('', 'limitranges', 'LimitRange', 'limits'),
  type('', 'namespaces', 'Namespace', 'ns', { ...withStatus, clusterWide: true }),
  type('', 'nodes', 'Node', 'no', { ...withStatus, clusterWide: true }),
  type('', 'persistentvolumeclaims', 'PersistentVolumeClaim', 'pvc', withStatus),
  type('', 'persistentvolumes', 'PersistentVolume', 'pv', { ...withStatus, clusterWide: true }),
  type('', 'pods', 'Pod', 'po', { subresources: ['status', 'log', 'eviction', 'exec', 'attach', 'portforward'], counted: true }),
  type('', 'replicationcontrollers', 'ReplicationController', 'rc', scaled),
  type('', 'resourcequotas', 'ResourceQuota', 'quota', withStatus),
  type('', 'secrets', 'Secret'),
  type('', 'serviceaccounts', 'ServiceAccount', 'sa'),
  type('', 'services', 'Service', 'svc', withStatus),
  type('apps', 'controllerrevisions', 'ControllerRevision'),
  type('apps', 'daemonsets', 'DaemonSet', 'ds', workload),
  type('apps', 'deployments', 'Deployment', 'deploy', scaled),
  type('apps', 'replicasets', 'ReplicaSet', 'rs', scaled),
  type('apps', 'statefulsets', 'StatefulSet', 'sts', scaled),
  type('autoscaling', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'hpa', { ...withStatus, version: 'v2' }),
  type('batch', 'cronjobs', 'CronJob', 'cj', workload),
  type('batch', 'jobs', 'Job', '', workload),
  type('coordination.k8s.io', 'leases', 'Lease'),
  type('discovery.k8s.io', 'endpointslices', 'EndpointSlice', '', { counted: true }),
  type('networking.k8s.io', 'ingresses', 'Ingress', 'ing', workload),
  type('networking.k8s.io', 'networkpolicies', 'NetworkPolicy', 'netpol', { counted: true }),
  type('policy', 'poddisruptionbudgets', 'PodDisruptionBudget', 'pdb', workload),
  type(rbac, 'clusterrolebindings', 'ClusterRoleBinding', '', clusterWide),
  type(rbac, 'clusterroles', 'ClusterRole', '', clusterWide),
  type(rbac, 'rolebindings', 'RoleBinding'),
  type(rbac, 'roles', 'Role'),
  type('scheduling.k8s.io', 'priorityclasses', 'PriorityClass', 'pc', clusterWide),
  type('storage.k8s.io', 'storageclasses', 'StorageClass', 'sc', clusterWide),
];

/** What `kubectl get all` shows. */
export const everyday = new Set([
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets',
  'deployments',
  'replicasets',
  'statefulsets',
  'horizontalpodautoscalers',
  'cronjobs',
  'jobs',
]);

export function apiVersionOf({ group, version }: ResourceType): string {
  return groupVersion(group, version);
}

export function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The name as the server's messages have it: `deployments.apps`. */
export function qualifiedName({ group, resource }: ResourceType): string {
  return group === '' ? resource : `${resource}.${group}`;
}

const byKind = new Map(resourceTypes.map((each) => [each.kind, each]));

export function typeOfKind(kind: string): ResourceType {
  const found = byKind.get(kind);
  if (!found) throw new Error(`the emulator has no ${kind}`);
  return found;
}
