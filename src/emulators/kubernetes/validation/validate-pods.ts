import { isDeepStrictEqual } from 'node:util';
import { invalidValue, required, unsupported } from './field-causes.ts';
import { type JsonMap, type KubernetesObject, listAt, numberOr } from '../objects/kubernetes-object.ts';
import type { FieldCause } from '../http/status-error.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelRule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;

/** @param claims names of volumes that the pod is given beside its own. */
export function podCauses(path: string, spec: JsonMap, claims: readonly unknown[] = []): FieldCause[] {
  const containers = listAt(spec, 'containers');
  const causes: FieldCause[] = containers.length === 0 ? [required(`${path}.containers`)] : [];
  const names = new Set<unknown>();
  const volumes = [...listAt(spec, 'volumes').map(({ name }) => name), ...claims];
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
  if (typeof name !== 'string' || name === '') causes.push(required(`${at}.name`));
  else if (name.length > 63 || !new RegExp(`^${label}$`).test(name)) causes.push(invalidValue(`${at}.name`, name, labelRule));
  if (typeof image !== 'string' || image === '') causes.push(required(`${at}.image`));
  else if (image.trim() !== image)
    causes.push(invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  if (names.has(name)) causes.push({ field: `${at}.name`, message: `Duplicate value: ${JSON.stringify(name)}` });
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
export function podUpdateCauses({ spec }: KubernetesObject, before: KubernetesObject | undefined): FieldCause[] {
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
