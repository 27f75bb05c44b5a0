import { fieldsOf, inlined, messageOf, type SchemaField } from './api-schema.ts';
import { type ApiVersion, nameOf } from './api-versions.ts';
import { type ResourceType, resourceTypes } from './resource-types.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * What kubectl looks for in /openapi/v3: which kinds take `fieldValidation`, and for `kubectl explain` the names and types of
 * their fields, without descriptions. @returns undefined for any other path.
 */
export function openApi(path: string, served: readonly ApiVersion[]): unknown {
  if (path === '/openapi/v3')
    return {
      paths: Object.fromEntries(served.map((each) => [rootOf(each), { serverRelativeURL: `/openapi/v3/${rootOf(each)}` }])),
    };
  const root = path.replace(/^\/openapi\/v3\//, '');
  const found = served.find((each) => rootOf(each) === root);
  if (!found) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths: Object.fromEntries(found.types.flatMap((type) => pathsOf(root, found, type))),
    components: { schemas: schemasOf(found) },
  };
}

function rootOf(version: ApiVersion): string {
  return `${version.group === '' ? 'api' : 'apis'}/${nameOf(version)}`;
}

function pathsOf(root: string, { group, version }: ApiVersion, { kind, resource, namespaced }: ResourceType): [string, Schema][] {
  const collection = `/${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`;
  const of = { 'x-kubernetes-group-version-kind': { group, version, kind }, responses: { 200: { description: 'OK' } } };
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }));
  return [
    [collection, { get: { 'x-kubernetes-action': 'list', ...of } }],
    [`${collection}/{name}`, { patch: { 'x-kubernetes-action': 'patch', ...of, parameters } }],
  ];
}

/** The schemas of the kinds and of all that is in them. */
function schemasOf(version: ApiVersion): Schema {
  const { group, version: number, types } = version;
  const schemas: Record<string, Schema> = {};
  const waiting: string[] = [];
  for (const { kind } of types) {
    const message = messageOf(nameOf(version), kind);
    waiting.push(message);
    schemas[schemaName(message)] = {
      ...schemaOf(message, waiting),
      'x-kubernetes-group-version-kind': [{ group, version: number, kind }],
    };
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
    schemas[schemaName(next)] ??= named[next] ?? schemaOf(next, waiting);
  return schemas;
}

/** kubectl shows what stands behind the last dot. */
function schemaName(message: string): string {
  const [name = '', group] = message.split('@');
  return group === undefined ? name : `${group}.${name}`;
}

/** @param waiting gets the messages that the schema refers to. */
function schemaOf(message: string, waiting: string[]): Schema {
  const fields = (fieldsOf(message) ?? []).flatMap((field) => (inlined.has(field.name) ? (fieldsOf(field.type) ?? []) : field));
  const own = kinds.has(schemaName(message).split('.').at(-1) ?? '')
    ? { apiVersion: { type: 'string' }, kind: { type: 'string' } }
    : {};
  const properties = fields.map((field) => [field.name, fieldSchema(field, waiting)]);
  return { type: 'object', properties: { ...own, ...Object.fromEntries(properties) } };
}

function fieldSchema({ kind, type }: SchemaField, waiting: string[]): Schema {
  const one = typeSchema(type, waiting);
  if (kind === 'list') return { type: 'array', items: one };
  return kind === 'map' ? { type: 'object', additionalProperties: one } : one;
}

const plain: Readonly<Record<string, Schema>> = {
  s: { type: 'string' },
  i: { type: 'integer', format: 'int64' },
  b: { type: 'boolean' },
  x: { type: 'string', format: 'byte' },
  d: { type: 'number', format: 'double' },
  Time: { type: 'string', format: 'date-time' },
  MicroTime: { type: 'string', format: 'date-time' },
};

/** Plain values that kubectl shows by their names. */
const named: Readonly<Record<string, Schema>> = {
  FieldsV1: { type: 'object' },
  IntOrString: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  Quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
};
const kinds = new Set(resourceTypes.map(({ kind }) => kind));

function typeSchema(type: string, waiting: string[]): Schema {
  const known = plain[type];
  if (known) return known;
  waiting.push(type);
  return { allOf: [{ $ref: `#/components/schemas/${schemaName(type)}` }] };
}
