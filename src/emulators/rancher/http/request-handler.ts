import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../../shared/json-value.ts';
import { jsonDepth } from '../../shared/json-depth.ts';
import { readBody } from '../../shared/read-body.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { type Caller, identifyCaller } from '../auth/caller.ts';
import { seesEverything } from '../auth/role.ts';
import type { EmulatorFaults } from '../faults/emulator-faults.ts';
import type { ProxyTokens } from '../proxy/proxy-tokens.ts';
import type { ServiceRouter } from '../proxy/service-router.ts';
import { isOpenPath, proxyToWebhooks } from '../proxy/webhook-proxy.ts';
import { ApiError, forbidden, methodNotAllowed, notFound } from './api-error.ts';
import { answerApi } from './api-operations.ts';
import type { ApiAnswer, ApiContext } from './api-request.ts';
import { answerCatalog, catalogPrefix } from './empty-catalog.ts';
import { type Incoming, viewOf } from './incoming.ts';
import { renderVersions } from './render-version.ts';

/** Largest body, bytes: room for a stack's compose files. */
const bodyLimit = 4 * 1024 * 1024;
const deepestJson = 200;

export interface RequestHandlerParts {
  readonly context: ApiContext;
  readonly authenticator: Authenticator;
  readonly faults: EmulatorFaults;
  readonly router: ServiceRouter;
  readonly tokens: ProxyTokens;
  readonly webhookServiceUrl: () => string | undefined;
}

/** Headers of an answer that a caller's identity brings. */
function identityHeaders({ account, scope }: Caller, request: IncomingMessage): Record<string, string> {
  return {
    'X-API-Account-Id': scope,
    'X-API-User-Id': account.id,
    'X-API-Account-Kind': account.kind,
    'X-API-Account-Name': (account.name ?? '').replace(/[^\x20-\x7e]/g, '?'),
    'X-API-Client-Ip': request.socket.remoteAddress ?? '',
  };
}

/** Sends each kind of path to what answers it. */
export class RequestHandler {
  readonly #parts: RequestHandlerParts;

  constructor(parts: RequestHandlerParts) {
    this.#parts = parts;
  }

  /**
   * Answers a request; the proxied kinds answer by themselves.
   *
   * @throws ApiError, BodyTooLargeError
   */
  async handle(incoming: Incoming, response: ServerResponse): Promise<ApiAnswer | undefined> {
    const { path } = incoming;
    if (path === '/_faults') return this.#onFaults(incoming);
    if (path.startsWith('/r/')) return this.#onServiceProxy(incoming, response);
    if (path === '/v1-webhooks' || path.startsWith('/v1-webhooks/')) return this.#onWebhooks(incoming, response);
    if (catalogPrefix(incoming) !== undefined) return this.#onCatalog(incoming);
    const containerPath = /^\/(?:v1|v2-beta)\/container-proxy(\/.*)?$/.exec(path);
    if (containerPath) return this.#onContainerProxy(incoming, response, containerPath[1] ?? '/');
    return this.#onApi(incoming, response);
  }

