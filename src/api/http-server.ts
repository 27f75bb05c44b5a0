import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { limits } from '../framework/limits.ts';
import type { Log } from '../framework/log.ts';
import { answerError, answerNotFound, closeIfBody, splitUrl } from './answer-error.ts';
import { type EndpointContext, serveEndpoint } from './endpoint.ts';
import { parseGoPath } from './go-path.ts';
import { LargeBodies } from './large-bodies.ts';
import { apiVersion } from './url-builder.ts';
import { answerHandshake, isHandshake } from './webhook-handshake.ts';

export interface HttpServerOptions {
  readonly endpoint: EndpointContext;
  /** Answers what is no trigger. */
  readonly management: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
  readonly log: Log;
  /** True while the process stops: each answer then ends its connection. */
  draining?(): boolean;
}

const endpointPath = `/${apiVersion}/endpoint`;
/** Every method that some route has; express would answer HEAD and OPTIONS by itself, the Go service has neither. */
const methods = new Set(['GET', 'POST', 'PUT', 'DELETE']);

/** The server of the whole API, not yet listening. Routing looks at the path as Go's router does, before express sees it. */
export function createHttpServer(options: HttpServerOptions): Server {
  // Each makes about twenty megabytes of garbage.
  const largeBodies = new LargeBodies({ most: 4, mostOfOne: 2 });
  const server = http.createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckingIntervalMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
    },
    (request, response) => {
      if (options.draining?.()) response.shouldKeepAlive = false;
      route(options, largeBodies, request, response).catch((thrown: unknown) =>
        answerError(options.log, request, response, thrown),
      );
    },
  );
  server.maxConnections = limits.connections;
  return server;
}

async function route(
  { endpoint, management }: HttpServerOptions,
  largeBodies: LargeBodies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [rawPath, rawQuery] = splitUrl(request.url ?? '/');
  const { decoded, redirect } = parseGoPath(rawPath);
  if (redirect !== undefined) {
    const location = redirect + (rawQuery === '' ? '' : `?${rawQuery}`);
    response.writeHead(301, { Location: location, 'Content-Length': 0, ...closeIfBody(request) }).end();
  } else if (decoded === endpointPath || decoded === `${endpointPath}/`) {
    if (request.method === 'POST') await serveEndpoint(endpoint, largeBodies, request, response, rawQuery);
    else if (isHandshake(request)) await answerHandshake(endpoint, response, rawQuery);
    else answerNotFound(request, response);
  } else if (!methods.has(request.method ?? '') || rawPath.startsWith(endpointPath)) {
    // Cattle lets whatever begins like the endpoint through without a login: nothing else is served there.
    answerNotFound(request, response);
  } else {
    await management(request, response);
  }
}
