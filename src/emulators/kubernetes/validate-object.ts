import { isDeepStrictEqual } from 'node:util';
import { isMap, type JsonMap, type KubernetesObject, listAt, mapAt, numberOr } from './kubernetes-object.ts';
import type { FieldCause } from './status-error.ts';

const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const subdomainRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelRule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
/** Kinds whose template is that of their pods. */
const templated = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']);

/** What the API server would not take, in its words. @param before absent for a new object. */
export function validateObject(object: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const { name } = object.metadata;
  const causes: FieldCause[] = [];
  if (name === '') causes.push({ field: 'metadata.name', message: 'Required value: name or generateName is required' });
  else if (name.length > 253 || !new RegExp(`^${subdomain}$`).test(name))
    causes.push(invalidValue('metadata.name', name, subdomainRule));
  if (templated.has(object.kind)) causes.push(...workloadCauses(object, before));
  if (object.kind === 'Deployment') causes.push(...deploymentCauses(object.spec ?? {}));
  if (object.kind === 'Pod') causes.push(...podCauses('spec', mapAt(object, 'spec')), ...podUpdateCauses(object, before));
  return causes;
}

function workloadCauses({ spec = {} }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  const causes = wholeNumber('spec.replicas', spec['replicas'] ?? 1);
  const selector = mapAt(spec, 'selector');
  const labels = mapAt(spec, 'template', 'metadata', 'labels');
  const isEmpty = Object.keys(mapAt(selector, 'matchLabels')).length === 0 && listAt(selector, 'matchExpressions').length === 0;
  if (isEmpty) causes.push({ field: 'spec.selector', message: 'Required value' });
  const fits = Object.entries(mapAt(selector, 'matchLabels')).every(([name, value]) => labels[name] === value);
  if (!fits || isEmpty)
    causes.push(
      invalidValue(
        'spec.template.metadata.labels',
        Object.keys(labels).length === 0 ? null : labels,
        '`selector` does not match template `labels`',
      ),
    );
  causes.push(...podCauses('spec.template.spec', mapAt(spec, 'template', 'spec')));
  const policy = mapAt(spec, 'template', 'spec')['restartPolicy'];
  if (policy !== 'Always') causes.push(unsupported('spec.template.spec.restartPolicy', policy, ['Always']));
  if (before && !isDeepStrictEqual(mapAt(before.spec, 'selector'), selector))
    causes.push(invalidValue('spec.selector', selector, 'field is immutable'));
  return causes;
}

