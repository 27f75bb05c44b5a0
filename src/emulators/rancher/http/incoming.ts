import type { IncomingMessage } from 'node:http';
import type { View } from '../resource/address.ts';
import type { Role } from '../auth/role.ts';
import { catalogPrefix } from './empty-catalog.ts';
import { latestVersion } from './render-version.ts';
import { requestBase } from './request-base.ts';
import { type ApiTarget, splitTarget } from './split-target.ts';

/** A request's target as received, and what follows from it and the headers. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  /** Scheme, host and port as the caller sees them. */
  readonly base: string;
  /** Undefined for paths outside of the API. */
  readonly target: ApiTarget | undefined;
}

/** @param fallback address of the server for callers without a Host header. */
export function parseIncoming(request: IncomingMessage, fallback: string): Incoming {
  const whole = request.url ?? '/';
  const local = whole.startsWith('/') ? whole : whole.replace(/^\w+:\/\/[^/?]*/, '') || '/';
  const at = local.indexOf('?');
  const path = at < 0 ? local : local.slice(0, at);
  const rawQuery = at < 0 ? '' : local.slice(at + 1);
  return {
    request,
    method: request.method ?? 'GET',
    path,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    base: requestBase(request.headers, path, fallback),
    target: splitTarget(path),
  };
}

/** How the answer to a request shows addresses. */
export function viewOf({ base, target, request }: Incoming, role: Role): View {
  const versionUrl = `${base}/${target?.version ?? latestVersion}`;
  const prefix = target?.project === undefined ? versionUrl : `${versionUrl}/projects/${encodeURIComponent(target.project)}`;
  return {
    prefix,
    versionUrl,
    role,
    actionsKey: request.headers['x-api-action-links'] === undefined ? 'actions' : 'actionLinks',
  };
}

/** Value of X-API-Schemas, which every answer carries: clients find the schemas by it. */
export function schemasUrl(incoming: Incoming): string {
  const catalog = catalogPrefix(incoming);
  return `${catalog ?? viewOf(incoming, 'readonly').prefix}/schemas`;
}
