import { isMap, type JsonMap, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';

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
  const volumes = listAt(spec, 'volumes');
  // The same account under its old name and its new one.
  const account = textOr(spec['serviceAccountName'], textOr(spec['serviceAccount']));
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    ...(account !== '' && { serviceAccountName: account, serviceAccount: account }),
    ...(initContainers.length > 0 && { initContainers: initContainers.map(container) }),
    ...(volumes.length > 0 && { volumes: volumes.map(volume) }),
    containers: listAt(spec, 'containers').map(container),
  };
}

function container(given: JsonMap): JsonMap {
  const image = textOr(given['image']);
  const [ports, env] = [listAt(given, 'ports'), listAt(given, 'env')];
  const latest = !image.includes('@') && (image.endsWith(':latest') || !/:[^/]+$/.test(image));
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    ...given,
    ...(ports.length > 0 && { ports: ports.map((port) => ({ protocol: 'TCP', ...port })) }),
    ...(env.length > 0 && { env: env.map(variable) }),
    ...probes(given),
  };
}

/** A field of the pod is read in a version of the API. */
function variable(given: JsonMap): JsonMap {
  const from = mapAt(given, 'valueFrom');
  if (!isMap(from['fieldRef'])) return given;
  return { ...given, valueFrom: { ...from, fieldRef: { apiVersion: 'v1', ...from['fieldRef'] } } };
}

function probes(container: JsonMap): JsonMap {
  const names = ['livenessProbe', 'readinessProbe', 'startupProbe'].filter((name) => container[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, { ...probe, ...withScheme(mapAt(container, name)) }]));
}

const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

function withScheme(given: JsonMap): JsonMap {
  return isMap(given['httpGet']) ? { ...given, httpGet: { path: '/', scheme: 'HTTP', ...given['httpGet'] } } : given;
}

/** Whose files have a mode. */
const files = ['configMap', 'secret', 'downwardAPI', 'projected'];

function volume(given: JsonMap): JsonMap {
  const source = files.find((name) => isMap(given[name]));
  if (source !== undefined) return { ...given, [source]: { defaultMode: 0o644, ...mapAt(given, source) } };
  if (isMap(given['hostPath'])) return { ...given, hostPath: { type: '', ...given['hostPath'] } };
  return Object.keys(given).length > 1 ? given : { ...given, emptyDir: {} };
}
