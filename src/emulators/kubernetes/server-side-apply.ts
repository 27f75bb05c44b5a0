import { isMap, type JsonMap, type KubernetesObject, type ManagedFields, timestamp } from './kubernetes-object.ts';
import { StatusError } from './status-error.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

export interface ApplyOptions {
  readonly manager: string;
  readonly force: boolean;
}

/**
 * Server-side apply: the applied fields are set and owned by the manager; a field that another manager owns with another
 * value is a conflict unless it is forced.
 * @throws StatusError 409 that names the owners.
 */
export function serverSideApply(
  before: KubernetesObject | undefined,
  applied: JsonMap,
  { manager, force }: ApplyOptions,
): JsonMap {
  const content = { ...applied };
  const leaves = leavesOf(content);
  const managers = before?.metadata.managedFields ?? [];
  const conflicts = managers
    .filter((entry) => entry.manager !== manager)
    .flatMap((entry) =>
      pathsOf(entry)
        .filter((path) => leaves.has(path) && valueAt(before, path) !== leaves.get(path))
        .map((path) => ({ entry, path })),
    );
  if (conflicts.length > 0 && !force) {
    const texts = conflicts.map(({ entry, path }) => `conflict with "${entry.manager}": ${path}`);
    const details = {
      causes: conflicts.map(({ entry, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with "${entry.manager}"`,
        field: path,
      })),
    };
    throw new StatusError(
      409,
      `Apply failed with ${texts.length} conflict${texts.length === 1 ? '' : 's'}: ${texts.join('; ')}`,
      details,
    );
  }
  const lost = new Set(conflicts.map(({ path }) => path));
  const others = managers
    .filter((entry) => entry.manager !== manager)
    .map((entry) =>
      fieldsOf(
        entry.manager,
        entry.operation,
        pathsOf(entry).filter((path) => !lost.has(path)),
      ),
    );
  const merged = strategicMergePatch(before ?? {}, content);
  const metadata = {
    ...(isMap(merged['metadata']) ? merged['metadata'] : {}),
    managedFields: [...others, fieldsOf(manager, 'Apply', [...leaves.keys()])],
  };
  return { ...merged, metadata };
}

/** What an ordinary write makes its manager own. */
export function ownedByUpdate(before: KubernetesObject | undefined, after: KubernetesObject, manager: string): ManagedFields[] {
  const old = before ? leavesOf(before) : new Map<string, string>();
  const changed = [...leavesOf(after)].filter(([path, value]) => old.get(path) !== value).map(([path]) => path);
  const kept = (before?.metadata.managedFields ?? []).map((entry) => ({ entry, paths: pathsOf(entry) }));
  const others = kept
    .filter(({ entry }) => entry.manager !== manager)
    .map(({ entry, paths }) =>
      fieldsOf(
        entry.manager,
        entry.operation,
        paths.filter((path) => !changed.includes(path)),
      ),
    );
  const own = kept.filter(({ entry }) => entry.manager === manager).flatMap(({ paths }) => paths);
  return [...others, fieldsOf(manager, 'Update', [...new Set([...own, ...changed])])].filter(
    (entry) => pathsOf(entry).length > 0,
  );
}

function fieldsOf(manager: string, operation: ManagedFields['operation'], paths: readonly string[]): ManagedFields {
  const fieldsV1 = Object.fromEntries(paths.map((path) => [`f:${path}`, {}]));
  return { manager, operation, apiVersion: 'apps/v1', time: timestamp(), fieldsType: 'FieldsV1', fieldsV1 };
}

function pathsOf({ fieldsV1 }: ManagedFields): string[] {
  return Object.keys(fieldsV1).map((name) => name.slice(2));
}

function valueAt(object: unknown, path: string): string | undefined {
  return leavesOf(isMap(object) ? object : {}).get(path);
}

/** Every plain value under its path, list entries by their name where they have one. */
function leavesOf(object: JsonMap): Map<string, string> {
  const leaves = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (isMap(value)) for (const [name, entry] of Object.entries(value)) walk(entry, `${path}.${name}`);
    else if (Array.isArray(value))
      value.forEach((entry: unknown, index) =>
        walk(entry, `${path}[${isMap(entry) && typeof entry['name'] === 'string' ? `name="${entry['name']}"` : index}]`),
      );
    else leaves.set(path, JSON.stringify(value));
  };
  for (const name of ['spec', 'data']) walk(object[name], `.${name}`);
  const metadata = isMap(object['metadata']) ? object['metadata'] : {};
  for (const name of ['labels', 'annotations']) walk(metadata[name], `.metadata.${name}`);
  for (const [path, value] of leaves) if (value === undefined) leaves.delete(path);
  return leaves;
}
