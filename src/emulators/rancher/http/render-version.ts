import type { JsonObject } from '../../shared/json-value.ts';
import { collectionUrl } from '../resource/address.ts';
import { typeTable } from '../schema/type-table.ts';
import type { ApiRequest } from './api-request.ts';

export const versions = ['v1', 'v2-beta'] as const;
export const latestVersion = 'v2-beta';

/** The resource at `/v2-beta`: links to every collection. */
export function renderVersion({ view, version }: ApiRequest): JsonObject {
  const types = [...typeTable.values()].filter((type) => type.collectionMethods.includes('GET'));
  const links = Object.fromEntries(types.map((type) => [type.plural, collectionUrl(view, type)]));
  return { id: version, type: 'apiVersion', links: { self: view.versionUrl, ...links }, actions: {} };
}

/** The list at `/`. */
export function renderVersions(base: string): JsonObject {
  const data = versions.map((id) => ({ id, type: 'apiVersion', links: { self: `${base}/${id}` }, actions: {} }));
  return {
    type: 'collection',
    resourceType: 'apiVersion',
    links: { self: `${base}/`, latest: `${base}/${latestVersion}` },
    actions: {},
    data,
  };
}
