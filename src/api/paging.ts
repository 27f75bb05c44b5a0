import type { JsonObject } from '../framework/json.ts';
import { invalidField } from './invalid-field.ts';
import type { ApiRequest } from './request.ts';

const defaultLimit = 100;
/** Most resources in one answer. */
export const maxLimit = 1_000;

/** Which part of a collection is wanted. */
export interface Page {
  readonly limit: number;
  /** The id of the last resource of the page before. */
  readonly marker?: string;
}

/** @param isMarker what an id of the collection looks like. @throws ServiceError */
export function parsePage(query: URLSearchParams, isMarker: RegExp): Page {
  const limit = parseLimit(query.get('limit'), defaultLimit);
  const marker = query.get('marker');
  if (marker === null) return { limit };
  if (!isMarker.test(marker)) throw invalidField('marker', 'one of pagination.next');
  return { limit, marker };
}

/** -1 is what Rancher's clients ask for to get all: they get as many as there may be. @throws ServiceError */
export function parseLimit(text: string | null, absent: number): number {
  if (text === null) return absent;
  if (text === '-1') return maxLimit;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > maxLimit) throw invalidField('limit', `a whole number from 1 to ${maxLimit}`);
  return limit;
}

export interface Collection<T> {
  readonly resourceType: string;
  readonly page: Page;
  /** One more than the limit, if there are more. */
  readonly found: readonly T[];
  /** What the marker of the next page is made of. */
  markerOf(last: T): string;
  toResource(resource: T): JsonObject;
  /** Further fields of the collection. */
  readonly more?: JsonObject;
}

/** A collection in Rancher's form. `pagination` has `next` unless this is the last page, and `first` unless it is the first. */
export function toCollection<T>({ urls, query, projectId }: ApiRequest, collection: Collection<T>): JsonObject {
  const { page, found, resourceType, more } = collection;
  const shown = found.slice(0, page.limit);
  const last = shown.at(-1);
  const partial = found.length > page.limit;
  const next = partial && last !== undefined ? { marker: collection.markerOf(last) } : undefined;
  return {
    type: 'collection',
    resourceType,
    actions: {},
    links: { self: urls.currentWithProject(encodeURIComponent(projectId)) },
    data: shown.map((resource) => collection.toResource(resource)),
    pagination: {
      limit: page.limit,
      partial,
      ...(page.marker !== undefined && { marker: page.marker, first: withQuery(urls.current, query, { marker: undefined }) }),
      ...(next && { next: withQuery(urls.current, query, next) }),
    },
    ...more,
  };
}

/** The same URL with some parameters changed, or left out where they are undefined. */
export function withQuery(url: string, query: URLSearchParams, changes: Readonly<Record<string, string | undefined>>): string {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
  }
  return `${url}?${changed.toString()}`;
}
