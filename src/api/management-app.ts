import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Deliveries } from '../framework/deliveries/deliveries.ts';
import { ServiceError } from '../framework/errors.ts';
import { limits } from '../framework/limits.ts';
import { requireProjectId } from './authorization/authorizer.ts';
import type { Log } from '../framework/log.ts';
import { canonicalProjectId } from '../framework/project-id.ts';
import { answerError, answerNotFound, splitUrl } from './answer-error.ts';
import { actOnDelivery } from './deliveries/act-on-delivery.ts';
import type { DeliveriesContext } from './deliveries/deliveries-context.ts';
import type { EventStreams } from './deliveries/event-streams.ts';
import { getDelivery, listDeliveries, listDeliveryEvents } from './deliveries/read-deliveries.ts';
import { replayDeliveries } from './deliveries/replay-deliveries.ts';
import { streamEvents, wantsEvents } from './deliveries/stream-events.ts';
import { parseGoPath } from './go-path.ts';
import { actOnReceiver } from './receivers/act-on-receiver.ts';
import { createReceiver } from './receivers/create-receiver.ts';
import { getReceiver, listReceivers } from './receivers/read-receivers.ts';
import type { ReceiversContext } from './receivers/receivers-context.ts';
import { removeReceiver } from './receivers/remove-receiver.ts';
import { replaceReceiver } from './receivers/replace-receiver.ts';
import { type Representation, wantsHtml, write } from './representation.ts';
import { readBody } from './request-body.ts';
import type { ApiRequest } from './request.ts';
import type { Schemas } from './schemas.ts';
import { actOnTarget } from './targets/act-on-target.ts';
import { getTarget, listTargets } from './targets/read-targets.ts';
import { apiVersion, UrlBuilder } from './url-builder.ts';

export interface ManagementContext extends ReceiversContext {
  readonly schemas: Schemas;
  readonly deliveries: Deliveries;
  /** To be closed when the process stops. */
  readonly eventStreams: EventStreams;
}

type Route = (request: ApiRequest) => Representation | Promise<Representation | undefined>;

/** The management API: every route of the Go service but the endpoint, and our own beside them. */
export function createManagementApp(context: ManagementContext, log: Log): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', false);
  const root = `/${apiVersion}`;
  const receivers = `${root}/receivers`;

  app.use(refuseOtherSites);
  app.get(
    root,
    serve((request) => showVersion(context, request)),
  );
  app.get(
    `${root}/schemas`,
    serve(({ urls }) => ({ status: 200, body: context.schemas.collection(urls) })),
  );
  app.get(
    `${root}/schemas/:id`,
    serve(({ urls, id }) => ({ status: 200, body: context.schemas.resource(id, urls) })),
  );
  app.get(
    receivers,
    serve((request) => listReceivers(context, request)),
  );
  app.post(
    receivers,
    serve((request) => createReceiver(context, request)),
  );
  app.get(
    `${receivers}/:id`,
    serve((request) => getReceiver(context, request)),
  );
  app.put(
    `${receivers}/:id`,
    serve((request) => replaceReceiver(context, request)),
  );
  app.post(
    `${receivers}/:id`,
    serve((request) => actOnReceiver(context, request)),
  );
  app.delete(
    `${receivers}/:id`,
    serve((request) => removeReceiver(context, request).then(() => undefined)),
  );
  addDeliveryRoutes(app, root, context);
  app.use((request: Request, response: Response) => answerNotFound(request, response));
  // express knows a handler of errors by its four parameters.
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) =>
    answerError(log, request, response, thrown),
  );
  return app;
}

function addDeliveryRoutes(app: Express, root: string, context: ManagementContext): void {
  app.get(
    `${root}/deliveries`,
    serveOrStream(context, (request) => listDeliveries(context, request)),
  );
  app.post(
    `${root}/deliveries`,
    serve((request) => replayDeliveries(context, request)),
  );
  app.get(
    `${root}/deliveries/:id`,
    serveOrStream(context, (request) => getDelivery(context, request)),
  );
  app.post(
    `${root}/deliveries/:id`,
    serve((request) => actOnDelivery(context, request)),
  );
  app.get(
    `${root}/deliveries/:id/events`,
    serveOrStream(context, (request) => listDeliveryEvents(context, request)),
  );
  app.get(
    `${root}/targets`,
    serve((request) => listTargets(context, request)),
  );
  app.get(
    `${root}/targets/:id`,
    serve((request) => getTarget(context, request)),
  );
  app.post(
    `${root}/targets/:id`,
    serve((request) => actOnTarget(context, request)),
  );
}

/** A browser that remembers a login must not be made to write by a page of somebody else's. */
function refuseOtherSites(request: Request, _response: Response, next: NextFunction): void {
  const fromElsewhere = request.headers['sec-fetch-site'] === 'cross-site' && request.method !== 'GET';
  next(fromElsewhere ? new ServiceError('Forbidden', 'A request from a page of another site is refused') : undefined);
}

/** @param route gives what to show; undefined is 204. */
function serve(route: Route) {
  return async (request: Request, response: Response): Promise<void> => {
    const apiRequest = toApiRequest(request);
    const shown = await route(apiRequest);
    if (shown === undefined) response.writeHead(204).end();
    else write(response, shown, apiRequest.urls, wantsHtml(request.headers, apiRequest.query));
  };
}

/** @param route gives what to show to a caller that does not want events. */
function serveOrStream(context: DeliveriesContext, route: Route) {
  const show = serve(route);
  return async (request: Request, response: Response): Promise<void> => {
    if (wantsEvents(request.headers.accept)) await streamEvents(context, toApiRequest(request), response);
    else await show(request, response);
  };
}

function toApiRequest(request: Request): ApiRequest {
  const [rawPath, rawQuery] = splitUrl(request.url);
  const query = new URLSearchParams(rawQuery);
  const { id } = request.params;
  return {
    method: request.method,
    headers: request.headers,
    query,
    urls: new UrlBuilder(request.headers, parseGoPath(rawPath).decoded),
    projectId: canonicalProjectId(query.get('projectId') ?? ''),
    id: typeof id === 'string' ? id : '',
    body: () => readBody(request, limits.bodyBytes),
  };
}

async function showVersion(context: ManagementContext, request: ApiRequest): Promise<Representation> {
  const { urls, projectId } = request;
  requireProjectId(projectId);
  await context.authorizer.authorize(request, projectId);
  const withProject = (url: string): string => `${url}?projectId=${projectId}`;
  const links = {
    ...(!context.legacy && { deliveries: urls.resource(['deliveries'], { projectId }) }),
    receivers: urls.receivers(projectId),
    schemas: withProject(urls.schemas()),
    self: urls.currentWithProject(projectId),
    ...(!context.legacy && { targets: urls.resource(['targets'], { projectId }) }),
  };
  return { status: 200, body: { actions: {}, links, type: 'apiVersion' } };
}
