import type { DeliveryState } from '../../framework/deliveries/delivery-record.ts';
import type { Row } from './transaction.ts';

export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

export function optionalText(row: Row, column: string): string | undefined {
  const value = row[column];
  return typeof value === 'string' ? value : undefined;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new Error(`the column ${column} holds no number`);
  return value;
}

export function optionalInteger(row: Row, column: string): number | undefined {
  const value = row[column];
  return typeof value === 'number' ? value : undefined;
}

export function bytes(row: Row, column: string): Buffer {
  const value = row[column];
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.alloc(0);
}

/** A column that holds JSON that this program wrote: its own code knows of which type. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function json<T>(row: Row, column: string): T {
  return JSON.parse(text(row, column)) as T;
}

/** The same for a row that may be damaged, and is not acted upon before that was found out. */
export function jsonOr<T>(row: Row, column: string, fallback: T): T {
  try {
    return JSON.parse(text(row, column)) as T;
  } catch {
    return fallback;
  }
}

export function state(row: Row): DeliveryState {
  return text(row, 'state') as DeliveryState;
}

const prefixes = { delivery: '1wd', action: '1wa', target: '1wt' } as const;

/** `1wd12`, in the form of Rancher's ids. */
export function idOf(type: keyof typeof prefixes, sequence: number): string {
  return `${prefixes[type]}${sequence}`;
}

/** The number in an id; undefined for what is none. */
export function sequenceOf(type: keyof typeof prefixes, id: string): number | undefined {
  const prefix = prefixes[type];
  const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}

/** For ids that this program has given out itself. */
export function requireSequence(type: keyof typeof prefixes, id: string): number {
  const sequence = sequenceOf(type, id);
  if (sequence === undefined) throw new Error(`${id} is no id of the type ${type}`);
  return sequence;
}

/** PostgreSQL takes no NUL in a text, which a sender may well send; and no database keeps half a character. */
export function storable(value: string): string {
  const whole = value.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\u2400') : whole;
}

/** JSON escapes a NUL, and PostgreSQL keeps the escape in a text as it is. */
export function toJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}
