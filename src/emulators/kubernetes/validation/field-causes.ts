import { isMap } from '../objects/kubernetes-object.ts';
import type { FieldCause } from '../http/status-error.ts';

export function required(field: string, what = ''): FieldCause {
  return { field, message: `Required value${what === '' ? '' : `: ${what}`}` };
}

/** A number or a share in percent. */
export function amountCauses(field: string, value: unknown): FieldCause[] {
  if (typeof value === 'number') return wholeNumber(field, value);
  if (value === undefined || (typeof value === 'string' && /^\d+%$/.test(value))) return [];
  return [invalidValue(field, value, "a valid percent string must be a numeric string followed by an ending '%'")];
}

export function wholeNumber(field: string, value: unknown): FieldCause[] {
  if (typeof value === 'number' && value >= 0) return [];
  return [invalidValue(field, value, 'must be greater than or equal to 0')];
}

export function invalidValue(field: string, value: unknown, why: string): FieldCause {
  return { field, message: `Invalid value: ${isMap(value) || value !== undefined ? JSON.stringify(value) : '""'}: ${why}` };
}

export function unsupported(field: string, value: unknown, supported: readonly string[]): FieldCause {
  const list = supported.map((each) => JSON.stringify(each)).join(', ');
  return { field, message: `Unsupported value: ${JSON.stringify(value ?? '')}: supported values: ${list}` };
}
