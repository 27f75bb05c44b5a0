import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { dump } from 'js-yaml';
import { BodyTooLargeError } from '../../shared/read-body.ts';
import { type AccessControl, verbOf } from './access-control.ts';
import { type AnswerForm, inForm, listInForm, readAnswerForm } from './answer-form.ts';
import { type ApiPath, parseApiPath } from './api-path.ts';
import type { ApiVersion } from '../schema/api-versions.ts';
import type { Controllers } from '../controllers/controllers.ts';
import { readDeleteOptions } from '../objects/delete-object.ts';
import { discovery } from '../schema/discovery.ts';
import type { EmulatorFaults } from '../emulator-faults.ts';
import { type KubernetesObject, mapAt } from '../objects/kubernetes-object.ts';
import { ObjectWrites, type WriteOptions } from '../objects/object-writes.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { listObjects } from './list-objects.ts';
import { parseBody } from './request-body.ts';
import { evictPod, refuseContainers } from './pod-subresources.ts';
import { isReview, review } from './reviews.ts';
import { conflict, detailsOf, StatusError } from './status-error.ts';
import { readDryRun, readFieldValidation, warnWith } from './field-validation.ts';
import { serveWatch } from './watch.ts';

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
  readonly access: AccessControl;
  readonly served: readonly ApiVersion[];
  /** Where the speed is `instant`, lets come to rest what a write set in motion. */
  settle(): void;
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
    if (/^\/(healthz|readyz|livez)(\/|$)/.test(fullPath.replace(/^\/token\/[^/]+/, ''))) {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok');
      return;
    }
    const query = new URLSearchParams(rawQuery);
    const { user: caller, pathname } = this.#parts.access.identify(fullPath, request.headers.authorization);
    const other = impersonated(request);
    const user = other ? this.#parts.access.actAs(caller, other) : caller;
    const path = parseApiPath(pathname, this.#parts.served);
    if (!(method === 'POST' && isReview(pathname)))
      this.#parts.access.authorize(user, verbOf(method, path, isWatch(query)), pathname, path);
    const document = discovery(pathname.replace(/\/$/, ''), request.headers.host ?? '', this.#parts.served);
    if (document !== undefined) return send(response, 200, document);
    if (pathname === '/openapi/v2') return sendOldSchema(request, response);
    if (method === 'POST' && isReview(pathname))
      return send(response, 201, review(this.#parts.access, user, pathname, await parseBody(request)));
    if (!path) throw new StatusError(404, 'the server could not find the requested resource', {});
    const form = readAnswerForm(request.headers.accept, query);
    if (method === 'GET') return this.#read(path, query, form, response);
    refuseContainers(path.subresource);
    const options = { ...writeOptions(query, request), warn: warnWith(response) };
    const body = await parseBody(request);
    if (path.subresource === 'eviction') return this.#evict(path, readDryRun(query, mapAt(body, 'deleteOptions')), response);
    if (method === 'DELETE') return this.#delete(path, query, body, form, response);
    const { code, object } = this.#write(method, path, request, body, options);
    if (!options.dryRun) this.#parts.settle();
    const now = options.dryRun
      ? undefined
      : this.#parts.store.find(path.type, object.metadata.namespace ?? '', object.metadata.name);
    send(response, code, inForm(form, path, now ?? object), form);
  }

  #read(path: ApiPath, query: URLSearchParams, form: AnswerForm, response: ServerResponse): void {
    const { store, faults } = this.#parts;
    refuseContainers(path.subresource);
    if (isWatch(query)) return serveWatch(store, faults, { path, query, form }, response);
    const { type, namespace, name } = path;
    if (name !== '') return send(response, 200, inForm(form, path, store.require(type, namespace, name)), form);
    const { items, metadata } = listObjects(store, path, query);
    return send(response, 200, listInForm(form, path, items, { ...metadata }), form);
  }

  #delete(path: ApiPath, query: URLSearchParams, body: unknown, form: AnswerForm, response: ServerResponse): void {
    const { store, controllers } = this.#parts;
    const { type, namespace, name, subresource } = path;
    const options = readDeleteOptions(query, body);
    const isDryRun = readDryRun(query, body);
    if (subresource !== '') throw notAllowed();
    if (name === '') {
      const { items, metadata } = listObjects(store, path, query);
      if (!isDryRun) for (const each of items) controllers.removal.remove(type, each, options);
      this.#parts.settle();
      return send(response, 200, listInForm(form, path, items, { ...metadata }), form);
    }
    const object = store.require(type, namespace, name);
    const { uid = object.metadata.uid, resourceVersion = object.metadata.resourceVersion } = options.preconditions ?? {};
    if (uid !== object.metadata.uid || resourceVersion !== object.metadata.resourceVersion) throw conflict(type, name);
    if (!isDryRun) controllers.removal.remove(type, object, options);
    const left = store.find(type, namespace, name);
    this.#parts.settle();
    if (left || isDryRun) return send(response, 200, inForm(form, path, left ?? object), form);
    const details = { ...detailsOf(type, name), uid: object.metadata.uid };
    return send(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }

  #evict({ namespace, name }: ApiPath, isDryRun: boolean, response: ServerResponse): void {
    if (!isDryRun) evictPod(this.#parts.store, this.#parts.controllers, namespace, name);
    this.#parts.settle();
    send(response, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
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
    throw notAllowed();
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

/** Whom the caller wants to be taken for. */
function impersonated({ headers }: IncomingMessage): { name: string; groups: string[] } | undefined {
  const [name, groups] = [headers['impersonate-user'], headers['impersonate-group']];
  if (typeof name !== 'string' || name === '') return undefined;
  return { name, groups: String(groups ?? '').split(/,\s*/) };
}

function notAllowed(): StatusError {
  return new StatusError(405, 'the server does not allow this method on the requested resource', {});
}

function isWatch(query: URLSearchParams): boolean {
  return query.get('watch') === '1' || query.get('watch') === 'true';
}

function asStatusError(thrown: unknown): StatusError {
  if (thrown instanceof StatusError) return thrown;
  if (thrown instanceof BodyTooLargeError) return new StatusError(413, `Request entity too large: ${thrown.message}`);
  return new StatusError(500, `Internal error occurred: ${thrown instanceof Error ? thrown.message : 'unknown'}`);
}

function writeOptions(query: URLSearchParams, request: IncomingMessage): WriteOptions {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  return {
    dryRun: readDryRun(query),
    fieldManager: query.get('fieldManager') || agent,
    namesManager: (query.get('fieldManager') ?? '') !== '',
    force: query.get('force') === 'true',
    fieldValidation: readFieldValidation(query),
  };
}

/** Only old clients look at it, and go without it if it is empty. */
function sendOldSchema(request: IncomingMessage, response: ServerResponse): void {
  if (!(request.headers.accept ?? '').includes('protobuf')) {
    const info = { title: 'Kubernetes', version: 'v1.34.4' };
    return send(response, 200, { swagger: '2.0', info, paths: {}, definitions: {} });
  }
  // The first field of a Document, `swagger`, and nothing else.
  const document = Buffer.from([0x0a, 3, ...Buffer.from('2.0')]);
  response.writeHead(200, { 'Content-Type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' }).end(document);
  return undefined;
}

function splitQuery(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function send(response: ServerResponse, code: number, body: unknown, { asYaml } = { asYaml: false }): void {
  const text = asYaml ? dump(body, { noRefs: true, skipInvalid: true }) : JSON.stringify(body);
  const type = asYaml ? 'application/yaml' : 'application/json';
  response.writeHead(code, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
