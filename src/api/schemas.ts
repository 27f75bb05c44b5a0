import { configFieldOf } from '../framework/definition.ts';
import type { DriverDefinition, FieldDefinition } from '../framework/driver.ts';
import type { JsonObject } from '../framework/json.ts';
import { deliverySchemas } from './deliveries/delivery-schemas.ts';
import { defaultOverlapSeconds, maxOverlapSeconds } from './receivers/act-on-receiver.ts';
import type { UrlBuilder } from './url-builder.ts';

/** What a resource type consists of, as Rancher's clients read it. */
export interface Schema {
  readonly id: string;
  readonly pluralName: string;
  readonly resourceFields: JsonObject;
  readonly resourceMethods: readonly string[];
  readonly collectionMethods?: readonly string[];
  readonly collectionActions?: JsonObject;
  readonly collectionFilters?: JsonObject;
  readonly resourceActions?: JsonObject;
}

const text = { type: 'string' };
const map = { type: 'map[string]' };
const list = { type: 'array[string]' };
const common = { actions: map, id: text, links: map, type: text };

/** Every schema of the API, made of the drivers' definitions. */
export class Schemas {
  readonly #schemas: ReadonlyMap<string, Schema>;

  /** @param legacy true for exactly the documents of the Go service 0.9.15. */
  constructor(definitions: readonly DriverDefinition[], legacy: boolean) {
    const shown = definitions.filter((definition) => !(legacy && definition.extension));
    const drivers = shown.map((definition) => driverSchema(definition, legacy));
    const all = [
      receiverSchema(shown, legacy),
      ...drivers,
      ...fixedSchemas,
      ...(legacy ? [] : [rotationSchema, planSchema, ...deliverySchemas]),
    ];
    this.#schemas = new Map(all.map((schema) => [schema.id.toLowerCase(), schema]));
  }

  collection(urls: UrlBuilder): JsonObject {
    const data = [...this.#schemas.values()].map((schema) => toResource(schema, urls));
    return { data, links: { self: urls.current }, resourceType: 'schema', type: 'collection' };
  }

  /** As in the Go service, an unknown id gives a resource without a type. */
  resource(id: string, urls: UrlBuilder): JsonObject {
    const schema = this.#schemas.get(id.toLowerCase());
    return schema ? toResource(schema, urls) : { actions: {}, links: { self: urls.schemas(id) } };
  }
}

function toResource({ id, pluralName, ...rest }: Schema, urls: UrlBuilder): JsonObject {
  const listed = rest.collectionMethods?.includes('GET') ? { collection: urls.collection(pluralName) } : {};
  return { actions: {}, id, links: { ...listed, self: urls.schemas(id) }, pluralName, type: 'schema', ...rest };
}

function receiverSchema(definitions: readonly DriverDefinition[], legacy: boolean): Schema {
  const configs = definitions.map(({ id }) => [configFieldOf(id), { create: true, ...(!legacy && { update: true }), type: id }]);
  return {
    id: 'receiver',
    pluralName: 'receivers',
    collectionMethods: ['GET', 'POST'],
    resourceMethods: legacy ? ['GET', 'DELETE'] : ['GET', 'PUT', 'DELETE'],
    ...(!legacy && { resourceActions }),
    resourceFields: {
      ...common,
      driver: { create: true, options: definitions.map(({ id }) => id), type: 'enum' },
      name: { create: true, type: 'string' },
      state: text,
      url: text,
      ...Object.fromEntries(configs),
      ...(!legacy && { paused: { type: 'bool' }, expiresAt: text, replacedBy: text, replaces: text }),
    },
  };
}

const rotationSchema: Schema = {
  id: 'receiverRotation',
  pluralName: 'receiverRotations',
  resourceMethods: [],
  resourceFields: {
    overlapSeconds: {
      create: true,
      required: false,
      type: 'int',
      min: 0,
      max: maxOverlapSeconds,
      default: defaultOverlapSeconds,
    },
  },
};

/** What a payload would come to: `POST …/receivers/<id>?action=plan`. */
const planSchema: Schema = {
  id: 'receiverPlan',
  pluralName: 'receiverPlans',
  resourceMethods: [],
  resourceFields: {
    ...common,
    state: { type: 'enum', options: ['planned', 'ignored', 'rejected'] },
    message: text,
    images: { type: 'array[json]' },
    plannedActions: { type: 'array[json]' },
    skipped: { type: 'array[json]' },
  },
};

const resourceActions = {
  pause: { output: 'receiver' },
  resume: { output: 'receiver' },
  rotate: { input: 'receiverRotation', output: 'receiver' },
  plan: { output: 'receiverPlan' },
};

function driverSchema(definition: DriverDefinition, legacy: boolean): Schema {
  const fields = definition.fields
    .filter((field) => !(legacy && field.extension))
    .map((field) => [field.name, fieldSchema(field, definition, legacy)]);
  return {
    id: definition.id,
    pluralName: `${definition.id}s`,
    resourceMethods: ['GET'],
    resourceFields: { ...Object.fromEntries(fields), type: { create: true, type: 'string' } },
  };
}

function fieldSchema(field: FieldDefinition, definition: DriverDefinition, legacy: boolean): JsonObject {
  const options = [...(field.options ?? []), ...(legacy ? [] : (field.extensionOptions ?? []))];
  // What Rancher 1.6's own fields do not say stays unsaid: old clients validate against it.
  const ours = field.extension || definition.extension;
  return {
    create: true,
    type: field.type,
    ...(field.default !== undefined && { default: field.default }),
    ...(options.length > 0 && { options }),
    ...(field.min !== undefined && { min: field.min }),
    ...(ours && field.max !== undefined && { max: field.max }),
    ...(ours && { update: true, description: field.description, required: field.required ?? false }),
  };
}

const fixedSchemas: readonly Schema[] = [
  { id: 'apiVersion', pluralName: 'apiVersions', collectionMethods: ['GET'], resourceMethods: ['GET'], resourceFields: common },
  {
    id: 'schema',
    pluralName: 'schemas',
    collectionMethods: ['GET'],
    resourceMethods: ['GET'],
    resourceFields: {
      ...common,
      collectionActions: map,
      collectionFields: map,
      collectionFilters: map,
      collectionMethods: list,
      includeableLinks: list,
      pluralName: text,
      resourceActions: map,
      resourceFields: map,
      resourceMethods: list,
    },
  },
  {
    id: 'error',
    pluralName: 'errors',
    collectionMethods: ['GET'],
    resourceMethods: ['GET'],
    resourceFields: { ...common, message: text, status: text, statusCode: { type: 'int' } },
  },
];
