import { isDeepStrictEqual } from 'node:util';
import { isMap, type JsonMap } from '../objects/kubernetes-object.ts';
import { listRule } from '../http/list-rules.ts';
import { orderList } from '../http/order-list.ts';
import { setField } from '../objects/set-field.ts';
import { StatusError } from '../http/status-error.ts';

const directive = '$patch';
const retainKeys = '$retainKeys';
const setOrder = '$setElementOrder/';
const deleteFromSet = '$deleteFromPrimitiveList/';

/**
 * Applies a strategic merge patch: like a JSON merge patch, but lists with a merge key are merged entry by entry.
 *
 * @throws StatusError 400 for a directive that cannot be carried out, 500 for an unknown one or a list entry without its merge key.
 */
export function strategicMergePatch(kind: string, original: JsonMap, patch: JsonMap): JsonMap {
  const how = Object.hasOwn(patch, directive) ? patch[directive] : undefined;
  if (how === 'replace') return withoutDirectives(patch);
  if (how === 'delete') return {};
  if (how !== undefined && how !== 'merge') throw broken(`unknown patch type: ${goText(how)} in map: ${goText(patch)}`);
  const result = retained(original, patch);
  for (const [name, value] of Object.entries(patch)) {
    if (name === directive || name === retainKeys) continue;
    if (name.startsWith(setOrder)) reorder(kind, result, patch, name.slice(setOrder.length), value);
    else if (name.startsWith(deleteFromSet)) removeFromSet(result, name.slice(deleteFromSet.length), value);
    else if (value === null) delete result[name];
    else {
      const before = Object.hasOwn(result, name) ? result[name] : undefined;
      setField(result, name, merged(kind, name, before, value, patch[setOrder + name]));
    }
  }
  return result;
}

function merged(kind: string, name: string, before: unknown, value: unknown, order: unknown): unknown {
  if (isMap(value)) return strategicMergePatch(kind, isMap(before) ? before : {}, value);
  if (!Array.isArray(value)) return value;
  const rule = listRule(kind, name);
  const old: unknown[] = Array.isArray(before) ? before : [];
  if (!rule) return value.map((entry: unknown) => (isMap(entry) ? withoutDirectives(entry) : entry));
  if (rule.mergeKey === undefined) return [...new Set([...old, ...(value as unknown[])])];
  return mergeList(kind, rule.mergeKey, old, value, order);
}

function mergeList(kind: string, key: string, old: readonly unknown[], patches: readonly unknown[], order: unknown): unknown[] {
  const entries = patches.map((entry) => {
    if (isMap(entry)) return entry;
    throw new StatusError(400, `expected a list of objects to merge by ${key}`);
  });
  if (entries.some((entry) => entry[directive] === 'replace'))
    return entries.filter((entry) => entry[directive] !== 'replace').map(withoutDirectives);
  let result = [...old];
  for (const entry of entries) {
    const id = Object.hasOwn(entry, key) ? entry[key] : undefined;
    if (id === undefined) throw missingKey(entry, key);
    const isSame = (other: unknown): boolean => isMap(other) && isDeepStrictEqual(other[key], id);
    const at = result.findIndex(isSame);
    const former = result[at];
    if (entry[directive] === 'delete') result = result.filter((other) => !isSame(other));
    else if (isMap(former)) result[at] = strategicMergePatch(kind, former, entry);
    else result.push(strategicMergePatch(kind, {}, entry));
  }
  return orderList(result, old, Array.isArray(order) ? order : entries, key);
}

/** An order may be given for a list of which the patch changes nothing else. */
function reorder(kind: string, result: JsonMap, patch: JsonMap, field: string, order: unknown): void {
  const list = Object.hasOwn(result, field) ? result[field] : undefined;
  if (Object.hasOwn(patch, field) || !Array.isArray(list) || !Array.isArray(order)) return;
  setField(result, field, orderList(list, list, order, listRule(kind, field)?.mergeKey));
}

function retained(original: JsonMap, patch: JsonMap): JsonMap {
  const keys = Object.hasOwn(patch, retainKeys) ? patch[retainKeys] : undefined;
  if (keys === undefined) return { ...original };
  if (!Array.isArray(keys)) throw new StatusError(400, `invalid ${retainKeys}: a list is needed`);
  const stray = Object.entries(patch).find(([name, value]) => !name.startsWith('$') && value !== null && !keys.includes(name));
  if (stray) throw new StatusError(400, `the list of ${retainKeys} must name the field ${stray[0]} that the patch sets`);
  return Object.fromEntries(Object.entries(original).filter(([name]) => keys.includes(name)));
}

function removeFromSet(target: JsonMap, name: string, values: unknown): void {
  const before = Object.hasOwn(target, name) ? target[name] : undefined;
  if (!Array.isArray(before) || !Array.isArray(values)) return;
  setField(
    target,
    name,
    before.filter((entry) => !values.includes(entry)),
  );
}

function withoutDirectives(value: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('$')));
}

function missingKey(entry: JsonMap, key: string): StatusError {
  return broken(`map: ${goText(entry)} does not contain declared merge key: ${key}`);
}

/** The API server has no better answer either than 500. */
function broken(message: string): StatusError {
  return new StatusError(500, message, undefined, '');
}

function goText(value: unknown): string {
  if (!isMap(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const entries = Object.entries(value).map(([name, entry]) => `${name}:${goText(entry)}`);
  return `map[${entries.toSorted().join(' ')}]`;
}
