import { fieldsOf, inlined, messageOf, type SchemaField, wellKnown } from '../schema/api-schema.ts';
import { isMap, type JsonMap } from '../objects/kubernetes-object.ts';
import { StatusError } from '../http/status-error.ts';

/** What is done about fields that the API does not have: the object is refused, the client is told, or neither. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/**
 * The object without the fields that the API does not have; a kind without a schema may have any.
 * @param warn is told of each of them, where it is to be told.
 * @throws StatusError 400 that names them all, where they are refused.
 */
export function withoutUnknownFields(
  apiVersion: string,
  kind: string,
  object: JsonMap,
  validation: FieldValidation,
  warn: (text: string) => void,
): JsonMap {
  const message = messageOf(apiVersion, kind);
  if (!fieldsOf(message)) return object;
  const unknown = unknownFields(message, object, '');
  if (unknown.length === 0) return object;
  const texts = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
  const version = apiVersion.split('/').at(-1);
  const start = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`;
  if (validation === 'Strict') throw new StatusError(400, `${start}: strict decoding error: ${texts.join(', ')}`);
  if (validation === 'Warn') texts.forEach(warn);
  return known(message, object);
}

function known(message: string, object: JsonMap): JsonMap {
  const fields = knownFields(message);
  const kept = Object.entries(object).filter(([name]) => name === 'status' || fields.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, knownBelow(fields.get(name), value)]));
}

function knownBelow(field: SchemaField | undefined, value: unknown): unknown {
  if (!field || wellKnown.has(field.type) || !fieldsOf(field.type)) return value;
  const below = (entry: unknown): unknown => (isMap(entry) ? known(field.type, entry) : entry);
  if (field.kind === 'list') return Array.isArray(value) ? value.map(below) : value;
  if (field.kind === 'map' && isMap(value))
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, below(entry)]));
  return below(value);
}

function knownFields(message: string): Map<string, SchemaField> {
  const fields = new Map(jsonFields(message).map((field) => [field.name, field]));
  if (fields.get('metadata')?.type === 'ObjectMeta') for (const name of ['apiVersion', 'kind']) fields.set(name, text(name));
  return fields;
}

function unknownFields(message: string, object: JsonMap, path: string): string[] {
  const fields = knownFields(message);
  return Object.entries(object).flatMap(([name, value]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const field = fields.get(name);
    // The schema has no statuses, which clients do not write.
    if (name === 'status') return [];
    return field ? unknownBelow(field, value, at) : [at];
  });
}

function unknownBelow({ kind, type }: SchemaField, value: unknown, path: string): string[] {
  if (wellKnown.has(type) || !fieldsOf(type)) return [];
  if (kind === 'list' && Array.isArray(value))
    return value.flatMap((entry, index) => (isMap(entry) ? unknownFields(type, entry, `${path}[${index}]`) : []));
  if (kind === 'map' && isMap(value))
    return Object.entries(value).flatMap(([name, entry]) => (isMap(entry) ? unknownFields(type, entry, `${path}.${name}`) : []));
  return kind === 'one' && isMap(value) ? unknownFields(type, value, path) : [];
}

function jsonFields(message: string): SchemaField[] {
  return (fieldsOf(message) ?? []).flatMap((field) => (inlined.has(field.name) ? jsonFields(field.type) : field));
}

function text(name: string): SchemaField {
  return { number: 0, name, kind: 'one', type: 's' };
}
