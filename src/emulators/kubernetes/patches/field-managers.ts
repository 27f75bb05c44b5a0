import { type JsonMap, type ManagedFields, timestamp } from '../objects/kubernetes-object.ts';
import { fieldValues, fromFieldsV1, toFieldsV1 } from './field-paths.ts';

/** Who writes. */
export interface Writer {
  readonly manager: string;
  readonly operation: ManagedFields['operation'];
  readonly subresource: string;
  readonly apiVersion: string;
}

/** A writer and the fields that are its own. */
export interface FieldManager extends Writer {
  readonly time: string;
  readonly paths: ReadonlySet<string>;
}

export function readManagers(entries: readonly ManagedFields[] = []): FieldManager[] {
  return entries.map(({ manager, operation, subresource = '', apiVersion, time, fieldsV1 }) => ({
    manager,
    operation,
    subresource,
    apiVersion,
    time,
    paths: fromFieldsV1(fieldsV1),
  }));
}

/** The wire form; managers that own nothing are left out. */
export function writeManagers(managers: readonly FieldManager[]): ManagedFields[] {
  return managers
    .filter(({ paths }) => paths.size > 0)
    .map(({ manager, operation, subresource, apiVersion, time, paths }) => ({
      manager,
      operation,
      apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(paths),
      ...(subresource !== '' && { subresource }),
    }));
}

export function isSameWriter(one: Writer, other: Writer): boolean {
  return one.manager === other.manager && one.operation === other.operation && one.subresource === other.subresource;
}

/** After a write that is no apply: what it changed is its writer's alone, what it removed is nobody's. */
export function ownersAfterUpdate(
  kind: string,
  before: JsonMap,
  after: JsonMap,
  former: readonly FieldManager[],
  writer: Writer,
): FieldManager[] {
  const [old, now] = [fieldValues(kind, before), fieldValues(kind, after)];
  const changed = new Set([...now.keys()].filter((path) => old.get(path) !== now.get(path)));
  const managers = former.map((each) => {
    const isWriter = isSameWriter(each, writer);
    return { ...each, paths: new Set([...each.paths].filter((path) => now.has(path) && (isWriter || !changed.has(path)))) };
  });
  if (changed.size === 0) return managers;
  const mine = managers.find((each) => isSameWriter(each, writer));
  const updated = { ...writer, time: timestamp(), paths: new Set([...(mine?.paths ?? []), ...changed]) };
  return [...managers.filter((each) => each !== mine), updated];
}
