import { fieldsOf, inlined, messageOf, type SchemaField, wellKnown } from './api-schema.ts';
import { isMap, type JsonMap } from './kubernetes-object.ts';
import { StatusError } from './status-error.ts';

/** @throws StatusError 400 that names every field which the API does not have; a kind without a schema may have any. */
export function refuseUnknownFields(apiVersion: string, kind: string, object: JsonMap): void {
  const message = messageOf(apiVersion, kind);
  if (!fieldsOf(message)) return;
  const unknown = unknownFields(message, object, '');
  if (unknown.length === 0) return;
  const version = apiVersion.split('/').at(-1);
  const texts = unknown.map((field) => `unknown field ${JSON.stringify(field)}`).join(', ');
  const text = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: strict decoding error: ${texts}`;
  throw new StatusError(400, text);
}

function unknownFields(message: string, object: JsonMap, path: string): string[] {
  const fields = new Map(jsonFields(message).map((field) => [field.name, field]));
  if (fields.get('metadata')?.type === 'ObjectMeta') for (const name of ['apiVersion', 'kind']) fields.set(name, text(name));
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
