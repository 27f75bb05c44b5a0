import type { JsonObject } from '../../shared/json-value.ts';
import { methodNotAllowed, notFound } from './api-error.ts';

/** What the functions here look at of a request. */
export interface CatalogRequest {
  readonly base: string;
  readonly path: string;
  readonly method: string;
}

const types: readonly (readonly [string, string])[] = [
  ['catalog', 'catalogs'],
  ['template', 'templates'],
  ['templateVersion', 'templateVersions'],
];

/** Address that a catalog request's links start with; undefined for any other request. */
export function catalogPrefix({ base, path }: CatalogRequest): string | undefined {
  const prefix = /^\/v1-catalog(\/projects\/[^/]+)?(?=\/|$)/.exec(path)?.[0];
  return prefix === undefined ? undefined : base + prefix;
}

/** The catalog service's API without any template in it: enough for the CLI, which asks it for upgrades of stacks. */
export function answerCatalog(request: CatalogRequest): JsonObject {
  const prefix = catalogPrefix(request);
  if (prefix === undefined) throw notFound();
  if (request.method !== 'GET') throw methodNotAllowed();
  const rest = (request.base + request.path).slice(prefix.length).replace(/^\/|\/$/g, '');
  const links = { self: prefix, ...Object.fromEntries(types.map(([, plural]) => [plural, `${prefix}/${plural.toLowerCase()}`])) };
  if (rest === '') return { id: 'v1-catalog', type: 'apiVersion', links, actions: {} };
  if (rest === 'schemas')
    return list(
      'schema',
      `${prefix}/schemas`,
      types.map((type) => schema(prefix, ...type)),
    );
  const found = types.find(([, plural]) => plural.toLowerCase() === rest.toLowerCase());
  if (!found) throw notFound();
  return list(found[0], `${prefix}/${rest}`, []);
}

function schema(prefix: string, id: string, pluralName: string): JsonObject {
  return {
    id,
    type: 'schema',
    links: { self: `${prefix}/schemas/${id}`, collection: `${prefix}/${pluralName.toLowerCase()}` },
    actions: {},
    pluralName,
    resourceMethods: ['GET'],
    resourceFields: {},
    collectionMethods: ['GET'],
  };
}

function list(resourceType: string, self: string, data: JsonObject[]): JsonObject {
  return { type: 'collection', resourceType, links: { self }, actions: {}, data };
}
