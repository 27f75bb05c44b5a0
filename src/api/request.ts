import type { IncomingHttpHeaders } from 'node:http';
import type { UrlBuilder } from './url-builder.ts';

/** A request to the management API, as its routes see it. */
export interface ApiRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  readonly urls: UrlBuilder;
  /** `projectId` of the query, as Rancher spells it; empty where it is absent. */
  readonly projectId: string;
  /** The `:id` of the route; empty where it has none. */
  readonly id: string;
  /** Reads the body. @throws ServiceError where it is too large or encoded. */
  body(): Promise<Buffer>;
}
