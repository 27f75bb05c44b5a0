import { accessColumns } from './access-columns.ts';
import { age, type Column, column, createdAt, labelText, name, none, selectorText, wide } from './column.ts';
import { eventColumns } from './event-columns.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';
import { workloadColumns } from './workload-columns.ts';

const columns: Readonly<Record<string, readonly Column[]>> = {
  ...workloadColumns,
  ...accessColumns,
  Event: eventColumns,
  ConfigMap: [name, column('Data', (object) => Object.keys(mapAt(object, 'data')).length), age],
  Endpoints: [name, column('Endpoints', (object) => endpointText(listAt(object, 'subsets'))), age],
  EndpointSlice: [
    name,
    column('AddressType', (object) => object['addressType']),
    column('Ports', (object) => orUnset(listAt(object, 'ports').map(({ port }) => String(port)))),
    column('Endpoints', (object) => orUnset(listAt(object, 'endpoints').flatMap(({ addresses }) => addresses as string[]))),
    age,
  ],
  Ingress: [
    name,
    column('Class', ({ spec }) => spec?.['ingressClassName'] ?? none),
    column('Hosts', ({ spec }) => hostText(listAt(spec, 'rules'))),
    column('Address', ({ status }) => ingressAddresses(status)),
    column('Ports', ({ spec }) => (listAt(spec, 'tls').length > 0 ? '80, 443' : '80')),
    age,
  ],
  Lease: [name, column('Holder', ({ spec }) => spec?.['holderIdentity'] ?? ''), age],
  LimitRange: [name, createdAt],
  Namespace: [name, column('Status', ({ status }) => status?.['phase']), age],
  NetworkPolicy: [name, column('Pod-Selector', ({ spec }) => selectorText(mapAt(spec, 'podSelector'))), age],
  Node: [
    name,
    column('Status', nodeState),
    column('Roles', rolesText),
    age,
    column('Version', ({ status }) => mapAt(status, 'nodeInfo')['kubeletVersion'] ?? ''),
    wide('Internal-IP', ({ status }) => addressOf(status, 'InternalIP')),
    wide('External-IP', ({ status }) => addressOf(status, 'ExternalIP')),
    wide('OS-Image', ({ status }) => mapAt(status, 'nodeInfo')['osImage'] ?? '<unknown>'),
    wide('Kernel-Version', ({ status }) => mapAt(status, 'nodeInfo')['kernelVersion'] ?? '<unknown>'),
    wide('Container-Runtime', ({ status }) => mapAt(status, 'nodeInfo')['containerRuntimeVersion'] ?? '<unknown>'),
  ],
  PersistentVolume: [
    name,
    column('Capacity', ({ spec }) => mapAt(spec, 'capacity')['storage'] ?? ''),
    column('Access Modes', ({ spec }) => accessModes(spec?.['accessModes'])),
    column('Reclaim Policy', ({ spec }) => spec?.['persistentVolumeReclaimPolicy'] ?? ''),
    column('Status', ({ status }) => status?.['phase'] ?? ''),
    column('Claim', ({ spec }) => claimText(mapAt(spec, 'claimRef'))),
    column('StorageClass', ({ spec }) => spec?.['storageClassName'] ?? ''),
    column('VolumeAttributesClass', ({ spec }) => spec?.['volumeAttributesClassName'] ?? '<unset>'),
    column('Reason', ({ status }) => status?.['reason'] ?? ''),
    age,
    wide('VolumeMode', ({ spec }) => spec?.['volumeMode'] ?? 'Filesystem'),
  ],
  PersistentVolumeClaim: [
    name,
    column('Status', ({ status }) => status?.['phase']),
    column('Volume', ({ spec }) => spec?.['volumeName'] ?? ''),
    column('Capacity', ({ status }) => mapAt(status, 'capacity')['storage'] ?? ''),
    column('Access Modes', ({ status }) => accessModes(status?.['accessModes'])),
    column('StorageClass', ({ spec }) => spec?.['storageClassName'] ?? ''),
    column('VolumeAttributesClass', ({ spec }) => spec?.['volumeAttributesClassName'] ?? '<unset>'),
    age,
    wide('VolumeMode', ({ spec }) => spec?.['volumeMode'] ?? 'Filesystem'),
  ],
  PriorityClass: [
    name,
    column('Value', (object) => object['value']),
    column('Global-Default', (object) => object['globalDefault'] === true),
    age,
    column('PreemptionPolicy', (object) => object['preemptionPolicy'] ?? 'PreemptLowerPriority'),
  ],
  Secret: [
    name,
    column('Type', (object) => object['type']),
    column('Data', (object) => Object.keys(mapAt(object, 'data')).length),
    age,
  ],
  Service: [
    name,
    column('Type', ({ spec }) => spec?.['type']),
    column('Cluster-IP', ({ spec }) => spec?.['clusterIP'] ?? none),
    column('External-IP', ({ spec }) => spec?.['externalName'] ?? (spec?.['type'] === 'LoadBalancer' ? '<pending>' : none)),
    column('Port(s)', ({ spec }) => listAt(spec, 'ports').map(portText).join(',') || none),
    age,
    wide('Selector', ({ spec }) => labelText(mapAt(spec, 'selector'))),
  ],
  ServiceAccount: [name, column('Secrets', (object) => listAt(object, 'secrets').length), age],
  StorageClass: [
    name,
    column('Provisioner', (object) => object['provisioner']),
    column('ReclaimPolicy', (object) => object['reclaimPolicy'] ?? 'Delete'),
    column('VolumeBindingMode', (object) => object['volumeBindingMode'] ?? 'Immediate'),
    column('AllowVolumeExpansion', (object) => object['allowVolumeExpansion'] === true),
    age,
  ],
};