  /** @throws ApiError 401, 400, 403 */
  identify({ request, query, target }: Incoming, pathProject = target?.project): Caller {
    return identifyCaller({ headers: request.headers, query, pathProject }, this.#parts.authenticator, this.#parts.context.store);
  }

  async #onApi(incoming: Incoming, response: ServerResponse): Promise<ApiAnswer> {
    const { target, request, method, query, base, path } = incoming;
    if (!target && path !== '/') throw notFound();
    const caller = this.identify(incoming);
    for (const [name, value] of Object.entries(identityHeaders(caller, request))) response.setHeader(name, value);
    if (!target) return { status: 200, body: renderVersions(base) };
    const body = method === 'POST' || method === 'PUT' ? await readJson(request) : {};
    const { version, segments } = target;
    const view = viewOf(incoming, caller.role);
    const answer = answerApi(this.#parts.context, {
      method,
      version,
      segments,
      query,
      headers: request.headers,
      body,
      caller,
      view,
      base,
    });
    this.#parts.context.store.flush();
    return answer;
  }

  #onCatalog(incoming: Incoming): ApiAnswer {
    this.identify(incoming, /^\/v1-catalog\/projects\/([^/]+)/.exec(incoming.path)?.[1]);
    return { status: 200, body: answerCatalog(incoming) };
  }

  async #onFaults(incoming: Incoming): Promise<ApiAnswer> {
    const { faults } = this.#parts;
    if (!seesEverything(this.identify(incoming).role)) throw forbidden();
    if (incoming.method === 'POST') faults.addAll(await readJson(incoming.request));
    else if (incoming.method === 'DELETE') faults.clear();
    else if (incoming.method !== 'GET') throw methodNotAllowed();
    return { status: 200, body: faults.toJSON() };
  }

  /** `/r/projects/<project>/<service>[:port]<path>`. An unauthenticated caller is sent to the login page. */
  async #onServiceProxy(incoming: Incoming, response: ServerResponse): Promise<undefined> {
    const match = /^\/r\/projects\/([^/]+)\/([^/:]+)(?::(\d{1,5}))?(\/.*)?$/.exec(incoming.path);
    if (!match) throw notFound();
    const [, project = '', service = '', port, path = '/'] = match;
    try {
      const { projectId } = this.identify(incoming, project);
      const target = { projectId: projectId ?? '', service: decodeURIComponent(service), port: Number(port ?? 80) };
      const url = new URL(`${incoming.base}${incoming.path}`);
      incoming.request.headers['x-api-request-url'] ??= url.href;
      const query = incoming.rawQuery === '' ? '' : `?${incoming.rawQuery}`;
      await this.#parts.router.route(incoming.request, response, target, path + query);
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof URIError)) throw error;
      const isLogin = error instanceof ApiError && error.status === 401;
      const location = `/login?redirectTo=${encodeURIComponent(incoming.path)}`;
      response.writeHead(isLogin ? 302 : 503, isLogin ? { location } : { 'content-type': 'text/plain; charset=utf-8' });
      response.end(isLogin ? '' : 'Service unavailable');
    }
    return undefined;
  }

  async #onContainerProxy(incoming: Incoming, response: ServerResponse, path: string): Promise<undefined> {
    const target = this.#parts.tokens.redeem(incoming.query.get('token') ?? '');
    if (!target) throw new ApiError(401, 'Unauthorized', { message: 'Unauthorized' });
    const query = incoming.rawQuery
      .split('&')
      .filter((pair) => pair !== '' && !pair.startsWith('token='))
      .join('&');
    await this.#parts.router.route(incoming.request, response, target, query === '' ? path : `${path}?${query}`);
    return undefined;
  }

  async #onWebhooks(incoming: Incoming, response: ServerResponse): Promise<undefined> {
    const caller = isOpenPath(incoming.path) ? undefined : this.identify(incoming);
    const target = this.#parts.webhookServiceUrl();
    if (target === undefined) throw new ApiError(503, 'ServiceUnavailable', { message: 'no webhook-service is known' });
    const { path, rawQuery, base } = incoming;
    await proxyToWebhooks(incoming.request, response, { target, path, rawQuery, base, caller, bodyLimit });
    return undefined;
  }
}

/** An empty body is an empty object. @throws ApiError 400 InvalidBodyContent, BodyTooLargeError */
async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const text = (await readBody(request, bodyLimit)).toString();
  if (text.trim() === '') return {};
  if (jsonDepth(text) <= deepestJson) {
    try {
      const value: unknown = JSON.parse(text);
      if (isJsonObject(value)) return value;
      if (value === null) return {};
    } catch {
      // Falls through to the one error for everything that is no object.
    }
  }
  throw new ApiError(400, 'InvalidBodyContent', { message: 'Failed to parse body' });
}
