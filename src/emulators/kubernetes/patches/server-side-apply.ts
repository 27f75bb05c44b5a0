import { entryMark, entryStep, fieldValues, pathText, stepsOf } from './field-paths.ts';
import { type FieldManager, isSameWriter, type Writer } from './field-managers.ts';
import { isMap, type JsonMap, mapAt, textOr, timestamp } from '../objects/kubernetes-object.ts';
import { isAtomicMap, listRule } from '../http/list-rules.ts';
import { setField } from '../objects/set-field.ts';
import { StatusError } from '../http/status-error.ts';

export interface Apply {
  readonly kind: string;
  /** The object as it is; empty if there is none. */
  readonly live: JsonMap;
  readonly managers: readonly FieldManager[];
  readonly configuration: JsonMap;
  readonly writer: Writer;
  readonly force: boolean;
}

/**
 * Server-side apply: what the configuration says becomes the writer's; what it said the last time and says no longer goes away
 * unless someone else owns it as well.
 *
 * @throws StatusError 409 where another manager owns a field with another value, unless it is forced.
 */
export function serverSideApply({ kind, live, managers, configuration, writer, force }: Apply): {
  object: JsonMap;
  managers: FieldManager[];
} {
  const [present, wanted] = [fieldValues(kind, live), fieldValues(kind, configuration)];
  const others = managers.filter((each) => !isSameWriter(each, writer));
  const differing = new Set([...wanted.keys()].filter((path) => present.get(path) !== wanted.get(path)));
  const conflicts = others.flatMap((owner) =>
    [...differing].filter((path) => owner.paths.has(path)).map((path) => ({ owner, path })),
  );
  const isForced = force || (writer.manager === 'kubectl' && isOwnFormer(kind, live, conflicts));
  if (conflicts.length > 0 && !isForced) throw applyConflict(conflicts);

  const merged = mergedMap(kind, live, configuration);
  const formerly = managers.find((each) => isSameWriter(each, writer))?.paths ?? new Set<string>();
  const abandoned = [...formerly].filter((path) => !wanted.has(path) && !others.some(({ paths }) => paths.has(path)));
  // Deepest first: an entry of a list goes after its fields.
  for (const path of abandoned.toSorted((a, b) => stepsOf(b).length - stepsOf(a).length)) removeAt(kind, merged, stepsOf(path));
  const yielding = others.map((each) => ({
    ...each,
    paths: new Set([...each.paths].filter((path) => !differing.has(path))),
  }));
  return { object: merged, managers: [...yielding, { ...writer, time: timestamp(), paths: new Set(wanted.keys()) }] };
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whether all that is in the way was applied by kubectl before, on the client's side, and is as it was then. */
function isOwnFormer(kind: string, live: JsonMap, conflicts: readonly { path: string }[]): boolean {
  const former = fieldValues(kind, parsedMap(mapAt(live, 'metadata', 'annotations')[lastApplied]));
  const present = fieldValues(kind, live);
  return conflicts.every(({ path }) => former.has(path) && former.get(path) === present.get(path));
}

function parsedMap(text: unknown): JsonMap {
  try {
    const found: unknown = JSON.parse(textOr(text));
    return isMap(found) ? found : {};
  } catch {
    return {};
  }
}

function mergedMap(kind: string, live: JsonMap, configuration: JsonMap): JsonMap {
  const result = structuredClone(live);
  for (const [name, value] of Object.entries(configuration)) {
    if (value !== null)
      setField(result, name, mergedValue(kind, name, Object.hasOwn(result, name) ? result[name] : undefined, value));
  }
  return result;
}

function mergedValue(kind: string, field: string, live: unknown, value: unknown): unknown {
  if (isMap(value) && !isAtomicMap(field)) return mergedMap(kind, isMap(live) ? live : {}, value);
  const rule = Array.isArray(value) ? listRule(kind, field) : undefined;
  if (!rule || !Array.isArray(value)) return value;
  const result: unknown[] = Array.isArray(live) ? [...live] : [];
  for (const entry of value) {
    const step = entryStep(rule.applyKeys, entry);
    const index = result.findIndex((other) => entryStep(rule.applyKeys, other) === step);
    const former = result[index];
    const merged = isMap(entry) ? mergedMap(kind, isMap(former) ? former : {}, entry) : entry;
    result.splice(index < 0 ? result.length : index, index < 0 ? 0 : 1, merged);
  }
  return result;
}

/** Takes a field or a list entry away, and with it the maps and lists that this leaves empty. */
function removeAt(kind: string, map: JsonMap, [first = '', ...rest]: readonly string[]): void {
  const name = first.slice(2);
  if (!Object.hasOwn(map, name)) return;
  const value = map[name];
  if (rest.length === 0) delete map[name];
  else if (Array.isArray(value)) {
    const remaining = withoutEntry(kind, name, value, rest);
    if (remaining.length === 0) delete map[name];
    else map[name] = remaining;
  } else if (isMap(value)) {
    removeAt(kind, value, rest);
    if (Object.keys(value).length === 0) delete map[name];
  }
}

function withoutEntry(kind: string, field: string, list: readonly unknown[], [step = '', ...rest]: readonly string[]): unknown[] {
  const keys = listRule(kind, field)?.applyKeys ?? [];
  const isMeant = (entry: unknown): boolean => entryStep(keys, entry) === step;
  if (rest.length === 0 || rest[0] === entryMark) return list.filter((entry) => !isMeant(entry));
  // A key goes with its entry.
  if (!keys.includes((rest[0] ?? '').slice(2)))
    for (const entry of list) if (isMap(entry) && isMeant(entry)) removeAt(kind, entry, rest);
  return [...list];
}

function applyConflict(conflicts: readonly { owner: FieldManager; path: string }[]): StatusError {
  const owners = [...new Set(conflicts.map(({ owner }) => owner))];
  const texts = owners.map((owner) => {
    const paths = conflicts.filter((each) => each.owner === owner).map(({ path }) => pathText(path));
    return conflicts.length === 1
      ? `conflict with ${ownerText(owner)}: ${paths.join('')}`
      : `conflicts with ${ownerText(owner)}:\n${paths.map((path) => `- ${path}`).join('\n')}`;
  });
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  return new StatusError(409, `Apply failed with ${count}: ${texts.join('\n')}`, {
    causes: conflicts.map(({ owner, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${ownerText(owner)}`,
      field: pathText(path),
    })),
  });
}

function ownerText({ manager, operation, subresource, apiVersion }: FieldManager): string {
  const below = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${below}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
