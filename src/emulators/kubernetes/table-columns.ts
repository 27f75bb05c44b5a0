import { type JsonMap, type KubernetesObject, listAt, mapAt, numberOr, textOr } from './kubernetes-object.ts';

export interface Column {
  readonly name: string;
  /** Only printed with `-o wide`. */
  readonly wide: boolean;
  readonly value: (object: KubernetesObject) => unknown;
}

type Value = Column['value'];

const none = '<none>';

function column(name: string, value: Value): Column {
  return { name, wide: false, value };
}

function wide(name: string, value: Value): Column {
  return { name, wide: true, value };
}

/** A figure of the spec or the status. */
function figure(name: string, part: 'spec' | 'status', field: string): Column {
  return column(name, (object) => numberOr(object[part]?.[field], 0));
}

const name = column('Name', ({ metadata }) => metadata.name);
const age = column('Age', ({ metadata }) => ageOf(Date.parse(metadata.creationTimestamp)));

function podColumns(...path: readonly string[]): Column[] {
  const each =
    (field: string): Value =>
    (object) =>
      listAt(object, ...path, 'containers')
        .map((container) => textOr(container[field]))
        .join(',');
  return [wide('Containers', each('name')), wide('Images', each('image'))];
}

const template = podColumns('spec', 'template', 'spec');
const selector = wide('Selector', ({ spec }) => labelText(mapAt(spec, 'selector', 'matchLabels')));

