import { age, type Column, column, figure, labelText, name, none, podColumns, selectorText, wide } from './column.ts';
import { humanDuration, sinceText } from './human-duration.ts';
import { isSidecar } from '../kubelet/pod-status.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, numberOr, textOr } from '../objects/kubernetes-object.ts';

const template = podColumns('spec', 'template', 'spec');
const selector = wide('Selector', ({ spec }) => selectorText(mapAt(spec, 'selector')));

/** What is shown of all that keeps a number of pods. */
const replicated: readonly Column[] = [
  name,
  figure('Desired', 'spec', 'replicas'),
  figure('Current', 'status', 'replicas'),
  figure('Ready', 'status', 'readyReplicas'),
  age,
  ...template,
];

/** What is printed of workloads, their pods, and what is bound to them. */
export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
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
    column('Last Schedule', ({ status }) => lastScheduleText(status?.['lastScheduleTime'])),
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
  Pod: [
    name,
    column('Ready', ({ spec, status }) => {
      const sidecars = listAt(spec, 'initContainers').filter(isSidecar);
      const isOfSidecar = ({ name }: JsonMap): boolean => sidecars.some((each) => each['name'] === name);
      const statuses = [...listAt(status, 'containerStatuses'), ...listAt(status, 'initContainerStatuses').filter(isOfSidecar)];
      return `${statuses.filter(isReady).length}/${listAt(spec, 'containers').length + sidecars.length}`;
    }),
    column('Status', podState),
    column('Restarts', restartText),
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
  ReplicaSet: [...replicated, selector],
  ReplicationController: [...replicated, wide('Selector', ({ spec }) => labelText(mapAt(spec, 'selector')))],
  /** The subresource of all that has replicas. */
  Scale: [name, figure('Desired', 'spec', 'replicas'), figure('Available', 'status', 'replicas'), age],
  StatefulSet: [name, column('Ready', readyOfWanted), age, ...template],
};

function readyOfWanted({ spec, status }: KubernetesObject): string {
  return `${numberOr(status?.['readyReplicas'], 0)}/${numberOr(spec?.['replicas'], 0)}`;
}

function isReady(container: JsonMap): boolean {
  return container['ready'] === true;
}

function podState({ metadata, status }: KubernetesObject): unknown {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const initial = listAt(status, 'initContainerStatuses');
  const at = initial.findIndex((each) => !isReady(each));
  if (at !== -1) return `Init:${whyInitial(mapAt(initial[at], 'state')) ?? `${at}/${initial.length}`}`;
  const states = listAt(status, 'containerStatuses').map((each) => mapAt(each, 'state'));
  const reasons = states.flatMap((state) => [mapAt(state, 'waiting')['reason'], mapAt(state, 'terminated')['reason']]);
  return reasons.find((reason) => reason !== undefined) ?? status?.['phase'] ?? 'Unknown';
}

/** Why an init container has not done its part; undefined if it is at it, or yet to begin. */
function whyInitial(state: JsonMap): string | undefined {
  const reason = textOr(mapAt(state, 'waiting')['reason'] ?? mapAt(state, 'terminated')['reason']);
  return reason === '' || reason === 'PodInitializing' ? undefined : reason;
}

/** With the time of the last one, where it is known. */
function restartText({ status }: KubernetesObject): string {
  const initial = listAt(status, 'initContainerStatuses');
  const containers = initial.every(isReady) ? listAt(status, 'containerStatuses') : initial;
  const restarts = containers.reduce((total, { restartCount }) => total + numberOr(restartCount, 0), 0);
  const ends = containers.map((each) => textOr(mapAt(each, 'lastState', 'terminated')['finishedAt']));
  const last = ends.toSorted().at(-1) ?? '';
  return restarts === 0 || last === '' ? String(restarts) : `${restarts} (${sinceText(last)} ago)`;
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
  return humanDuration(end - Date.parse(startTime));
}

function lastScheduleText(time: unknown): string {
  return time === undefined ? none : sinceText(time);
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
