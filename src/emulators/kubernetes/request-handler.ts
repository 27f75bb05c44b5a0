import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { jsonDepth } from '../shared/json-depth.ts';
import { BodyTooLargeError, readBody } from '../shared/read-body.ts';
import { type ApiPath, parseApiPath } from './api-path.ts';
import type { Controllers } from './controllers.ts';
import { discovery } from './discovery.ts';
import type { EmulatorFaults } from './emulator-faults.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { ObjectWrites, scaleOf, type WriteOptions } from './object-writes.ts';
import type { ObjectStore } from './object-store.ts';
import { apiVersionOf, qualifiedName } from './resource-types.ts';
import { selectorsOf } from './selectors.ts';
import { StatusError } from './status-error.ts';
import { toTable } from './table.ts';
import { serveWatch } from './watch.ts';

/** As the API server's own limit for a request, bytes. */
const maxBodyBytes = 3 * 1024 * 1024;
/** Deeper than any object of the API. */
const maxDepth = 100;

/**
 * What a client puts before the path instead of a bearer token: kubectl sends no token over plain HTTP, but keeps the path of
 * its server's address.
 */
export const tokenPrefix = '/token/';

/** One request as the log keeps it. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
}

export interface HandlerParts {
  readonly store: ObjectStore;
  readonly controllers: Controllers;
  readonly faults: EmulatorFaults;
  readonly token: string;
  /** Waits until what a write set in motion has come to rest, where the speed is `instant`. */
  settle(): Promise<void>;
  log(request: LoggedRequest): void;
}

/** Answers every request; whatever goes wrong is a Status object. */
export class RequestHandler {
  readonly #parts: HandlerParts;
  readonly #writes: ObjectWrites;

  constructor(parts: HandlerParts) {
    this.#parts = parts;
    this.#writes = new ObjectWrites(parts.store);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults } = this.#parts;
    const method = request.method ?? 'GET';
    const url = request.url ?? '/';
    this.#parts.log({ method, path: url, contentType: request.headers['content-type'] ?? '' });
    try {
      if (faults.latencyMs > 0) await pause(faults.latencyMs);
      const fault = faults.take(method, url);
      if (fault?.drop) {
        response.destroy();
        return;
      }
      if (fault) throw new StatusError(fault.status ?? 500, 'a fault was asked for');
      await this.#route(method, url, request, response);
    } catch (thrown) {
      this.#fail(thrown, response);
    }
  }

