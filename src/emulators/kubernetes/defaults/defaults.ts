import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';
import { admitPod } from './admit-pod.ts';
import { podSpec, podTemplate } from './pod-defaults.ts';

/** Fills in what the API server fills in. */
export function withDefaults(object: KubernetesObject): KubernetesObject {
  return byKind[object.kind]?.(object, object.spec ?? {}) ?? object;
}

const byKind: Readonly<Record<string, (object: KubernetesObject, spec: JsonMap) => KubernetesObject>> = {
  Deployment: (object, spec) => ({ ...object, spec: deploymentSpec(spec) }),
  ReplicaSet: (object, spec) => ({ ...object, spec: { replicas: 1, ...spec, template: podTemplate(mapAt(spec, 'template')) } }),
  StatefulSet: (object, spec) => ({ ...object, spec: statefulSetSpec(spec) }),
  DaemonSet: (object, spec) => ({ ...object, spec: daemonSetSpec(spec) }),
  Job: job,
  CronJob: (object, spec) => ({ ...object, spec: cronJobSpec(spec) }),
  Pod: (object, spec) => ({ ...object, spec: { enableServiceLinks: true, ...admitPod(podSpec(spec)) } }),
  Service: (object, spec) => ({ ...object, spec: serviceSpec(spec) }),
  HorizontalPodAutoscaler: (object, spec) => ({ ...object, spec: { minReplicas: 1, metrics: [cpuTarget], ...spec } }),
  Namespace: (object) => ({
    status: { phase: 'Active' },
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
    },
    spec: { finalizers: ['kubernetes'] },
  }),
  Secret: secret,
};

const cpuTarget = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } };

function deploymentSpec(spec: JsonMap): JsonMap {
  return {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
    strategy: rolling(mapAt(spec, 'strategy'), { maxSurge: '25%', maxUnavailable: '25%' }),
    template: podTemplate(mapAt(spec, 'template')),
  };
}

function statefulSetSpec(spec: JsonMap): JsonMap {
  const claims = listAt(spec, 'volumeClaimTemplates');
  return {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: rolling(mapAt(spec, 'updateStrategy'), { partition: 0 }),
    persistentVolumeClaimRetentionPolicy: {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
      ...mapAt(spec, 'persistentVolumeClaimRetentionPolicy'),
    },
    ...(claims.length > 0 && { volumeClaimTemplates: claims.map(volumeClaim) }),
    template: podTemplate(mapAt(spec, 'template')),
  };
}

function volumeClaim(claim: JsonMap): JsonMap {
  const spec = { volumeMode: 'Filesystem', ...mapAt(claim, 'spec') };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...claim, spec, status: { phase: 'Pending' } };
}

function daemonSetSpec(spec: JsonMap): JsonMap {
  return {
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: rolling(mapAt(spec, 'updateStrategy'), { maxUnavailable: 1, maxSurge: 0 }),
    template: podTemplate(mapAt(spec, 'template')),
  };
}

/** An update strategy of a type other than RollingUpdate has nothing to fill in. */
function rolling(given: JsonMap, limits: JsonMap): JsonMap {
  if (given['type'] !== undefined && given['type'] !== 'RollingUpdate') return given;
  return { type: 'RollingUpdate', rollingUpdate: { ...limits, ...mapAt(given, 'rollingUpdate') } };
}

/** A Job selects its pods by its own uid. */
function job(object: KubernetesObject, spec: JsonMap): KubernetesObject {
  const { name, uid } = object.metadata;
  const isManual = spec['manualSelector'] === true;
  const labels = isManual
    ? {}
    : {
        'batch.kubernetes.io/controller-uid': uid,
        'batch.kubernetes.io/job-name': name,
        'controller-uid': uid,
        'job-name': name,
      };
  const template = podTemplate(mapAt(spec, 'template'));
  const metadata = mapAt(template, 'metadata');
  const own = { ...template, metadata: { ...metadata, labels: { ...mapAt(metadata, 'labels'), ...labels } } };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...(mapAt(own, 'metadata', 'labels') as Record<string, string>), ...object.metadata.labels },
    },
    spec: {
      parallelism: 1,
      ...(spec['parallelism'] === undefined && { completions: 1 }),
      backoffLimit: 6,
      manualSelector: false,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      ...(!isManual && { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } } }),
      ...spec,
      template: own,
    },
  };
}

function cronJobSpec(spec: JsonMap): JsonMap {
  const jobTemplate = mapAt(spec, 'jobTemplate');
  const jobSpec = mapAt(jobTemplate, 'spec');
  return {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    ...spec,
    jobTemplate: {
      metadata: {},
      ...jobTemplate,
      spec: { ...jobSpec, template: podTemplate(mapAt(jobSpec, 'template')) },
    },
  };
}

function serviceSpec(spec: JsonMap): JsonMap {
  const ports = listAt(spec, 'ports').map((port) => ({ protocol: 'TCP', targetPort: port['port'], ...port }));
  const type = textOr(spec['type'], 'ClusterIP');
  const common = { type, sessionAffinity: 'None', ...spec, ...(ports.length > 0 && { ports }) };
  if (type === 'ExternalName') return common;
  const families = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', internalTrafficPolicy: 'Cluster' };
  const published = type === 'ClusterIP' ? {} : { externalTrafficPolicy: 'Cluster' };
  return { ...families, ...published, ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: true }), ...common };
}

/** Plain texts are kept as base64, as the rest is. */
function secret(object: KubernetesObject): KubernetesObject {
  const { stringData, ...kept } = object;
  const encoded = Object.entries(mapAt({ stringData }, 'stringData')).map(([name, value]) => [
    name,
    Buffer.from(textOr(value)).toString('base64'),
  ]);
  const data: JsonMap = { ...mapAt(object, 'data'), ...Object.fromEntries(encoded) };
  return { type: 'Opaque', ...kept, ...(Object.keys(data).length > 0 && { data }) };
}
