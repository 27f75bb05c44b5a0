import { typeOf } from '../schema/type-table.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { isPresent, type Row, valueOf } from '../store/row.ts';

interface Index {
  readonly version: number;
  /** `type.field` to id to the rows that name it there. */
  readonly byField: Map<string, Map<string, Row[]>>;
}

const indexes = new WeakMap<ResourceStore, Index>();

/** Rows of a type, not removed, whose field is the id or a list with it. Lists of services would take square time without. */
export function childrenOf(store: ResourceStore, type: string, field: string, id: string): readonly Row[] {
  const known = indexes.get(store);
  const index =
    known?.version === store.version ? known : { version: store.version, byField: new Map<string, Map<string, Row[]>>() };
  indexes.set(store, index);
  const key = `${type}.${field}`;
  const rows = index.byField.get(key) ?? group(store, type, field);
  index.byField.set(key, rows);
  return rows.get(id) ?? [];
}

function group(store: ResourceStore, type: string, field: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of store.rows(typeOf(type))) {
    if (!isPresent(row)) continue;
    const value = valueOf(row, field);
    for (const id of Array.isArray(value) ? value : [value]) {
      if (typeof id !== 'string') continue;
      const group = groups.get(id);
      if (group) group.push(row);
      else groups.set(id, [row]);
    }
  }
  return groups;
}