  async #route(method: string, url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [fullPath, rawQuery] = splitQuery(url);
    const prefix = `${tokenPrefix}${this.#parts.token}`;
    const hasToken = fullPath === prefix || fullPath.startsWith(`${prefix}/`);
    const pathname = hasToken ? fullPath.slice(prefix.length) : fullPath;
    if (/^\/(healthz|readyz|livez)(\/|$)/.test(pathname)) {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok');
      return;
    }
    const path = parseApiPath(pathname);
    if (!hasToken) this.#authenticate(request, method, pathname, path);
    const document = discovery(pathname.replace(/\/$/, ''), request.headers.host ?? '');
    if (document !== undefined) return send(response, 200, document);
    if (!path) throw new StatusError(404, 'the server could not find the requested resource');
    const query = new URLSearchParams(rawQuery);
    if (method === 'GET') return this.#read(path, query, request, response);
    const body = await parseBody(request);
    const options = writeOptions(query, request);
    const { code, object } = this.#write(method, path, request, body, options);
    if (!options.dryRun) await this.#parts.settle();
    const now =
      method === 'DELETE' || options.dryRun
        ? undefined
        : this.#parts.store.find(path.type, object.metadata.namespace ?? '', object.metadata.name);
    send(response, code, scaleOf(path, now ?? object) ?? now ?? object);
  }

  #read(path: ApiPath, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const { store, faults } = this.#parts;
    const asTable = (request.headers.accept ?? '').includes('as=Table');
    if (query.get('watch') === '1' || query.get('watch') === 'true')
      return serveWatch(store, faults, { path, query, asTable }, response);
    const { type, namespace, name } = path;
    if (name !== '') {
      const object = store.require(type, namespace, name);
      return send(
        response,
        200,
        asTable ? toTable(type.kind, [object], store.resourceVersion) : (scaleOf(path, object) ?? object),
      );
    }
    const items = store.list(type, namespace).filter(selectorsOf(query));
    const list = {
      kind: `${type.kind}List`,
      apiVersion: apiVersionOf(type),
      metadata: { resourceVersion: store.resourceVersion },
      items,
    };
    return send(response, 200, asTable ? toTable(type.kind, items, store.resourceVersion) : list);
  }

  #write(
    method: string,
    path: ApiPath,
    request: IncomingMessage,
    body: unknown,
    options: WriteOptions,
  ): { code: number; object: KubernetesObject } {
    if (method === 'POST' && path.name === '') return { code: 201, object: this.#writes.create(path, body, options) };
    if (method === 'PUT' && path.name !== '') return { code: 200, object: this.#writes.replace(path, body, options) };
    if (method === 'PATCH' && path.name !== '') {
      const contentType = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
      const code = this.#parts.store.find(path.type, path.namespace, path.name) ? 200 : 201;
      return { code, object: this.#writes.patch(path, contentType, body, options) };
    }
    if (method === 'DELETE' && path.name !== '' && path.subresource === '') {
      const object = this.#parts.store.require(path.type, path.namespace, path.name);
      if (!options.dryRun) this.#parts.controllers.remove(path.type, object);
      return { code: 200, object };
    }
    throw new StatusError(405, 'the server does not allow this method on the requested resource');
  }

  /** Without credentials a caller is anonymous and may do nothing, as on a real server with RBAC. */
  #authenticate(request: IncomingMessage, method: string, pathname: string, path: ApiPath | undefined): void {
    const { authorization } = request.headers;
    if (authorization === `Bearer ${this.#parts.token}`) return;
    if (authorization !== undefined) throw new StatusError(401, 'Unauthorized');
    const verbs: Readonly<Record<string, string>> = {
      GET: path?.name === '' ? 'list' : 'get',
      POST: 'create',
      PUT: 'update',
      PATCH: 'patch',
      DELETE: 'delete',
    };
    const verb = verbs[method] ?? method.toLowerCase();
    if (!path) throw new StatusError(403, `forbidden: User "system:anonymous" cannot ${verb} path "${pathname}"`);
    const { type, namespace, name } = path;
    const what = `${qualifiedName(type)}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const text = `${what} is forbidden: User "system:anonymous" cannot ${verb} resource "${type.resource}" in API group "${type.group}" ${where}`;
    throw new StatusError(403, text, { name, group: type.group, kind: type.resource });
  }

  #fail(thrown: unknown, response: ServerResponse): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const error = asStatusError(thrown);
    send(response, error.code, error.toStatus());
  }
}

function asStatusError(thrown: unknown): StatusError {
  if (thrown instanceof StatusError) return thrown;
  if (thrown instanceof BodyTooLargeError) return new StatusError(413, thrown.message);
  return new StatusError(500, `Internal error occurred: ${thrown instanceof Error ? thrown.message : 'unknown'}`);
}

async function parseBody(request: IncomingMessage): Promise<unknown> {
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.includes('protobuf')) {
    throw new StatusError(
      415,
      `the body of the request was in an unknown format - accepted media types include: application/json`,
    );
  }
  const text = (await readBody(request, maxBodyBytes)).toString('utf8');
  if (text === '') return undefined;
  if (jsonDepth(text) > maxDepth) throw new StatusError(400, 'the object provided is nested too deeply');
  try {
    return JSON.parse(text);
  } catch {
    throw new StatusError(400, 'the object provided is unrecognized: it is no JSON, and the emulator reads nothing else');
  }
}

function writeOptions(query: URLSearchParams, request: IncomingMessage): WriteOptions {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  return {
    dryRun: query.get('dryRun') === 'All',
    fieldManager: query.get('fieldManager') || agent,
    namesManager: (query.get('fieldManager') ?? '') !== '',
    force: query.get('force') === 'true',
  };
}

function splitQuery(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function send(response: ServerResponse, code: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
