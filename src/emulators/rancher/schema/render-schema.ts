import type { JsonObject } from '../../shared/json-value.ts';
import { actionAllowed, fieldVisible, methodsFor } from '../auth/role.ts';
import { collectionUrl, type View } from '../resource/address.ts';
import { modifiersOf } from '../resource/filter-rows.ts';
import type { Field } from './field.ts';
import type { TypeDefinition } from './type-definition.ts';
import { typeTable } from './type-table.ts';

/** A schema as a role sees it at an address. */
export function renderSchema(type: TypeDefinition, view: View): JsonObject {
  const { collection, resource } = methodsFor(view.role, type);
  const isResource = type.collectionMethods.length > 0 || type.resourceMethods.length > 0;
  const mayWrite = collection.includes('POST') || resource.includes('PUT');
  const fields = [...type.fields].filter(([name]) => fieldVisible(view.role, type, name));
  const actions = [...type.actions].filter(([name]) => actionAllowed(view.role, type, name));
  return {
    id: type.id,
    type: 'schema',
    links: {
      self: `${view.prefix}/schemas/${type.id}`,
      ...(isResource ? { collection: collectionUrl(view, type) } : {}),
    },
    actions: {},
    pluralName: type.plural,
    resourceMethods: [...resource],
    resourceFields: Object.fromEntries(fields.map(([name, field]) => [name, renderField(field, mayWrite)])),
    resourceActions: Object.fromEntries(
      actions.map(([name, { input, output }]) => [name, { input: input ?? null, output: output ?? null }]),
    ),
    collectionMethods: [...collection],
    collectionActions: {},
    collectionFields: {},
    collectionFilters: Object.fromEntries(type.columns.map((column) => [column, { modifiers: [...modifiersOf(type, column)] }])),
    includeableLinks: [],
  };
}

/** The list of schemas, in Cattle's order: by id. */
export function renderSchemas(view: View): JsonObject {
  const data = [...typeTable.values()]
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .map((type) => renderSchema(type, view));
  return { type: 'collection', resourceType: 'schema', links: { self: `${view.prefix}/schemas` }, data };
}

function renderField(field: Field, mayWrite: boolean): JsonObject {
  return {
    type: field.type,
    default: field.default ?? null,
    nullable: field.nullable,
    create: field.create && mayWrite,
    update: field.update && mayWrite,
    required: field.required,
    unique: field.unique,
    readOnCreateOnly: field.readOnCreateOnly,
    ...(field.min === undefined ? {} : { min: field.min }),
    ...(field.max === undefined ? {} : { max: field.max }),
    ...(field.minLength === undefined ? {} : { minLength: field.minLength }),
    ...(field.maxLength === undefined ? {} : { maxLength: field.maxLength }),
    ...(field.options === undefined ? {} : { options: [...field.options] }),
    ...(field.validChars === undefined ? {} : { validChars: field.validChars }),
  };
}
