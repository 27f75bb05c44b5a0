import type { ApiPath } from './api-path.ts';
import { isMap, type KubernetesObject } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { readNumber, readResourceVersion } from './read-number.ts';
import { selectorsOf } from '../objects/selectors.ts';
import { StatusError } from './status-error.ts';

/** One page of a collection. */
export interface Page {
  readonly items: KubernetesObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
}

/** Lists by `labelSelector`, `fieldSelector`, `limit` and `continue`. @throws StatusError 400 for one that cannot be read. */
export function listObjects(store: ObjectStore, { type, namespace }: ApiPath, query: URLSearchParams): Page {
  refuseOtherVersions(store, query);
  const after = readContinue(query.get('continue') ?? '');
  const all = store
    .list(type, namespace)
    .filter(selectorsOf(type, query))
    .filter((object) => after === undefined || keyOf(object) > after);
  const limit = readNumber(query, 'limit') ?? 0;
  const items = limit <= 0 ? all : all.slice(0, limit);
  const last = items.at(-1);
  const { resourceVersion } = store;
  if (items.length === all.length || !last) return { items, metadata: { resourceVersion } };
  const next = Buffer.from(JSON.stringify({ start: keyOf(last) })).toString('base64url');
  return { items, metadata: { resourceVersion, continue: next, remainingItemCount: all.length - items.length } };
}

/**
 * Only the present is kept. A client that has seen a version which this server never had, since the server began anew, is to
 * begin anew too.
 */
function refuseOtherVersions({ resourceVersion }: ObjectStore, query: URLSearchParams): void {
  const wanted = readResourceVersion(query);
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && (query.get('resourceVersion') ?? '') === '')
    throw matchRefused('Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && wanted < Number(resourceVersion))
    throw new StatusError(410, 'The resourceVersion for the provided list is too old.');
  if (wanted <= Number(resourceVersion)) return;
  const details = {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  };
  const message = `Timeout: Too large resource version: ${wanted}, current: ${resourceVersion}`;
  throw new StatusError(504, message, details, 'Timeout');
}

function matchRefused(message: string): StatusError {
  const cause = { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' };
  const details = { group: 'meta.k8s.io', kind: 'ListOptions', causes: [cause] };
  return new StatusError(422, `ListOptions.meta.k8s.io "" is invalid: ${cause.field}: ${message}`, details);
}

function readContinue(token: string): string | undefined {
  if (token === '') return undefined;
  try {
    const found: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (isMap(found) && typeof found['start'] === 'string') return found['start'];
  } catch {
    // Said below, as for any other token that is not ours.
  }
  throw new StatusError(400, 'continue key is not valid');
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
