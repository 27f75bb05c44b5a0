import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../shared/json-value.ts';
import { formatId, parseId } from '../schema/format-id.ts';
import { typeOf } from '../schema/type-table.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import type { ResourceFile } from './resource-file.ts';
import { isPresent, type Row, valueOf } from './row.ts';

/** What a new row may start with; the rest gets its defaults. */
export interface NewRow {
  readonly type: string;
  readonly id?: string;
  readonly accountId: string | null;
  readonly kind?: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly state?: string;
  readonly created?: number;
  readonly removed?: number | null;
  readonly uuid?: string;
  readonly fields?: JsonObject;
  readonly hidden?: JsonObject;
}

export type ChangeListener = (row: Row) => void;

/** Removed rows that are kept for GET by id, most; Cattle purges them by age instead. */
const removedRowsKept = 2_000;

/**
 * All rows in memory, grouped by base type. A change is announced to listeners at once and reaches the file, if there is
 * one, with the next `flush`, so that one request or one timer costs one transaction.
 */
export class ResourceStore {
  readonly #byBase = new Map<string, Map<string, Row>>();
  readonly #numbers = new Map<string, number>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #dirty = new Map<string, Row>();
  readonly #dropped = new Set<string>();
  readonly #removed = new Set<Row>();
  readonly #file: ResourceFile | undefined;
  #version = 0;

  constructor(file?: ResourceFile) {
    this.#file = file;
    const loaded = file?.load();
    for (const [base, next] of loaded?.numbers ?? []) this.#numbers.set(base, next);
    for (const row of loaded?.rows ?? []) this.#keep(row);
  }

  /** Grows with every change: tells whether what was worked out from the rows still holds. */
  get version(): number {
    return this.#version;
  }

  get isEmpty(): boolean {
    return this.#byBase.size === 0;
  }

  create(row: NewRow): Row {
    const type = typeOf(row.type);
    const created: Row = {
      id: row.id ?? this.#nextId(type),
      type: row.type,
      uuid: row.uuid ?? randomUUID(),
      created: row.created ?? Date.now(),
      accountId: row.accountId,
      kind: row.kind ?? row.type,
      name: row.name ?? null,
      description: row.description ?? null,
      state: row.state ?? 'requested',
      removed: row.removed ?? null,
      transitioning: 'no',
      transitioningMessage: null,
      fields: row.fields ?? {},
      hidden: row.hidden ?? {},
    };
    this.#keep(created);
    this.changed(created);
    return created;
  }

  /** A row by id, removed ones too, if it is of the type or of one with the same base. */
  find(type: TypeDefinition, id: string): Row | undefined {
    const row = this.#byBase.get(type.base)?.get(id.toLowerCase()) ?? this.#byBase.get(type.base)?.get(id);
    return row && (type.id === type.base || row.type === type.id || type.base === 'account') ? row : undefined;
  }

  /** A row by type name and id that has not been removed. */
  present(typeId: string, id: string | undefined): Row | undefined {
    const row = id === undefined ? undefined : this.find(typeOf(typeId), id);
    return row && isPresent(row) ? row : undefined;
  }

  /** Every row of a type, removed ones too: those of all kinds for a base type, else those of the one kind. */
  *rows(type: TypeDefinition): Generator<Row> {
    for (const row of this.#byBase.get(type.base)?.values() ?? []) if (type.id === type.base || row.type === type.id) yield row;
  }

  /** Rows that are not removed and whose field has this value. */
  where(typeId: string, field: string, value: string | null): Row[] {
    return this.filter(typeId, (row) => valueOf(row, field) === value);
  }

  /** Rows that are not removed and pass the test. */
  filter(typeId: string, test: (row: Row) => boolean): Row[] {
    return [...this.rows(typeOf(typeId))].filter((row) => isPresent(row) && test(row));
  }

  /** To be called after every change of a row. */
  changed(row: Row): void {
    this.#version++;
    this.#dirty.set(row.id, row);
    if (row.removed !== null) this.#removed.add(row);
    for (const listener of this.#listeners) listener(row);
  }

  /** @returns a function that ends it. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Writes what changed since the last time. */
  flush(): void {
    for (const row of this.#removed) {
      if (this.#removed.size <= removedRowsKept) break;
      this.#forget(row);
    }
    if (this.#dirty.size === 0 && this.#dropped.size === 0) return;
    this.#file?.save([...this.#dirty.values()], [...this.#dropped], this.#numbers);
    this.#dirty.clear();
    this.#dropped.clear();
  }

  close(): void {
    this.flush();
    this.#file?.close();
  }

  #nextId(type: TypeDefinition): string {
    const next = this.#numbers.get(type.base) ?? 1;
    this.#numbers.set(type.base, next + 1);
    return formatId(type, next);
  }

  #keep(row: Row): void {
    const type = typeOf(row.type);
    const rows = this.#byBase.get(type.base) ?? new Map<string, Row>();
    this.#byBase.set(type.base, rows.set(row.id, row));
    const number = parseId(type, row.id) ?? 0;
    this.#numbers.set(type.base, Math.max(this.#numbers.get(type.base) ?? 1, number + 1));
    if (row.removed !== null) this.#removed.add(row);
  }

  #forget(row: Row): void {
    this.#version++;
    this.#removed.delete(row);
    this.#byBase.get(typeOf(row.type).base)?.delete(row.id);
    this.#dirty.delete(row.id);
    this.#dropped.add(row.id);
  }
}
