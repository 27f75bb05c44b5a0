import { type KubernetesObject, listAt, mapAt, numberOr } from './kubernetes-object.ts';
import { revisionAnnotation } from './replica-set-template.ts';

type Column = readonly [name: string, value: (object: KubernetesObject) => unknown];

const age: Column = ['Age', ({ metadata }) => ageOf(Date.parse(metadata.creationTimestamp))];
const name: Column = ['Name', ({ metadata }) => metadata.name];

const columns: Readonly<Record<string, readonly Column[]>> = {
  Deployment: [
    name,
    ['Ready', ({ spec, status }) => `${numberOr(status?.['readyReplicas'], 0)}/${numberOr(spec?.['replicas'], 0)}`],
    ['Up-to-date', ({ status }) => numberOr(status?.['updatedReplicas'], 0)],
    ['Available', ({ status }) => numberOr(status?.['availableReplicas'], 0)],
    age,
    [
      'Containers',
      ({ spec }) =>
        listAt(spec, 'template', 'spec', 'containers')
          .map((each) => each['name'])
          .join(','),
    ],
    [
      'Images',
      ({ spec }) =>
        listAt(spec, 'template', 'spec', 'containers')
          .map((each) => each['image'])
          .join(','),
    ],
  ],
  ReplicaSet: [
    name,
    ['Desired', ({ spec }) => numberOr(spec?.['replicas'], 0)],
    ['Current', ({ status }) => numberOr(status?.['replicas'], 0)],
    ['Ready', ({ status }) => numberOr(status?.['readyReplicas'], 0)],
    age,
    ['Revision', ({ metadata }) => metadata.annotations?.[revisionAnnotation] ?? ''],
  ],
  Pod: [
    name,
    [
      'Ready',
      ({ status }) =>
        `${listAt(status, 'containerStatuses').filter((each) => each['ready'] === true).length}/${listAt(status, 'containerStatuses').length}`,
    ],
    ['Status', podStatus],
    [
      'Restarts',
      ({ status }) => Math.max(0, ...listAt(status, 'containerStatuses').map((each) => numberOr(each['restartCount'], 0))),
    ],
    age,
  ],
};

/** The columns that `kubectl get` prints. */
export function toTable(kind: string, objects: readonly KubernetesObject[], resourceVersion: string): Record<string, unknown> {
  const shown = columns[kind] ?? [name, age];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: shown.map(([column], index) => ({
      name: column,
      type: 'string',
      format: index === 0 ? 'name' : '',
      description: column,
      priority: index > 4 ? 1 : 0,
    })),
    rows: objects.map((object) => ({ cells: shown.map(([, value]) => value(object)), object: partial(object) })),
  };
}

function partial({ metadata }: KubernetesObject): Record<string, unknown> {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function podStatus({ metadata, status }: KubernetesObject): unknown {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = listAt(status, 'containerStatuses')
    .map((each) => mapAt(each, 'state', 'waiting')['reason'])
    .find((reason) => reason !== undefined);
  return waiting ?? status?.['phase'] ?? 'Unknown';
}

function ageOf(createdMs: number): string {
  const seconds = Math.max(0, Math.round((Date.now() - createdMs) / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}
