import type { JsonValue } from '../../shared/json-value.ts';
import { invalid } from '../http/api-error.ts';
import type { Field } from '../schema/field.ts';

/** Applies a field's limits to a converted value or to one item of a list. @throws ApiError 422 */
export function checkField(name: string, field: Field, value: JsonValue): void {
  if (value === null) {
    if (!field.nullable && field.default === undefined) throw invalid('NotNullable', name);
    return;
  }
  if (typeof value === 'number') {
    if (field.min !== undefined && value < field.min) throw invalid('MinLimitExceeded', name);
    if (field.max !== undefined && value > field.max) throw invalid('MaxLimitExceeded', name);
  }
  if (typeof value === 'object') return;
  const text = String(value);
  if (field.minLength !== undefined && text.length < field.minLength) throw invalid('MinLengthExceeded', name);
  if (field.maxLength !== undefined && text.length > field.maxLength) throw invalid('MaxLengthExceeded', name);
  if (field.options && !field.options.includes(text)) throw invalid('InvalidOption', name);
  if (field.validChars !== undefined && !new RegExp(`^[${field.validChars}]*$`).test(text))
    throw invalid('InvalidCharacters', name);
}
