import { isMap, type JsonMap } from './kubernetes-object.ts';
import { StatusError } from './status-error.ts';

/**
 * The lists that merge by a key, by field name, for the types that the emulator serves. Every other list is replaced.
 * Source: the patchMergeKey tags of k8s.io/api core/v1, apps/v1 and meta/v1.
 */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  conditions: 'type',
  ownerReferences: 'uid',
};

/** Lists of plain values that merge as sets. */
const mergedSets = new Set(['finalizers']);

const setOrder = '$setElementOrder/';
const deleteFromSet = '$deleteFromPrimitiveList/';

/** Applies a strategic merge patch. @throws StatusError 400 for a directive that cannot be carried out. */
export function strategicMergePatch(original: JsonMap, patch: JsonMap): JsonMap {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const result: JsonMap = { ...original };
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained)) for (const name of Object.keys(result)) if (!retained.includes(name)) delete result[name];
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$patch' || name === '$retainKeys' || name.startsWith(setOrder)) continue;
    if (name.startsWith(deleteFromSet)) removeFromSet(result, name.slice(deleteFromSet.length), value);
    else if (value === null) delete result[name];
    else define(result, name, merged(name, result[name], value, patch[setOrder + name]));
  }
  return result;
}

function merged(name: string, before: unknown, value: unknown, order: unknown): unknown {
  if (isMap(value)) return strategicMergePatch(isMap(before) ? before : {}, value);
  if (!Array.isArray(value)) return value;
  const old: unknown[] = Array.isArray(before) ? before : [];
  if (mergedSets.has(name)) return [...new Set([...old, ...value])];
  const key = mergeKeyOf(name, [...old, ...value]);
  return key === undefined
    ? value.map((entry) => (isMap(entry) ? withoutDirectives(entry) : entry))
    : mergeList(key, old.filter(isMap), value, order);
}

/** `ports` merges by containerPort in a container and by port in a Service. */
function mergeKeyOf(name: string, entries: readonly unknown[]): string | undefined {
  if (name !== 'ports') return Object.hasOwn(mergeKeys, name) ? mergeKeys[name] : undefined;
  return entries.some((entry) => isMap(entry) && 'containerPort' in entry) ? 'containerPort' : 'port';
}

function mergeList(key: string, old: readonly JsonMap[], patches: readonly unknown[], order: unknown): JsonMap[] {
  let result = [...old];
  for (const patch of patches) {
    if (!isMap(patch)) throw new StatusError(400, `a list that merges by ${key} takes objects alone`);
    if (patch['$patch'] === 'replace') {
      return patches
        .filter(isMap)
        .filter((entry) => entry['$patch'] !== 'replace')
        .map(withoutDirectives);
    }
    const value = patch[key];
    if (value === undefined)
      throw new StatusError(400, `map: ${JSON.stringify(patch)} does not contain declared merge key: ${key}`);
    const at = result.findIndex((entry) => entry[key] === value);
    if (patch['$patch'] === 'delete') result = result.filter((entry) => entry[key] !== value);
    else if (at >= 0) result[at] = strategicMergePatch(result[at] ?? {}, patch);
    else result.push(strategicMergePatch({}, patch));
  }
  return Array.isArray(order) ? ordered(key, result, order) : result;
}

/** Entries that the order does not name keep their places behind those before them. */
function ordered(key: string, entries: readonly JsonMap[], order: readonly unknown[]): JsonMap[] {
  const rank = new Map(order.map((entry, index) => [isMap(entry) ? entry[key] : entry, index]));
  let last = -1;
  const ranked = entries.map((entry) => {
    last = rank.get(entry[key]) ?? last + 0.5;
    return { entry, at: last };
  });
  return ranked.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry);
}

function removeFromSet(target: JsonMap, name: string, values: unknown): void {
  const before = target[name];
  if (Array.isArray(before) && Array.isArray(values)) target[name] = before.filter((entry) => !values.includes(entry));
}

function withoutDirectives(value: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('$')));
}

/** An own property even for the name `__proto__`. */
function define(target: JsonMap, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}
