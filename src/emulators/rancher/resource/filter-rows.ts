import { type JsonValue, textOf } from '../../shared/json-value.ts';
import { splitType } from '../schema/field.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import { type Row, valueOf } from '../store/row.ts';

const textModifiers = ['eq', 'ne', 'prefix', 'like', 'notlike', 'null', 'notnull'];
const numberModifiers = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'null', 'notnull'];
const plainModifiers = ['eq', 'ne', 'null', 'notnull'];

/** The modifiers that a column takes, by its field's type. */
export function modifiersOf(type: TypeDefinition, column: string): readonly string[] {
  const { outer } = splitType(type.fields.get(column)?.type ?? 'string');
  if (outer === 'int' || outer === 'float' || outer === 'date') return numberModifiers;
  return outer === 'boolean' || outer === 'enum' || outer === 'reference' || column === 'id' ? plainModifiers : textModifiers;
}

/** One condition on a column. */
export interface Filter {
  readonly column: string;
  readonly modifier: string;
  readonly value: string;
}

/**
 * The conditions in a query. What names no column, or a modifier the column does not take, is no condition: the API ignores
 * it.
 */
export function filtersIn(type: TypeDefinition, query: URLSearchParams): Filter[] {
  const columns = new Map(
    type.columns.filter((column) => type.fields.has(column)).map((column) => [column.toLowerCase(), column]),
  );
  return [...query].flatMap(([parameter, value]) => {
    const whole = columns.get(parameter.toLowerCase());
    if (whole !== undefined) return [{ column: whole, modifier: 'eq', value }];
    const at = parameter.lastIndexOf('_');
    const column = at < 0 ? undefined : columns.get(parameter.slice(0, at).toLowerCase());
    const modifier = parameter.slice(at + 1).toLowerCase();
    return column !== undefined && modifiersOf(type, column).includes(modifier) ? [{ column, modifier, value }] : [];
  });
}

/** True if a row meets all conditions. Texts compare without case, as MySQL's utf8_general_ci does. */
export function matches(type: TypeDefinition, row: Row, filters: readonly Filter[]): boolean {
  return filters.every((filter) => matchesOne(type, valueOf(row, filter.column), filter));
}

function matchesOne(type: TypeDefinition, value: JsonValue, { column, modifier, value: wanted }: Filter): boolean {
  if (modifier === 'null') return value === null;
  if (modifier === 'notnull') return value !== null;
  if (value === null) return false;
  const { outer } = splitType(type.fields.get(column)?.type ?? 'string');
  if (outer === 'int' || outer === 'float' || outer === 'date')
    return compareNumbers(Number(value), numberOf(wanted, outer), modifier);
  const text = fold(textOf(value));
  const other = fold(wanted);
  switch (modifier) {
    case 'eq':
      return outer === 'boolean' ? text === String(['true', '1'].includes(other)) : text === other;
    case 'ne':
      return text !== other;
    case 'prefix':
      return text.startsWith(other);
    case 'like':
      return like(text, other);
    default:
      return !like(text, other);
  }
}

function compareNumbers(value: number, wanted: number, modifier: string): boolean {
  switch (modifier) {
    case 'ne':
      return value !== wanted;
    case 'lt':
      return value < wanted;
    case 'lte':
      return value <= wanted;
    case 'gt':
      return value > wanted;
    case 'gte':
      return value >= wanted;
    default:
      return value === wanted;
  }
}

function numberOf(text: string, type: string): number {
  const number = Number(text);
  return type === 'date' && Number.isNaN(number) ? Date.parse(text) : number;
}

function fold(text: string): string {
  return text.toLowerCase().trimEnd();
}

/** SQL's LIKE with `%` and `_`, in time proportional to the lengths' product at worst, whatever the pattern. */
function like(text: string, pattern: string): boolean {
  let at = 0;
  let index = 0;
  let star = -1;
  let mark = 0;
  while (index < text.length) {
    const sign = pattern[at];
    if (sign === '%') {
      star = at++;
      mark = index;
    } else if (sign === '_' || sign === text[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++mark;
    } else return false;
  }
  while (pattern[at] === '%') at++;
  return at === pattern.length;
}