const columns: Readonly<Record<string, readonly Column[]>> = {
  ConfigMap: [name, column('Data', (object) => Object.keys(mapAt(object, 'data')).length), age],
  ControllerRevision: [
    name,
    column('Controller', ({ metadata: { ownerReferences = [] } }) =>
      ownerReferences.map((owner) => `${owner.kind.toLowerCase()}.apps/${owner.name}`).join(','),
    ),
    column('Revision', (object) => object['revision']),
    age,
  ],
  CronJob: [
    name,
    column('Schedule', ({ spec }) => spec?.['schedule']),
    column('Timezone', ({ spec }) => spec?.['timeZone'] ?? none),
    column('Suspend', ({ spec }) => (spec?.['suspend'] === true ? 'True' : 'False')),
    column('Active', ({ status }) => listAt(status, 'active').length),
    column('Last Schedule', ({ status }) => sinceText(status?.['lastScheduleTime'])),
    age,
    ...podColumns('spec', 'jobTemplate', 'spec', 'template', 'spec'),
    wide('Selector', () => none),
  ],
  DaemonSet: [
    name,
    figure('Desired', 'status', 'desiredNumberScheduled'),
    figure('Current', 'status', 'currentNumberScheduled'),
    figure('Ready', 'status', 'numberReady'),
    figure('Up-to-date', 'status', 'updatedNumberScheduled'),
    figure('Available', 'status', 'numberAvailable'),
    column('Node Selector', ({ spec }) => labelText(mapAt(spec, 'template', 'spec', 'nodeSelector'))),
    age,
    ...template,
    selector,
  ],
  Deployment: [
    name,
    column('Ready', readyOfWanted),
    figure('Up-to-date', 'status', 'updatedReplicas'),
    figure('Available', 'status', 'availableReplicas'),
    age,
    ...template,
    selector,
  ],
  EndpointSlice: [
    name,
    column('AddressType', (object) => object['addressType']),
    column('Ports', (object) => orUnset(listAt(object, 'ports').map(({ port }) => String(port)))),
    column('Endpoints', (object) => orUnset(listAt(object, 'endpoints').flatMap(({ addresses }) => addresses as string[]))),
    age,
  ],
  Event: [
    column('Last Seen', (object) => sinceText(object['lastTimestamp'])),
    column('Type', (object) => object['type']),
    column('Reason', (object) => object['reason']),
    column('Object', (object) => objectText(mapAt(object, 'involvedObject'))),
    column('Message', (object) => object['message']),
  ],
  HorizontalPodAutoscaler: [
    name,
    column('Reference', ({ spec }) => referenceText(mapAt(spec, 'scaleTargetRef'))),
    column('Targets', ({ spec }) => targetText(listAt(spec, 'metrics'))),
    column('MinPods', ({ spec }) => spec?.['minReplicas'] ?? '<unset>'),
    figure('MaxPods', 'spec', 'maxReplicas'),
    figure('Replicas', 'status', 'currentReplicas'),
    age,
  ],
  Job: [
    name,
    column('Status', jobState),
    column('Completions', ({ spec, status }) => `${numberOr(status?.['succeeded'], 0)}/${numberOr(spec?.['completions'], 1)}`),
    column('Duration', ({ status }) => durationText(status ?? {})),
    age,
    ...template,
    selector,
  ],
  Namespace: [name, column('Status', ({ status }) => status?.['phase']), age],
  Node: [
    name,
    column('Status', ({ spec }) => (spec?.['unschedulable'] === true ? 'Ready,SchedulingDisabled' : 'Ready')),
    column('Roles', () => none),
    age,
    column('Version', ({ status }) => mapAt(status, 'nodeInfo')['kubeletVersion'] ?? ''),
    wide(
      'Internal-IP',
      ({ status }) => listAt(status, 'addresses').find(({ type }) => type === 'InternalIP')?.['address'] ?? none,
    ),
    wide('External-IP', () => none),
  ],
  PersistentVolumeClaim: [
    name,
    column('Status', ({ status }) => status?.['phase']),
    column('Volume', ({ spec }) => spec?.['volumeName'] ?? ''),
    column('Capacity', ({ status }) => mapAt(status, 'capacity')['storage'] ?? ''),
    age,
  ],
  Pod: [
    name,
    column(
      'Ready',
      ({ spec, status }) => `${listAt(status, 'containerStatuses').filter(isReady).length}/${listAt(spec, 'containers').length}`,
    ),
    column('Status', podState),
    column('Restarts', ({ status }) =>
      Math.max(0, ...listAt(status, 'containerStatuses').map((each) => numberOr(each['restartCount'], 0))),
    ),
    age,
    wide('IP', ({ status }) => status?.['podIP'] ?? none),
    wide('Node', ({ spec }) => spec?.['nodeName'] ?? none),
    wide('Nominated Node', () => none),
    wide('Readiness Gates', () => none),
  ],
  PodDisruptionBudget: [
    name,
    column('Min Available', ({ spec }) => spec?.['minAvailable'] ?? 'N/A'),
    column('Max Unavailable', ({ spec }) => spec?.['maxUnavailable'] ?? 'N/A'),
    figure('Allowed Disruptions', 'status', 'disruptionsAllowed'),
    age,
  ],
  ReplicaSet: [
    name,
    figure('Desired', 'spec', 'replicas'),
    figure('Current', 'status', 'replicas'),
    figure('Ready', 'status', 'readyReplicas'),
    age,
    ...template,
    selector,
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
  StatefulSet: [name, column('Ready', readyOfWanted), age, ...template],
};

/** What is printed of a kind. */
export function columnsOf(kind: string): readonly Column[] {
  return columns[kind] ?? [name, age];
}

function readyOfWanted({ spec, status }: KubernetesObject): string {
  return `${numberOr(status?.['readyReplicas'], 0)}/${numberOr(spec?.['replicas'], 0)}`;
}

function isReady(container: JsonMap): boolean {
  return container['ready'] === true;
}

function podState({ metadata, status }: KubernetesObject): unknown {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const states = listAt(status, 'containerStatuses').map((each) => mapAt(each, 'state'));
  const reasons = states.flatMap((state) => [mapAt(state, 'waiting')['reason'], mapAt(state, 'terminated')['reason']]);
  return reasons.find((reason) => reason !== undefined) ?? status?.['phase'] ?? 'Unknown';
}

function jobState({ spec, status }: KubernetesObject): string {
  const ends = listAt(status, 'conditions').filter((condition) => condition['status'] === 'True');
  const end = ends.find(({ type }) => type === 'Complete' || type === 'Failed');
  if (end) return textOr(end['type']);
  return spec?.['suspend'] === true ? 'Suspended' : 'Running';
}

function durationText({ startTime, completionTime }: JsonMap): string {
  if (typeof startTime !== 'string') return '';
  const end = typeof completionTime === 'string' ? Date.parse(completionTime) : Date.now();
  return spanText(end - Date.parse(startTime));
}

function portText({ port, nodePort, protocol }: JsonMap): string {
  return `${String(port)}${numberOr(nodePort, 0) > 0 ? `:${String(nodePort)}` : ''}/${textOr(protocol, 'TCP')}`;
}

function targetText(metrics: readonly JsonMap[]): string {
  const texts = metrics.map((metric) => {
    const { name: resource, target } = mapAt(metric, 'resource');
    return `${textOr(resource)}: <unknown>/${numberOr(mapAt({ target }, 'target')['averageUtilization'], 0)}%`;
  });
  return texts.join(', ') || none;
}

function referenceText({ kind, name: target }: JsonMap): string {
  return `${textOr(kind)}/${textOr(target)}`;
}

function objectText({ kind, name: target }: JsonMap): string {
  return `${textOr(kind).toLowerCase()}/${textOr(target)}`;
}

function orUnset(texts: readonly string[]): string {
  return texts.length === 0 ? '<unset>' : texts.join(',');
}

function labelText(labels: JsonMap): string {
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${String(value)}`);
  return texts.toSorted().join(',') || none;
}

function sinceText(time: unknown): string {
  return typeof time === 'string' ? ageOf(Date.parse(time)) : none;
}

function ageOf(createdMs: number): string {
  return spanText(Date.now() - createdMs);
}

function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}