/** What is printed of a kind. */
export function columnsOf(kind: string): readonly Column[] {
  return columns[kind] ?? [name, age];
}

function portText({ port, nodePort, protocol }: JsonMap): string {
  return `${String(port)}${numberOr(nodePort, 0) > 0 ? `:${String(nodePort)}` : ''}/${textOr(protocol, 'TCP')}`;
}

function nodeState({ spec, status }: KubernetesObject): string {
  const ready = listAt(status, 'conditions').find(({ type }) => type === 'Ready')?.['status'];
  const state = ready === 'True' ? 'Ready' : ready === undefined ? 'Unknown' : 'NotReady';
  return spec?.['unschedulable'] === true ? `${state},SchedulingDisabled` : state;
}

function rolesText({ metadata }: KubernetesObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return (
    roles
      .map((label) => label.slice(prefix.length))
      .toSorted()
      .join(',') || none
  );
}

function addressOf(status: JsonMap | undefined, wanted: string): unknown {
  return listAt(status, 'addresses').find(({ type }) => type === wanted)?.['address'] ?? none;
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(modes: unknown): string {
  return Array.isArray(modes) ? modes.map((mode) => shortModes[String(mode)] ?? String(mode)).join(',') : '';
}

function claimText({ namespace, name: claim }: JsonMap): string {
  return claim === undefined ? '' : `${textOr(namespace)}/${textOr(claim)}`;
}

function hostText(rules: readonly JsonMap[]): string {
  const hosts = [...new Set(rules.map(({ host }) => textOr(host)).filter((host) => host !== ''))];
  const shown = hosts.slice(0, 3).join(',') || '*';
  return hosts.length > 3 ? `${shown} + ${hosts.length - 3} more...` : shown;
}

function ingressAddresses(status: JsonMap | undefined): string {
  return listAt(status, 'loadBalancer', 'ingress')
    .map(({ ip, hostname }) => textOr(ip, textOr(hostname)))
    .join(',');
}

/** At most three, as kubectl has it. */
function endpointText(subsets: readonly JsonMap[]): string {
  const all = subsets.flatMap((subset) =>
    listAt(subset, 'addresses').flatMap(({ ip }) => listAt(subset, 'ports').map(({ port }) => `${textOr(ip)}:${String(port)}`)),
  );
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',') || none;
}

function orUnset(texts: readonly string[]): string {
  return texts.length === 0 ? '<unset>' : texts.join(',');
}
