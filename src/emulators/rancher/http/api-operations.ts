import { performAction } from '../actions/perform-action.ts';
import { transformContainer } from '../actions/transform-container.ts';
import { methodsFor } from '../auth/role.ts';
import { collectionUrl } from '../resource/address.ts';
import { createResource } from '../resource/create-resource.ts';
import { followLink } from '../resource/links.ts';
import { renderCollection } from '../resource/render-collection.ts';
import { renderResource } from '../resource/render-resource.ts';
import { updateResource } from '../resource/update-resource.ts';
import { isVisible, requireProjectOwner, visibleRow, visibleRows } from '../resource/visible-rows.ts';
import { renderSchema, renderSchemas } from '../schema/render-schema.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import { typeNamed, typeOf } from '../schema/type-table.ts';
import { createServiceProxy } from '../proxy/create-service-proxy.ts';
import { conflict, invalid, methodNotAllowed, notFound } from './api-error.ts';
import type { ApiAnswer, ApiContext, ApiRequest } from './api-request.ts';
import { renderVersion } from './render-version.ts';

/** Answers one call of the API below `/v1` or `/v2-beta`. @throws ApiError */
export function answerApi(context: ApiContext, request: ApiRequest): ApiAnswer {
  const [name, id, link, ...rest] = request.segments;
  if (rest.length > 0) throw notFound();
  if (name === undefined) return readOnly(request, () => ok(renderVersion(request)));
  if (name === 'scripts') return transform(request, id);
  const type = typeNamed(name, request.version);
  if (!type || (type.collectionMethods.length === 0 && type.resourceMethods.length === 0)) throw notFound();
  if (type.id === 'schema') return readOnly(request, () => ok(schemas(request, id)));
  if (id === undefined) return onCollection(context, request, type);
  if (link !== undefined) return readOnly(request, () => onLink(context, request, type, id, link));
  return onResource(context, request, type, id);
}

const ok = (body: ApiAnswer['body']): ApiAnswer => ({ status: 200, body });

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function readOnly(request: ApiRequest, answer: () => ApiAnswer): ApiAnswer {
  if (!isRead(request.method)) throw methodNotAllowed();
  return answer();
}

function allow(method: string, allowed: readonly string[]): void {
  if (!allowed.includes(method === 'HEAD' ? 'GET' : method)) throw methodNotAllowed();
}

function transform(request: ApiRequest, script: string | undefined): ApiAnswer {
  if (script?.toLowerCase() !== 'transform') throw notFound();
  if (request.method !== 'POST') throw methodNotAllowed();
  return ok(transformContainer(request.body));
}

function schemas(request: ApiRequest, id: string | undefined): ApiAnswer['body'] {
  if (id === undefined) return renderSchemas(request.view);
  const type = typeNamed(id, request.version);
  if (!type) throw notFound();
  return renderSchema(type, request.view);
}

function onCollection(context: ApiContext, request: ApiRequest, type: TypeDefinition): ApiAnswer {
  const { store } = context;
  allow(request.method, methodsFor(request.view.role, type).collection);
  if (isRead(request.method)) {
    const rows = type.idPrefix === undefined && type.id !== 'setting' ? [] : visibleRows(store, request.caller, type);
    return ok(
      renderCollection(store, request.view, { type, rows, query: request.query, url: collectionUrl(request.view, type) }),
    );
  }
  if (request.query.has('action')) throw invalid('InvalidAction', 'action');
  if (type.id === 'serviceProxy') return { status: 201, body: createServiceProxy(context, request) };
  if (type.idPrefix === undefined) throw methodNotAllowed();
  const { row, once } = createResource(context, request, type);
  return { status: 201, body: renderResource(store, row, request.view, { once }) };
}

function onResource(context: ApiContext, request: ApiRequest, type: TypeDefinition, id: string): ApiAnswer {
  const { store, engine } = context;
  const action = request.query.get('action');
  if (request.method === 'POST' && action !== null) {
    const { row, body } = performAction(context, request, type, id, action.toLowerCase());
    return { status: 202, body: body ?? renderResource(store, row, request.view) };
  }
  allow(request.method, methodsFor(request.view.role, type).resource);
  const row = visibleRow(store, request.caller, type, id);
  if (!isRead(request.method)) requireProjectOwner(request.caller, row);
  if (request.method === 'PUT') {
    allow('PUT', methodsFor(request.view.role, typeOf(row.type)).resource);
    updateResource(context, request, row);
  }
  if (request.method === 'DELETE') {
    allow('DELETE', methodsFor(request.view.role, typeOf(row.type)).resource);
    if (row.removed !== null) throw methodNotAllowed();
    if (!engine.start(row, 'remove')) throw conflict(`${row.id} cannot be removed in state ${row.state}`);
  }
  return ok(renderResource(store, row, request.view));
}

function onLink({ store }: ApiContext, request: ApiRequest, type: TypeDefinition, id: string, link: string): ApiAnswer {
  const row = visibleRow(store, request.caller, type, id);
  const target = followLink(store, typeOf(row.type), row, link);
  if (!target) throw notFound();
  if ('row' in target) {
    if (!target.row || !isVisible(request.caller, target.row)) throw notFound();
    return ok(renderResource(store, target.row, request.view));
  }
  const rows = target.rows.filter((other) => isVisible(request.caller, other));
  const url = `${collectionUrl(request.view, typeOf(row.type))}/${row.id}/${link.toLowerCase()}`;
  return ok(renderCollection(store, request.view, { type: target.type, rows, query: request.query, url }));
}
