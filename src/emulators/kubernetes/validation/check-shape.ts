import { isMap } from '../objects/kubernetes-object.ts';
import { StatusError } from '../http/status-error.ts';

type Shape = 'string' | 'number' | 'boolean' | 'texts' | 'amount' | { readonly [field: string]: Shape } | readonly [Shape];

const container: Shape = {
  name: 'string',
  image: 'string',
  imagePullPolicy: 'string',
  env: [{ name: 'string', value: 'string' }],
  ports: [{ name: 'string', containerPort: 'number', protocol: 'string' }],
  volumeMounts: [{ name: 'string', mountPath: 'string' }],
  command: ['string'],
  args: ['string'],
};

const podSpec: Shape = {
  containers: [container],
  initContainers: [container],
  volumes: [{ name: 'string' }],
  nodeName: 'string',
  nodeSelector: 'texts',
  restartPolicy: 'string',
  terminationGracePeriodSeconds: 'number',
};

const owner: Shape = { apiVersion: 'string', kind: 'string', name: 'string', uid: 'string', controller: 'boolean' };

const metadata: Shape = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  uid: 'string',
  resourceVersion: 'string',
  labels: 'texts',
  annotations: 'texts',
  finalizers: ['string'],
  ownerReferences: [owner],
  managedFields: [{ manager: 'string', operation: 'string', apiVersion: 'string', time: 'string', fieldsV1: {} }],
};

const selector: Shape = { matchLabels: 'texts', matchExpressions: [{ key: 'string', operator: 'string', values: ['string'] }] };
const template: Shape = { metadata: { labels: 'texts', annotations: 'texts' }, spec: podSpec };
const rollingUpdate: Shape = { maxSurge: 'amount', maxUnavailable: 'amount', partition: 'number' };

const workloadSpec: Shape = {
  replicas: 'number',
  paused: 'boolean',
  minReadySeconds: 'number',
  progressDeadlineSeconds: 'number',
  revisionHistoryLimit: 'number',
  selector,
  serviceName: 'string',
  podManagementPolicy: 'string',
  strategy: { type: 'string', rollingUpdate },
  updateStrategy: { type: 'string', rollingUpdate },
  template,
  volumeClaimTemplates: [{ metadata: { name: 'string' }, spec: {} }],
};

const jobSpec: Shape = {
  parallelism: 'number',
  completions: 'number',
  backoffLimit: 'number',
  ttlSecondsAfterFinished: 'number',
  suspend: 'boolean',
  manualSelector: 'boolean',
  selector,
  template,
};

const specs: Readonly<Record<string, Shape>> = {
  Pod: podSpec,
  Deployment: workloadSpec,
  ReplicaSet: workloadSpec,
  StatefulSet: workloadSpec,
  DaemonSet: workloadSpec,
  Job: jobSpec,
  CronJob: {
    schedule: 'string',
    suspend: 'boolean',
    concurrencyPolicy: 'string',
    successfulJobsHistoryLimit: 'number',
    failedJobsHistoryLimit: 'number',
    jobTemplate: { metadata: { labels: 'texts', annotations: 'texts' }, spec: jobSpec },
  },
  Service: {
    type: 'string',
    clusterIP: 'string',
    clusterIPs: ['string'],
    externalName: 'string',
    selector: 'texts',
    ports: [{ name: 'string', protocol: 'string', port: 'number', targetPort: 'amount', nodePort: 'number' }],
  },
  HorizontalPodAutoscaler: {
    minReplicas: 'number',
    maxReplicas: 'number',
    scaleTargetRef: { apiVersion: 'string', kind: 'string', name: 'string' },
    metrics: [{ type: 'string' }],
  },
  PodDisruptionBudget: { minAvailable: 'amount', maxUnavailable: 'amount', selector },
};

/** Fields beside the spec. */
const others: Readonly<Record<string, { readonly [field: string]: Shape }>> = {
  ConfigMap: { data: 'texts', binaryData: 'texts' },
  Secret: { data: 'texts', stringData: 'texts', type: 'string' },
};

/**
 * Checks the types of the fields that the emulator works with, so that nothing behind it meets a text where a list should be.
 * @throws StatusError 400 for the first that is wrong, in the words of the API server's decoder.
 */
export function checkShape(kind: string, version: string, object: unknown): void {
  const shape: Shape = { apiVersion: 'string', kind: 'string', metadata, spec: specs[kind] ?? {}, status: {}, ...others[kind] };
  const wrong = mismatch(shape, object, kind, '');
  if (wrong !== undefined)
    throw new StatusError(400, `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: json: ${wrong}`);
}

/** A missing field and null fit everything. */
function mismatch(shape: Shape, value: unknown, kind: string, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof shape === 'string') {
    if (shape === 'texts')
      return isMap(value)
        ? anyMismatch(Object.values(value), 'string', kind, path)
        : refusal(value, kind, path, 'map[string]string');
    if (shape === 'amount')
      return typeof value === 'number' || typeof value === 'string'
        ? undefined
        : refusal(value, kind, path, 'intstr.IntOrString');
    const fits = shape === 'number' ? Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31 : typeof value === shape;
    return fits ? undefined : refusal(value, kind, path, { string: 'string', number: 'int32', boolean: 'bool' }[shape]);
  }
  if (isList(shape))
    return Array.isArray(value) ? anyMismatch(value, shape[0], kind, path) : refusal(value, kind, path, 'a list');
  if (!isMap(value)) return refusal(value, kind, path, 'an object');
  for (const [field, below] of Object.entries(shape)) {
    const found = mismatch(below, value[field], kind, path === '' ? field : `${path}.${field}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function anyMismatch(values: readonly unknown[], shape: Shape, kind: string, path: string): string | undefined {
  for (const value of values) {
    const found =
      value === null && typeof shape === 'object' ? refusal('null', kind, path, 'an object') : mismatch(shape, value, kind, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function refusal(value: unknown, kind: string, path: string, wanted: string): string {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `cannot unmarshal ${found} into Go struct field ${kind}.${path} of type ${wanted}`;
}
