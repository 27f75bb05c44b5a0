import { type JsonMap, listAt, mapAt, textOr } from './kubernetes-object.ts';

/** Old clients, kubectl's undo among them, write `creationTimestamp: null`, which would make another template of the same. */
export function podTemplate(template: JsonMap): JsonMap {
  const { creationTimestamp, ...metadata } = mapAt(template, 'metadata');
  return {
    ...template,
    metadata: creationTimestamp === null || creationTimestamp === undefined ? metadata : { ...metadata, creationTimestamp },
    spec: podSpec(mapAt(template, 'spec')),
  };
}

/** What the API server fills in of a pod's spec. */
export function podSpec(spec: JsonMap): JsonMap {
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
    ...probes(given),
  };
}

function probes(container: JsonMap): JsonMap {
  const names = ['livenessProbe', 'readinessProbe', 'startupProbe'].filter((name) => container[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, { ...probe, ...mapAt(container, name) }]));
}

const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
