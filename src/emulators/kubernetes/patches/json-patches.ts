import { isDeepStrictEqual } from 'node:util';
import { isMap, type JsonMap } from '../objects/kubernetes-object.ts';
import { setField } from '../objects/set-field.ts';
import { StatusError, unprocessable } from '../http/status-error.ts';

/** The API server's own limit. */
const maxOperations = 10_000;

/** RFC 7386: maps merge, null removes, everything else, lists too, is replaced. */
export function mergePatch(original: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: JsonMap = isMap(original) ? { ...original } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else setField(result, name, mergePatch(Object.hasOwn(result, name) ? result[name] : undefined, value));
  }
  return result;
}

type Container = JsonMap | unknown[];

/** RFC 6902. @throws StatusError 400 for something else than a patch, 422 for one that does not fit, a failed test included. */
export function jsonPatch(original: JsonMap, patch: unknown): JsonMap {
  if (!Array.isArray(patch))
    throw new StatusError(
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  if (patch.length > maxOperations)
    throw new StatusError(413, `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`);
  const root: JsonMap = { '': structuredClone(original) };
  for (const operation of patch) {
    if (!isMap(operation)) throw unprocessable();
    apply(root, operation);
  }
  const result = root[''];
  if (!isMap(result)) throw unprocessable();
  return result;
}

function apply(root: JsonMap, { op, path, from, value = null }: JsonMap): void {
  switch (op) {
    case 'add':
      return add(root, path, value);
    case 'remove':
      remove(root, path);
      return undefined;
    case 'replace':
      remove(root, path);
      return add(root, path, value);
    case 'move':
      return add(root, path, remove(root, from));
    case 'copy':
      return add(root, path, structuredClone(existing(root, from)));
    case 'test':
      // A test for null passes where there is nothing.
      if (!isDeepStrictEqual(read(root, path) ?? null, value)) throw unprocessable();
      return undefined;
    default:
      throw unprocessable();
  }
}

function locate(root: JsonMap, pointer: unknown): { parent: Container; name: string } {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) throw unprocessable();
  const names = pointer.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  let parent: Container = root;
  for (const name of names.slice(0, -1)) {
    const next: unknown = child(parent, name);
    if (!isMap(next) && !Array.isArray(next)) throw unprocessable();
    parent = next;
  }
  return { parent, name: names.at(-1) ?? '' };
}

function child(parent: Container, name: string): unknown {
  if (Array.isArray(parent)) return /^(?:0|[1-9]\d*)$/.test(name) ? parent[Number(name)] : undefined;
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function read(root: JsonMap, pointer: unknown): unknown {
  const { parent, name } = locate(root, pointer);
  return child(parent, name);
}

function existing(root: JsonMap, pointer: unknown): unknown {
  const value = read(root, pointer);
  if (value === undefined) throw unprocessable();
  return value;
}

function add(root: JsonMap, pointer: unknown, value: unknown): void {
  const { parent, name } = locate(root, pointer);
  if (!Array.isArray(parent)) return setField(parent, name, value);
  const at = name === '-' ? parent.length : Number(/^(?:0|[1-9]\d*)$/.test(name) ? name : NaN);
  if (!(at <= parent.length)) throw unprocessable();
  parent.splice(at, 0, value);
  return undefined;
}

function remove(root: JsonMap, pointer: unknown): unknown {
  const value = existing(root, pointer);
  const { parent, name } = locate(root, pointer);
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete parent[name];
  return value;
}
