import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../shared/json-value.ts';
import type { Caller } from '../auth/caller.ts';
import type { ProcessEngine } from '../process/process-engine.ts';
import type { View } from '../resource/address.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/** One authenticated call of the API, its path already split. */
export interface ApiRequest {
  readonly method: string;
  /** `v1` or `v2-beta`. */
  readonly version: string;
  /** Path after the version and the project, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  readonly caller: Caller;
  readonly view: View;
  /** Scheme, host and port as the caller sees them. */
  readonly base: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

/** What operations work with. */
export interface ApiContext {
  readonly store: ResourceStore;
  readonly engine: ProcessEngine;
  /** Makes the token and address of a proxy to a target, for serviceProxy and container actions. */
  readonly issueProxyToken: (target: ProxyTarget) => string;
}

/** What a proxy token leads to: a service, or a container of one, by project. */
export interface ProxyTarget {
  readonly projectId: string;
  readonly service: string;
  readonly port: number;
}
