import type { IncomingHttpHeaders } from 'node:http';
import { ServiceError } from '../framework/errors.ts';

/** The first path segment of every route. */
export const apiVersion = 'v1-webhooks';

/** Makes the absolute URLs of an answer, by the rules of go-rancher's UrlBuilder. */
export class UrlBuilder {
  /** The URL that the caller asked for, without its query. */
  readonly current: string;
  /** What stands before `/v1-webhooks` in every URL of the answer. */
  readonly base: string;

  /**
   * @param path the decoded path of the request.
   * @throws ServiceError for headers that make no URL.
   */
  constructor(headers: IncomingHttpHeaders, path: string) {
    this.current = requestUrl(headers, path);
    const at = this.current.lastIndexOf(path);
    this.base = at >= 0 ? this.current.slice(0, at) : originOf(this.current);
  }

  schemas(id?: string): string {
    return `${this.base}/${apiVersion}/schemas${id === undefined ? '' : `/${id}`}`;
  }

  collection(plural: string): string {
    return `${this.base}/${apiVersion}/${plural.toLowerCase()}`;
  }

  /** As in Go, the project id goes in as it is. */
  receivers(projectId: string): string {
    return `${this.collection('receivers')}?projectId=${projectId}`;
  }

  receiver(id: string, projectId: string): string {
    return `${this.collection('receivers')}/${id}?projectId=${projectId}`;
  }

  receiverAction(id: string, projectId: string, action: string): string {
    return `${this.collection('receivers')}/${id}?action=${action}&projectId=${projectId}`;
  }

  /** One of our own resources, by the parts of its path; everything in it is encoded. */
  resource(parts: readonly string[], query: Readonly<Record<string, string>>): string {
    const path = parts.map(encodeURIComponent).join('/');
    return `${this.base}/${apiVersion}/${path}?${new URLSearchParams(query).toString()}`;
  }

  /** The current URL as the links of a collection show it. */
  currentWithProject(projectId: string): string {
    return `${this.current}?projectId=${projectId}`;
  }

  endpoint(): string {
    return `${this.base}/${apiVersion}/endpoint`;
  }
}

function requestUrl(headers: IncomingHttpHeaders, path: string): string {
  const given = first(headers['x-api-request-url']);
  if (given) return given.split('?')[0] ?? '';
  const host = headers.host ?? '';
  const protocol = first(headers['x-forwarded-proto']);
  const forwardedHost = first(headers['x-forwarded-host']) || host;
  if (protocol && forwardedHost) return `${protocol}://${withPort(forwardedHost, first(headers['x-forwarded-port']))}${path}`;
  return `http://${host}${path}`;
}

/** 80 and 443 count as absent, whatever the protocol. */
function withPort(host: string, port: string): string {
  if (port === '' || port === '80' || port === '443') return host;
  const bare = host.startsWith('[') ? host.replace(/\]:\d*$/, ']') : host.replace(/:[^:]*$/, '');
  return `${bare}:${port}`;
}

function first(header: string | string[] | undefined): string {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return (text.split(',')[0] ?? '').trim();
}

function originOf(url: string): string {
  if (!URL.canParse(url)) throw new ServiceError('InvalidRequest', 'X-API-request-url is no URL');
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
