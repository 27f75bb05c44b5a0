import { isMap, type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from './kubernetes-object.ts';
import type { FieldCause } from './status-error.ts';

/** Fills in what the API server fills in. */
export function withDefaults(object: KubernetesObject): KubernetesObject {
  const spec = object.spec;
  if (object.kind === 'Deployment') return { ...object, spec: deploymentSpec(spec ?? {}) };
  if (object.kind === 'ReplicaSet')
    return { ...object, spec: { replicas: 1, ...spec, template: podTemplate(mapAt(spec, 'template')) } };
  if (object.kind === 'Pod') return { ...object, spec: podSpec(spec ?? {}) };
  if (object.kind === 'Service') return { ...object, spec: { type: 'ClusterIP', sessionAffinity: 'None', ...spec } };
  if (object.kind === 'Namespace') return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
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
  if (given['type'] === 'Recreate') return { type: 'Recreate' };
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%', ...mapAt(given, 'rollingUpdate') } };
}

function podTemplate(template: JsonMap): JsonMap {
  return {
    ...template,
    metadata: { creationTimestamp: null, ...mapAt(template, 'metadata') },
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
  const latest = !image.includes('@') && (image.endsWith(':latest') || !/:[^/]+$/.test(image));
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    ...given,
  };
}

/** What the API server would not take. */
export function validate(object: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const causes: FieldCause[] = [];
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(object.metadata.name)) {
    causes.push({
      field: 'metadata.name',
      message: `Invalid value: ${JSON.stringify(object.metadata.name)}: a lowercase RFC 1123 subdomain is needed`,
    });
  }
  const template =
    object.kind === 'Pod'
      ? { path: 'spec', spec: object.spec }
      : { path: 'spec.template.spec', spec: mapAt(object.spec, 'template', 'spec') };
  if (object.kind === 'Pod' || object.kind === 'Deployment' || object.kind === 'ReplicaSet')
    causes.push(...validatePod(template.path, template.spec));
  if (object.kind === 'Deployment') causes.push(...validateDeployment(object, before));
  return causes;
}

function validatePod(path: string, spec: unknown): FieldCause[] {
  const containers = listAt(spec, 'containers');
  const causes: FieldCause[] = containers.length === 0 ? [{ field: `${path}.containers`, message: 'Required value' }] : [];
  const names = new Set<unknown>();
  containers.forEach(({ name, image }, index) => {
    const at = `${path}.containers[${index}]`;
    if (typeof name !== 'string' || name === '') causes.push({ field: `${at}.name`, message: 'Required value' });
    else if (names.has(name)) causes.push({ field: `${at}.name`, message: `Duplicate value: ${JSON.stringify(name)}` });
    names.add(name);
    if (typeof image !== 'string' || image.trim() === '') causes.push({ field: `${at}.image`, message: 'Required value' });
  });
  return causes;
}

function validateDeployment({ spec }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const causes: FieldCause[] = [];
  const selector = mapAt(spec, 'selector', 'matchLabels');
  const labels = mapAt(spec, 'template', 'metadata', 'labels');
  if (Object.keys(selector).length === 0) causes.push({ field: 'spec.selector', message: 'Required value' });
  if (Object.entries(selector).some(([name, value]) => labels[name] !== value)) {
    causes.push({ field: 'spec.template.metadata.labels', message: '`selector` does not match template `labels`' });
  }
  if (before && JSON.stringify(mapAt(before.spec, 'selector')) !== JSON.stringify(mapAt(spec, 'selector'))) {
    causes.push({ field: 'spec.selector', message: 'field is immutable' });
  }
  const { replicas, progressDeadlineSeconds, minReadySeconds } = spec ?? {};
  if (typeof replicas !== 'number' || replicas < 0)
    causes.push({ field: 'spec.replicas', message: 'must be greater than or equal to 0' });
  if (
    typeof progressDeadlineSeconds === 'number' &&
    typeof minReadySeconds === 'number' &&
    progressDeadlineSeconds <= minReadySeconds
  ) {
    causes.push({ field: 'spec.progressDeadlineSeconds', message: 'must be greater than minReadySeconds' });
  }
  return causes;
}

/** True if a plain map of labels has all of these. */
export function selects(selector: JsonMap, labels: unknown): boolean {
  return Object.entries(selector).every(([name, value]) => isMap(labels) && labels[name] === value);
}
