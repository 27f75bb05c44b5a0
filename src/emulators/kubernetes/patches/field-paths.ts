import { isMap, type JsonMap } from '../objects/kubernetes-object.ts';
import { isAtomicMap, listRule } from '../http/list-rules.ts';

/** Between the steps of a path; no field and no key contains it. */
const separator = '\u0000';
/** Last step of the path of a list entry as such. */
export const entryMark = '.';

/** What nobody owns: the server writes it, or it is part of the address. */
const unownedMetadata = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
  'managedFields',
]);

/** The fields of an object that managers can own, as `f:`, `k:` and `v:` steps in one text each, with their values as JSON. */
export function fieldValues(kind: string, object: JsonMap): Map<string, string> {
  const found = new Map<string, string>();
  const visitList = (field: string, list: readonly unknown[], path: string): void => {
    const rule = listRule(kind, field);
    if (!rule) found.set(path, JSON.stringify(list));
    for (const entry of rule ? list : []) {
      const step = entryStep(rule?.applyKeys ?? [], entry);
      const below = path + separator + step;
      found.set(step.startsWith('k:') ? below + separator + entryMark : below, '');
      if (isMap(entry)) visitFields(entry, below);
    }
  };
  const visitFields = (map: JsonMap, path: string): void => {
    for (const [name, value] of Object.entries(map)) {
      if (value === undefined || value === null) continue;
      const below = path === '' ? `f:${name}` : `${path}${separator}f:${name}`;
      if (Array.isArray(value)) visitList(name, value, below);
      else if (isMap(value) && !isAtomicMap(name) && Object.keys(value).length > 0) visitFields(value, below);
      else found.set(below, JSON.stringify(value));
    }
  };
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const owned = Object.entries(isMap(metadata) ? metadata : {}).filter(([name]) => !unownedMetadata.has(name));
  visitFields({ ...(owned.length > 0 && { metadata: Object.fromEntries(owned) }), ...rest }, '');
  return found;
}

/** The step that names a list entry. A port without a protocol is one of TCP. */
export function entryStep(keys: readonly string[], entry: unknown): string {
  if (keys.length === 0 || !isMap(entry)) return `v:${JSON.stringify(entry)}`;
  const values = keys.map((key) => [key, entry[key] ?? (key === 'protocol' ? 'TCP' : null)] as const);
  return `k:${JSON.stringify(Object.fromEntries(values))}`;
}

export function stepsOf(path: string): string[] {
  return path.split(separator);
}

/** The wire form of a set of paths. */
export function toFieldsV1(paths: Iterable<string>): JsonMap {
  const root: JsonMap = {};
  for (const path of paths) {
    let node = root;
    for (const step of stepsOf(path)) node = (node[step] ??= {}) as JsonMap;
  }
  return root;
}

export function fromFieldsV1(fields: JsonMap): Set<string> {
  const found = new Set<string>();
  const visit = (node: JsonMap, path: string): void => {
    const steps = Object.entries(node);
    if (steps.length === 0 && path !== '') found.add(path);
    for (const [step, below] of steps) if (isMap(below)) visit(below, path === '' ? step : path + separator + step);
  };
  visit(fields, '');
  return found;
}

/** As the server writes a path in the text of a conflict: `.spec.containers[name="web"].image`. */
export function pathText(path: string): string {
  return stepsOf(path)
    .filter((step) => step !== entryMark)
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
      const keys = Object.entries(JSON.parse(step.slice(2)) as JsonMap);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
