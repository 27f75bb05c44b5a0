import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from './kubernetes-object.ts';

/** Fills in what the API server fills in. */
export function withDefaults(object: KubernetesObject): KubernetesObject {
  const spec = object.spec;
  if (object.kind === 'Deployment') return { ...object, spec: deploymentSpec(spec ?? {}) };
  if (object.kind === 'ReplicaSet')
    return { ...object, spec: { replicas: 1, ...spec, template: podTemplate(mapAt(spec, 'template')) } };
  if (object.kind === 'StatefulSet' || object.kind === 'DaemonSet')
    return {
      ...object,
      spec: {
        ...(object.kind === 'StatefulSet' && { replicas: 1 }),
        revisionHistoryLimit: 10,
        ...spec,
        template: podTemplate(mapAt(spec, 'template')),
      },
    };
  if (object.kind === 'Pod') return { ...object, spec: podSpec(spec ?? {}) };
  if (object.kind === 'Service') return { ...object, spec: { type: 'ClusterIP', sessionAffinity: 'None', ...spec } };
  if (object.kind === 'Namespace') return { status: { phase: 'Active' }, ...object, spec: { finalizers: ['kubernetes'] } };
  return object;
}

function deploymentSpec(spec: JsonMap): JsonMap {
  return {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
    strategy: strategy(mapAt(spec, 'strategy')),
    template: podTemplate(mapAt(spec, 'template')),
  };
}

function strategy(given: JsonMap): JsonMap {
  if (given['type'] !== undefined && given['type'] !== 'RollingUpdate') return given;
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%', ...mapAt(given, 'rollingUpdate') } };
}

/** Old clients, kubectl's undo among them, write `creationTimestamp: null`, which would make another template of the same. */
function podTemplate(template: JsonMap): JsonMap {
  const { creationTimestamp, ...metadata } = mapAt(template, 'metadata');
  return {
    ...template,
    metadata: creationTimestamp === null || creationTimestamp === undefined ? metadata : { ...metadata, creationTimestamp },
    spec: podSpec(mapAt(template, 'spec')),
  };
}

function podSpec(spec: JsonMap): JsonMap {
  const initContainers = listAt(spec, 'initContainers');
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    ...(initContainers.length > 0 && { initContainers: initContainers.map(container) }),
    containers: listAt(spec, 'containers').map(container),
  };
}

function container(given: JsonMap): JsonMap {
  const image = textOr(given['image']);
  const ports = listAt(given, 'ports');
  const latest = !image.includes('@') && (image.endsWith(':latest') || !/:[^/]+$/.test(image));
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    ...given,
    ...(ports.length > 0 && { ports: ports.map((port) => ({ protocol: 'TCP', ...port })) }),
  };
}
