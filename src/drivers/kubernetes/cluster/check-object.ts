import { isJsonObject } from '../../../framework/json.ts';
import type { KubernetesKind } from './kubernetes-clusters.ts';

/** What a field may hold: one type, a map of texts, a list of shapes, or an object with these fields among others. */
type Shape = 'text' | 'number' | 'truth' | 'scalar' | 'texts' | readonly [Shape] | { readonly [field: string]: Shape };

const metadata: Shape = {
  name: 'text',
  namespace: 'text',
  uid: 'text',
  resourceVersion: 'text',
  generation: 'number',
  deletionTimestamp: 'text',
  labels: 'texts',
  annotations: 'texts',
  ownerReferences: [{ kind: 'text', name: 'text', uid: 'text', controller: 'truth' }],
};

const containers: Shape = [{ name: 'text', image: 'text', imagePullPolicy: 'text' }];
const podSpec: Shape = { containers, initContainers: containers };
const template: Shape = { metadata, spec: podSpec };
const selector: Shape = { matchLabels: 'texts', matchExpressions: [{ key: 'text', operator: 'text', values: ['text'] }] };
const conditions: Shape = [
  { type: 'text', status: 'text', reason: 'text', message: 'text', lastUpdateTime: 'text', lastTransitionTime: 'text' },
];
const strategy: Shape = {
  type: 'text',
  rollingUpdate: { maxSurge: 'scalar', maxUnavailable: 'scalar', partition: 'number' },
};
const containerStatuses: Shape = [
  {
    name: 'text',
    ready: 'truth',
    restartCount: 'number',
    state: { waiting: { reason: 'text', message: 'text' }, terminated: { reason: 'text', exitCode: 'number' } },
  },
];

const workload: Shape = {
  metadata,
  spec: {
    replicas: 'number',
    paused: 'truth',
    suspend: 'truth',
    podManagementPolicy: 'text',
    progressDeadlineSeconds: 'number',
    selector,
    strategy,
    updateStrategy: strategy,
    template,
    jobTemplate: { spec: { template } },
  },
  status: {
    observedGeneration: 'number',
    conditions,
    replicas: 'number',
    updatedReplicas: 'number',
    readyReplicas: 'number',
    availableReplicas: 'number',
    unavailableReplicas: 'number',
    updateRevision: 'text',
    currentNumberScheduled: 'number',
    desiredNumberScheduled: 'number',
    updatedNumberScheduled: 'number',
    numberReady: 'number',
    numberAvailable: 'number',
    numberUnavailable: 'number',
  },
};

const shapes: Readonly<Record<KubernetesKind, Shape>> = {
  deployment: workload,
  statefulSet: workload,
  daemonSet: workload,
  // Of a CronJob's status nothing is read.
  cronJob: { ...workload, status: {} },
  replicaSet: { metadata },
  pod: {
    metadata,
    spec: podSpec,
    status: { phase: 'text', conditions, containerStatuses, initContainerStatuses: containerStatuses },
  },
  service: { metadata, spec: { type: 'text', selector: 'texts' } },
  horizontalPodAutoscaler: { metadata, spec: { scaleTargetRef: { kind: 'text', name: 'text' } } },
  podDisruptionBudget: { metadata, spec: { selector } },
};

/**
 * Whether what a server gave out as an object of a kind can be read as one: whoever runs the server of one project is not to
 * bring down what serves all of them. A null counts as absent, as in Kubernetes, and is taken out.
 * @returns what is wrong, such as `spec.template is no object`; undefined for nothing.
 */
export function faultOf(kind: KubernetesKind, object: unknown): string | undefined {
  return check(shapes[kind], object, '');
}

const types = { text: 'string', number: 'number', truth: 'boolean' } as const;

function check(shape: Shape, value: unknown, path: string): string | undefined {
  const where = path === '' ? 'it' : path;
  if (typeof shape === 'string') {
    if (shape === 'texts') return checkTexts(value, where);
    if (shape === 'scalar') return typeof value === 'string' || typeof value === 'number' ? undefined : `${where} is no number`;
    return typeof value === types[shape] ? undefined : `${where} is no ${shape}`;
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return `${where} is no list`;
    return firstFault(value.entries(), ([index, entry]) => check(shape[0], entry, `${path}[${index}]`));
  }
  if (!isJsonObject(value)) return `${where} is no object`;
  return firstFault(Object.entries(shape), ([name, wanted]) => {
    const entry = Object.hasOwn(value, name) ? value[name] : undefined;
    if (entry === null) delete value[name];
    return entry === undefined || entry === null ? undefined : check(wanted, entry, path === '' ? name : `${path}.${name}`);
  });
}

function checkTexts(value: unknown, where: string): string | undefined {
  if (!isJsonObject(value)) return `${where} is no object`;
  return Object.values(value).every((entry) => typeof entry === 'string') ? undefined : `${where} has an entry that is no text`;
}

function firstFault<T>(entries: Iterable<T>, faultIn: (entry: T) => string | undefined): string | undefined {
  for (const entry of entries) {
    const fault = faultIn(entry);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