function deploymentCauses(spec: JsonMap): FieldCause[] {
  const causes: FieldCause[] = [];
  const strategy = mapAt(spec, 'strategy');
  const rolling = mapAt(strategy, 'rollingUpdate');
  if (strategy['type'] === 'Recreate' && strategy['rollingUpdate'] !== undefined)
    causes.push({
      field: 'spec.strategy.rollingUpdate',
      message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
    });
  if (strategy['type'] !== 'Recreate' && strategy['type'] !== 'RollingUpdate')
    causes.push(
      unsupported('spec.strategy', { Type: strategy['type'] ?? '', RollingUpdate: strategy['rollingUpdate'] ?? null }, [
        'Recreate',
        'RollingUpdate',
      ]),
    );
  for (const name of ['maxSurge', 'maxUnavailable'] as const)
    causes.push(...amountCauses(`spec.strategy.rollingUpdate.${name}`, rolling[name]));
  const isNothing = (value: unknown): boolean => value === 0 || value === '0%';
  if (isNothing(rolling['maxSurge']) && isNothing(rolling['maxUnavailable']))
    causes.push(
      invalidValue('spec.strategy.rollingUpdate.maxUnavailable', rolling['maxUnavailable'], 'may not be 0 when `maxSurge` is 0'),
    );
  for (const name of ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'] as const)
    causes.push(...wholeNumber(`spec.${name}`, spec[name] ?? 0));
  const deadline = spec['progressDeadlineSeconds'];
  if (typeof deadline === 'number' && deadline <= numberOr(spec['minReadySeconds'], 0))
    causes.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  return causes;
}

function amountCauses(field: string, value: unknown): FieldCause[] {
  if (typeof value === 'number') return wholeNumber(field, value);
  if (value === undefined || (typeof value === 'string' && /^\d+%$/.test(value))) return [];
  return [invalidValue(field, value, "a valid percent string must be a numeric string followed by an ending '%'")];
}

function podCauses(path: string, spec: JsonMap): FieldCause[] {
  const containers = listAt(spec, 'containers');
  const causes: FieldCause[] = containers.length === 0 ? [{ field: `${path}.containers`, message: 'Required value' }] : [];
  const names = new Set<unknown>();
  const volumes = listAt(spec, 'volumes').map(({ name }) => name);
  for (const list of ['initContainers', 'containers'])
    listAt(spec, list).forEach((container, index) => {
      causes.push(...containerCauses(`${path}.${list}[${index}]`, container, names, volumes));
      names.add(container['name']);
    });
  return causes;
}

function containerCauses(at: string, container: JsonMap, names: ReadonlySet<unknown>, volumes: readonly unknown[]): FieldCause[] {
  const { name, image, imagePullPolicy } = container;
  const causes: FieldCause[] = [];
  if (typeof image !== 'string' || image === '') causes.push({ field: `${at}.image`, message: 'Required value' });
  else if (image.trim() !== image)
    causes.push(invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  if (typeof name !== 'string' || name === '') causes.push({ field: `${at}.name`, message: 'Required value' });
  else if (names.has(name)) causes.push({ field: `${at}.name`, message: `Duplicate value: ${JSON.stringify(name)}` });
  else if (name.length > 63 || !new RegExp(`^${label}$`).test(name)) causes.push(invalidValue(`${at}.name`, name, labelRule));
  listAt(container, 'volumeMounts').forEach(({ name: volume }, index) => {
    if (!volumes.includes(volume))
      causes.push({ field: `${at}.volumeMounts[${index}].name`, message: `Not found: ${JSON.stringify(volume)}` });
  });
  const policies = ['Always', 'IfNotPresent', 'Never'];
  if (!policies.includes(String(imagePullPolicy))) causes.push(unsupported(`${at}.imagePullPolicy`, imagePullPolicy, policies));
  listAt(container, 'ports').forEach(({ containerPort }, index) => {
    if (!(numberOr(containerPort, 0) > 0 && numberOr(containerPort, 0) < 65_536))
      causes.push(invalidValue(`${at}.ports[${index}].containerPort`, containerPort, 'must be between 1 and 65535, inclusive'));
  });
  return causes;
}

/** Of a pod that runs only images, tolerations and deadlines may change. */
function podUpdateCauses({ spec }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
  if (!before) return [];
  const fixed = (value: JsonMap = {}): unknown => {
    const { tolerations: _t, activeDeadlineSeconds: _a, terminationGracePeriodSeconds: _g, ...rest } = value;
    const withoutImages = (name: string): JsonMap[] => listAt(value, name).map(({ image: _image, ...container }) => container);
    return { ...rest, containers: withoutImages('containers'), initContainers: withoutImages('initContainers') };
  };
  if (isDeepStrictEqual(fixed(spec), fixed(before.spec))) return [];
  const allowed =
    '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
  return [{ field: 'spec', message: `Forbidden: pod updates may not change fields other than ${allowed}` }];
}

function wholeNumber(field: string, value: unknown): FieldCause[] {
  if (typeof value === 'number' && value >= 0) return [];
  return [invalidValue(field, value, 'must be greater than or equal to 0')];
}

function invalidValue(field: string, value: unknown, why: string): FieldCause {
  return { field, message: `Invalid value: ${isMap(value) || value !== undefined ? JSON.stringify(value) : '""'}: ${why}` };
}

function unsupported(field: string, value: unknown, supported: readonly string[]): FieldCause {
  const list = supported.map((each) => JSON.stringify(each)).join(', ');
  return { field, message: `Unsupported value: ${JSON.stringify(value ?? '')}: supported values: ${list}` };
}
