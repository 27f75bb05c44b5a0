import type { JsonObject, JsonValue } from '../../shared/json-value.ts';

/** One stored resource, of any type. Times are epoch milliseconds; they become Cattle's dates when rendered. */
export interface Row {
  readonly id: string;
  /** Schema id of its kind, for instance `loadBalancerService`. */
  readonly type: string;
  readonly uuid: string;
  readonly created: number;
  /** Project or account it belongs to; null for server-wide rows. */
  accountId: string | null;
  kind: string;
  name: string | null;
  description: string | null;
  state: string;
  removed: number | null;
  transitioning: 'yes' | 'no' | 'error';
  transitioningMessage: string | null;
  /** The other fields of the schema. */
  fields: JsonObject;
  /** What no caller ever sees: hashes, a key's role, a process's notes. */
  hidden: JsonObject;
}

type CoreName = Exclude<keyof Row, 'fields' | 'hidden'>;

const coreNames: ReadonlySet<string> = new Set<CoreName>([
  'id',
  'type',
  'uuid',
  'created',
  'accountId',
  'kind',
  'name',
  'description',
  'state',
  'removed',
  'transitioning',
  'transitioningMessage',
]);

/** A field's raw value by its wire name; null where it has none. */
export function valueOf(row: Row, field: string): JsonValue {
  if (coreNames.has(field)) return row[field as CoreName];
  return Object.hasOwn(row.fields, field) ? (row.fields[field] ?? null) : null;
}

/** Still there for lists: neither removed nor purged. */
export function isPresent(row: Row): boolean {
  return row.removed === null;
}
