import { isJsonObject, type JsonObject } from '../framework/json.ts';
import { type Answer, type CallOptions, requireObject } from './http-caller.ts';
import { pathPart } from './path-part.ts';
import { RancherError } from './rancher-error.ts';

/** What is kept of one schema: where its collection is and what may be done there. */
export interface TypeSchema {
  readonly collection: string;
  readonly collectionMethods: readonly string[];
  readonly resourceMethods: readonly string[];
}

export type ProjectSchemas = ReadonlyMap<string, TypeSchema>;

/** After this long the schemas are fetched again even if they still fit, milliseconds: roles change. */
const maxAgeMs = 10 * 60_000;
const maxProjects = 512;

/**
 * The schemas of every project, fetched once (go-rancher fetches them at every request) and again when they stop fitting.
 */
export class ProjectSchemasCache {
  readonly #entries = new Map<string, { schemas: Promise<ProjectSchemas>; at: number }>();
  readonly #get: (options: CallOptions) => Promise<Answer>;
  readonly #api: string;

  /**
   * @param get makes an authenticated call.
   * @param api the API's address with its version.
   */
  constructor(get: (options: CallOptions) => Promise<Answer>, api: string) {
    this.#get = get;
    this.#api = api;
  }

  /** True if asking for the project's schemas now costs no call. */
  has(projectId: string): boolean {
    const entry = this.#entries.get(projectId);
    return entry !== undefined && performance.now() - entry.at < maxAgeMs;
  }

  /** @throws RancherError `schemas` */
  get(projectId: string): Promise<ProjectSchemas> {
    const known = this.#entries.get(projectId);
    if (known && this.has(projectId)) return known.schemas;
    const entry = { schemas: this.#fetch(projectId), at: performance.now() };
    this.#entries.delete(projectId);
    this.#entries.set(projectId, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxProjects) break;
      this.#entries.delete(oldest);
    }
    entry.schemas.catch(() => {
      if (this.#entries.get(projectId) === entry) this.#entries.delete(projectId);
    });
    return entry.schemas;
  }

  forget(projectId: string): void {
    this.#entries.delete(projectId);
  }

  async #fetch(projectId: string): Promise<ProjectSchemas> {
    const part = pathPart(projectId);
    if (part === undefined)
      throw new RancherError('schemas', `Rancher has no project ${JSON.stringify(projectId)}`, { status: 404 });
    const url = `${this.#api}/projects/${part}/schemas`;
    try {
      const first = await this.#get({ method: 'GET', url });
      let body = requireObject(first, { method: 'GET', url });
      const named = first.headers.get('x-api-schemas');
      if (!named) throw new RancherError('schemas', `no X-API-Schemas header from [${url}]`);
      const elsewhere = onServer(named, this.#api);
      if (elsewhere !== url)
        body = requireObject(await this.#get({ method: 'GET', url: elsewhere }), { method: 'GET', url: elsewhere });
      return parseSchemas(body, this.#api);
    } catch (error) {
      if (!(error instanceof RancherError)) throw error;
      throw new RancherError('schemas', error.message, {
        cause: error,
        retryAfterSeconds: error.retryAfterSeconds,
        ...(error.status !== undefined && { status: error.status }),
      });
    }
  }
}

/**
 * A link that Rancher gave out, on the server that we were configured with: a link to another host, as a proxy in between
 * may produce, must not draw the service's key there.
 * @throws RancherError `unreachable` for what is no such link.
 */
export function onServer(link: string, api: string): string {
  const url = URL.canParse(link, api) ? new URL(link, api) : undefined;
  // Of any other scheme the path need not begin with a slash, so that `x:@host/` would become a host of its own.
  if (!url || !/^https?:$/.test(url.protocol))
    throw new RancherError('unreachable', 'Rancher gave out a link that is no HTTP URL');
  return new URL(api).origin + url.pathname + url.search;
}

function parseSchemas(body: JsonObject, api: string): ProjectSchemas {
  const schemas = new Map<string, TypeSchema>();
  for (const schema of Array.isArray(body['data']) ? body['data'] : []) {
    if (!isJsonObject(schema) || typeof schema['id'] !== 'string' || !isJsonObject(schema['links'])) continue;
    const collection = schema['links']['collection'];
    if (typeof collection !== 'string') continue;
    schemas.set(schema['id'], {
      collection: onServer(collection, api),
      collectionMethods: strings(schema['collectionMethods']),
      resourceMethods: strings(schema['resourceMethods']),
    });
  }
  return schemas;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
