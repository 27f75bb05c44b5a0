import { type JsonObject, type JsonValue, textOf } from '../../shared/json-value.ts';
import { methodsFor } from '../auth/role.ts';
import { parseId } from '../schema/format-id.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import { typeNamed, typeOf } from '../schema/type-table.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { type Row, valueOf } from '../store/row.ts';
import { collectionUrl, type View } from './address.ts';
import { filtersIn, matches } from './filter-rows.ts';
import { followLink } from './links.ts';
import { renderResource } from './render-resource.ts';

const defaultLimit = 100;
const maxLimit = 3_000;

export interface CollectionRequest {
  readonly type: TypeDefinition;
  /** Every row the caller may see, removed ones too. */
  readonly rows: Iterable<Row>;
  readonly query: URLSearchParams;
  /** Address of the collection without its query. */
  readonly url: string;
}

/**
 * A list as Cattle answers it: filtered, sorted and cut into pages. Removed rows are left out unless the query filters by
 * `removed`.
 */
export function renderCollection(store: ResourceStore, view: View, { type, rows, query, url }: CollectionRequest): JsonObject {
  const filters = filtersIn(type, query);
  const asksForRemoved = filters.some(({ column }) => column === 'removed');
  const found = [...rows].filter((row) => (asksForRemoved || row.removed === null) && matches(type, row, filters));
  const sort = type.columns.find((column) => column.toLowerCase() === query.get('sort')?.toLowerCase());
  const order = query.get('order')?.toLowerCase() === 'desc' ? 'desc' : 'asc';
  found.sort(compareRows(sort, order));
  const limit = limitOf(query);
  const start = Number(/^m(\d{1,9})$/.exec(query.get('marker') ?? '')?.[1] ?? 0);
  const page = found.slice(start, start + limit);
  const isPartial = start + limit < found.length;
  const withQuery = (changes: Readonly<Record<string, string>>): string => {
    const changed = new URLSearchParams(query);
    for (const [name, value] of Object.entries(changes)) changed.set(name, value);
    return `${url}?${changed.toString()}`;
  };
  const canCreate = methodsFor(view.role, type).collection.includes('POST');
  return {
    type: 'collection',
    resourceType: type.id,
    links: { self: url },
    createTypes: canCreate ? { [type.id]: collectionUrl(view, type) } : {},
    actions: {},
    data: page.map((row) => withIncluded(store, row, view, query.get('include'))),
    sortLinks: Object.fromEntries(type.columns.map((column) => [column, withQuery({ sort: column })])),
    pagination: {
      first: start > 0 ? withQuery({ marker: 'm0' }) : null,
      previous: start > 0 ? withQuery({ marker: `m${Math.max(0, start - limit)}` }) : null,
      next: isPartial ? withQuery({ limit: String(limit), marker: `m${start + limit}` }) : null,
      limit,
      total: isPartial || start > 0 ? null : found.length,
      partial: isPartial,
    },
    sort:
      sort === undefined ? null : { name: sort, order, reverse: withQuery({ sort, order: order === 'asc' ? 'desc' : 'asc' }) },
    filters: Object.fromEntries(
      type.columns.map((column): [string, JsonValue] => {
        const given = filters.filter((filter) => filter.column === column);
        return [column, given.length === 0 ? null : given.map(({ modifier, value }) => ({ modifier, value }))];
      }),
    ),
    createDefaults: {},
  };
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null || !/^[+-]?\d+$/.test(text)) return defaultLimit;
  const number = Number(text);
  return number <= 0 || number > maxLimit ? maxLimit : number;
}

/** Ties, and everything without a sort field, go by number. */
function compareRows(sort: string | undefined, order: 'asc' | 'desc'): (left: Row, right: Row) => number {
  const sign = order === 'desc' ? -1 : 1;
  return (left, right) =>
    sign *
    ((sort === undefined ? 0 : compareValues(valueOf(left, sort), valueOf(right, sort), sort, left, right)) ||
      byNumber(left, right));
}

function compareValues(left: JsonValue, right: JsonValue, sort: string, leftRow: Row, rightRow: Row): number {
  if (sort === 'id') return byNumber(leftRow, rightRow);
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? -1 : 1;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [first, second] = [textOf(left).toLowerCase(), textOf(right).toLowerCase()];
  return first === second ? 0 : first < second ? -1 : 1;
}

function byNumber(left: Row, right: Row): number {
  const number = (row: Row): number => parseId(typeOf(row.type), row.id) ?? 0;
  return number(left) - number(right) || (left.id < right.id ? -1 : 1);
}

/** `include=<link>` puts what the link leads to into each resource; one link only. */
function withIncluded(store: ResourceStore, row: Row, view: View, include: string | null): JsonObject {
  const shown = renderResource(store, row, view);
  const type = include === null ? undefined : typeNamed(row.type);
  const target = type && include !== null ? followLink(store, type, row, include) : undefined;
  if (!target || include === null) return shown;
  if ('row' in target) return { ...shown, [include]: target.row ? renderResource(store, target.row, view) : null };
  return { ...shown, [include]: target.rows.map((other) => renderResource(store, other, view)) };
}
