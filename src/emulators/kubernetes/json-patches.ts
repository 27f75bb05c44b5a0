import { isMap, type JsonMap } from './kubernetes-object.ts';
import { StatusError } from './status-error.ts';

/** RFC 7386: maps merge, null removes, everything else, lists too, is replaced. */
export function mergePatch(original: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result = new Map(isMap(original) ? Object.entries(original) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, mergePatch(result.get(name), value));
  }
  return Object.fromEntries(result);
}

type Container = JsonMap | unknown[];

/** RFC 6902. @throws StatusError 400 for a malformed patch, 422 for one that does not fit, a failed test included. */
export function jsonPatch(original: JsonMap, patch: unknown): JsonMap {
  if (!Array.isArray(patch)) throw new StatusError(400, 'a JSON patch is a list of operations');
  const root: JsonMap = { '': structuredClone(original) };
  for (const operation of patch) {
    if (!isMap(operation)) throw new StatusError(400, 'an operation of a JSON patch is an object');
    apply(root, operation);
  }
  const result = root[''];
  if (!isMap(result)) throw new StatusError(422, 'the patch leaves no object');
  return result;
}

function apply(root: JsonMap, { op, path, from, value }: JsonMap): void {
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
      return add(root, path, structuredClone(read(root, from)));
    case 'test':
      if (JSON.stringify(read(root, path)) !== JSON.stringify(value))
        throw new StatusError(
          422,
          `the server rejected our request due to an error in our request: testing value ${String(path)} failed`,
        );
      return undefined;
    default:
      throw new StatusError(400, `unknown operation ${JSON.stringify(op)}`);
  }
}

function locate(root: JsonMap, pointer: unknown): { parent: Container; name: string } {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/')))
    throw new StatusError(400, 'a JSON pointer begins with /');
  const names = pointer.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  let parent: Container = root;
  for (const name of names.slice(0, -1)) {
    const next: unknown = child(parent, name);
    if (!isMap(next) && !Array.isArray(next)) throw missing(pointer);
    parent = next;
  }
  return { parent, name: names.at(-1) ?? '' };
}

function child(parent: Container, name: string): unknown {
  if (Array.isArray(parent)) return /^\d+$/.test(name) ? parent[Number(name)] : undefined;
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function read(root: JsonMap, pointer: unknown): unknown {
  const { parent, name } = locate(root, pointer);
  return child(parent, name);
}

function add(root: JsonMap, pointer: unknown, value: unknown): void {
  const { parent, name } = locate(root, pointer);
  if (!Array.isArray(parent)) {
    Object.defineProperty(parent, name, { value, writable: true, enumerable: true, configurable: true });
    return;
  }
  const at = name === '-' ? parent.length : Number(name);
  if (!Number.isInteger(at) || at < 0 || at > parent.length) throw missing(pointer);
  parent.splice(at, 0, value);
}

function remove(root: JsonMap, pointer: unknown): unknown {
  const { parent, name } = locate(root, pointer);
  const value = child(parent, name);
  if (value === undefined) throw missing(pointer);
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete parent[name];
  return value;
}

function missing(pointer: unknown): StatusError {
  return new StatusError(422, `the server rejected our request due to an error in our request: no value at ${String(pointer)}`);
}
