import { isJsonObject, type JsonObject, type JsonValue, own, textOf } from '../../shared/json-value.ts';
import { invalid } from '../http/api-error.ts';
import { splitType } from '../schema/field.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import { typeTable } from '../schema/type-table.ts';
import { checkField } from './check-field.ts';

/** Whether a reference leads somewhere the caller may go. */
export type ReferenceCheck = (typeId: string, id: string) => boolean;

/**
 * What a caller's object means under a schema (gdapi ValidationHandler): unknown fields and those not open to the operation
 * are dropped, values converted and checked, and on create defaults put in and required fields asked for. Nested schemas
 * always follow the rules of create.
 *
 * @throws ApiError 422 with the field's name.
 */
export function convertInput(
  type: TypeDefinition,
  input: JsonObject,
  operation: 'create' | 'update',
  hasReference: ReferenceCheck,
): JsonObject {
  const isCreate = operation === 'create';
  const output: JsonObject = {};
  for (const [name, field] of type.fields) {
    const isOpen = isCreate ? field.create : field.update;
    const given = isOpen ? own(input, name) : undefined;
    const isDroppedNull = given === null && !field.nullable && field.default !== undefined;
    if (given !== undefined && !isDroppedNull) {
      const value = convert(name, field.type, given, hasReference);
      for (const item of Array.isArray(value) ? value : [value]) checkField(name, field, item);
      output[name] = value;
    }
    if (isCreate && output[name] === undefined && field.default !== undefined) output[name] = field.default;
    if (isCreate && isOpen && field.required && isMissing(output[name])) throw invalid('MissingRequired', name);
  }
  return output;
}

function isMissing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function convert(name: string, type: string, value: JsonValue, hasReference: ReferenceCheck): JsonValue {
  if (value === null) return null;
  const { outer, inner } = splitType(type);
  switch (outer) {
    case 'map': {
      if (!isJsonObject(value)) throw invalid('InvalidFormat', name);
      const entries = Object.entries(value).map(([key, item]): [string, JsonValue] => [
        key,
        convert(name, inner ?? 'json', item, hasReference),
      ]);
      return Object.fromEntries(entries);
    }
    case 'array':
      return (Array.isArray(value) ? value : [value]).map((item) => {
        if (item === null) throw invalid('NotNullable', name);
        return convert(name, inner ?? 'json', item, hasReference);
      });
    case 'reference': {
      const id = typeof value === 'number' ? String(value) : value;
      if (typeof id !== 'string' || !hasReference(inner ?? '', id)) throw invalid('InvalidReference', name);
      return id;
    }
    case 'json':
      return value;
    default:
      return convertPlain(name, outer, value, hasReference);
  }
}

function convertPlain(name: string, type: string, value: JsonValue, hasReference: ReferenceCheck): JsonValue {
  const nested = typeTable.get(type);
  if (nested) {
    if (!isJsonObject(value)) throw invalid('InvalidFormat', name);
    return { type: nested.id, ...convertInput(nested, value, 'create', hasReference) };
  }
  if (typeof value === 'object') throw invalid('InvalidFormat', name);
  if (type === 'boolean') return toBoolean(value);
  if (type === 'int' || type === 'float') return toNumber(name, type, value);
  if (type === 'date') return toDate(name, value);
  return String(value);
}

function toBoolean(value: JsonValue): boolean {
  return typeof value === 'boolean' ? value : ['true', 'yes', 'on', '1', 'y', 't'].includes(textOf(value).toLowerCase());
}

function toNumber(name: string, type: string, value: JsonValue): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw invalid('InvalidFormat', name);
  return type === 'int' ? Math.trunc(number) : number;
}

function toDate(name: string, value: JsonValue): number {
  const time = typeof value === 'number' ? value : Date.parse(textOf(value));
  if (!Number.isFinite(time)) throw invalid('InvalidDateFormat', name);
  return time;
}
