import type { DriverConfig, DriverDefinition, FieldDefinition, FieldType } from './driver.ts';
import { ServiceError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** The receiver field that holds a driver's config: `scaleServiceConfig`. */
export function configFieldOf(driverId: string): string {
  return `${driverId}Config`;
}

/**
 * A config as a client sent it, checked against the definition. Names match in any case, unknown ones are dropped, zero
 * values (0, "", false, empty maps) are omitted, as Go's encoding/json with `omitempty` does; the client's own `type` stays.
 * @throws ServiceError `InvalidRequest` with the text that Go's encoding/json gives.
 */
export function decodeConfig(definition: DriverDefinition, value: unknown): DriverConfig {
  const struct = definition.id.charAt(0).toUpperCase() + definition.id.slice(1);
  const path = configFieldOf(definition.id);
  if (value === null || value === undefined) return {};
  if (!isJsonObject(value))
    throw refused(`json: cannot unmarshal ${jsonKind(value)} into Go struct field Webhook.${path} of type model.${struct}`);
  return decode(definition.fields, value, ({ name }, found, type) =>
    refused(`json: cannot unmarshal ${found} into Go struct field ${struct}.${path}.${name} of type ${type}`),
  );
}

/** What clients that show schemas as forms send along with every object. */
const ofEveryObject: ReadonlySet<string> = new Set(['type', 'basetype', 'id', 'links', 'actions']);
/** What a fork of the Go service has in a driver of the same name, and what has no meaning here. */
const ofOthers: ReadonlySet<string> = new Set(['env']);

/**
 * Refuses fields that a driver does not have: of a misspelt one nothing would be seen but that it has no effect. Drivers that
 * Rancher 1.6 knows drop them as the Go service did.
 * @throws ServiceError `InvalidConfig` that names the field.
 */
export function requireKnownFields({ id, fields, extension }: DriverDefinition, value: unknown): void {
  if (extension !== true || !isJsonObject(value)) return;
  const known = new Set(fields.map(({ name }) => name.toLowerCase()));
  for (const [name, entry] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (entry === null || known.has(lower) || ofEveryObject.has(lower) || ofOthers.has(lower)) continue;
    const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
    const text = `${configFieldOf(id)} has no field "${shown}"; it has ${fields.map((field) => field.name).join(', ')}`;
    throw new ServiceError('InvalidConfig', text, { fieldName: shown });
  }
}

/**
 * A config as it was stored, by us, by the Go service or by any member of the project.
 * @throws ServiceError `InvalidConfig` with the Go service's text.
 */
export function decodeStoredConfig(definition: DriverDefinition, value: unknown): DriverConfig {
  return decode(definition.fields, isJsonObject(value) ? value : {}, ({ name }, found, type) => {
    const kind = found.startsWith('number') ? 'float64' : found;
    const text = `Couldn't unmarshal config: 1 error(s) decoding:\n\n* '${name}' expected type '${type}', got unconvertible type '${kind}'`;
    return new ServiceError('InvalidConfig', text);
  });
}

type Mismatch = (field: FieldDefinition, found: string, type: string) => ServiceError;

/** The part of a field that Go's own `type` field of every config plays. */
const typeField: FieldDefinition = { name: 'type', type: 'string', description: '' };

function decode(fields: readonly FieldDefinition[], value: JsonObject, mismatch: Mismatch): DriverConfig {
  const byName = new Map([...fields, typeField].map((field) => [field.name.toLowerCase(), field]));
  const found = new Map<FieldDefinition, unknown>();
  for (const [name, entry] of Object.entries(value)) {
    const field = byName.get(name.toLowerCase());
    if (!field) continue;
    const text = field.mayBeNumber === true && typeof entry === 'number' ? String(entry) : entry;
    checkType(field, text, mismatch);
    found.set(field, text);
  }
  const config: Record<string, unknown> = {};
  for (const field of byName.values()) {
    const entry = found.get(field);
    if (!isZero(entry) || isOtherThanDefault(field, entry)) config[field.name] = entry;
  }
  return config;
}

/** Go omits every zero value; where ours has another default, false says something, and so does a 0 that may be. */
function isOtherThanDefault({ default: value, min }: FieldDefinition, entry: unknown): boolean {
  return (entry === false && value === true) || (entry === 0 && min === 0 && value !== undefined);
}

const goTypes: Readonly<Record<FieldType, string>> = {
  string: 'string',
  enum: 'string',
  int: 'int64',
  bool: 'bool',
  'map[string]': 'map[string]string',
  'array[string]': '[]string',
};

function checkType(field: FieldDefinition, value: unknown, mismatch: Mismatch): void {
  if (value === null) return;
  const type = goTypes[field.type];
  const fail = (entry: unknown, wanted: string): ServiceError => mismatch(field, jsonKind(entry), wanted);
  switch (field.type) {
    case 'string':
    case 'enum':
      if (typeof value !== 'string') throw fail(value, type);
      return;
    case 'bool':
      if (typeof value !== 'boolean') throw fail(value, type);
      return;
    case 'int':
      if (typeof value !== 'number') throw fail(value, type);
      if (!Number.isSafeInteger(value)) throw mismatch(field, `number ${value}`, type);
      return;
    case 'map[string]':
      if (!isJsonObject(value)) throw fail(value, type);
      for (const entry of Object.values(value)) if (typeof entry !== 'string' && entry !== null) throw fail(entry, 'string');
      return;
    case 'array[string]':
      if (!Array.isArray(value)) throw fail(value, type);
      for (const entry of value) if (typeof entry !== 'string' && entry !== null) throw fail(entry, 'string');
      return;
  }
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** How encoding/json names the kind of a value in its errors. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' || typeof value === 'number' ? typeof value : 'object';
}

function refused(text: string): ServiceError {
  return new ServiceError('InvalidRequest', `Bad request body: ${text}`);
}
