import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { JsonObject } from '../../shared/json-value.ts';
import { BodyTooLargeError } from '../../shared/read-body.ts';
import type { RequestFault } from '../faults/request-faults.ts';
import { ApiError, notFound } from './api-error.ts';
import { type Incoming, parseIncoming, schemasUrl, viewOf } from './incoming.ts';
import { RequestHandler, type RequestHandlerParts } from './request-handler.ts';
import type { LogStreams } from '../proxy/log-streams.ts';
import type { Subscriptions } from './subscriptions.ts';

const challenge = 'Basic realm="Enter API access key and secret key as username and password"';

/** Largest sum of header bytes. A webhook's token URL is part of it. */
const headerBytes = 64 * 1024;

/** What websockets lead to. */
export interface WebsocketParts {
  readonly subscriptions: Subscriptions;
  readonly streams: LogStreams;
}

/** The HTTP side of the emulator: faults, answers and errors in Cattle's shape, websockets. */
export function createRancherServer(parts: RequestHandlerParts, websockets: WebsocketParts, fallbackBase: () => string): Server {
  const handler = new RequestHandler(parts);
  const server = createServer({ maxHeaderSize: headerBytes });
  server.on('request', (request, response) => {
    response.on('error', () => response.destroy());
    const incoming = parseIncoming(request, fallbackBase());
    void answer(handler, parts, incoming, response);
  });
  server.on('upgrade', (request, connection, head) => {
    connection.on('error', () => connection.destroy());
    openWebsocket(handler, websockets, parseIncoming(request, fallbackBase()), connection, head);
  });
  return server;
}

async function answer(
  handler: RequestHandler,
  parts: RequestHandlerParts,
  incoming: Incoming,
  response: ServerResponse,
): Promise<void> {
  const { request, path, method } = incoming;
  try {
    if (path === '/ping') return void response.writeHead(200, { 'content-type': 'text/plain' }).end('pong');
    if (path !== '/_faults' && (await isFaulted(parts, incoming, response))) return;
    const result = await handler.handle(incoming, response);
    if (result) send(response, incoming, result.status, result.body);
  } catch (error) {
    if (response.headersSent || response.destroyed) return void response.destroy();
    const known = toApiError(error);
    if (known.status === 401 && request.headers['x-api-no-challenge'] === undefined)
      response.setHeader('WWW-Authenticate', challenge);
    if (!request.complete && method !== 'GET') response.setHeader('Connection', 'close');
    send(response, incoming, known.status, known.toJSON());
  }
}

/** Does what the first matching fault says. @returns true if the request has been dealt with. */
async function isFaulted({ faults }: RequestHandlerParts, incoming: Incoming, response: ServerResponse): Promise<boolean> {
  const fault: RequestFault | undefined = faults.requests.take(
    incoming.method,
    incoming.rawQuery === '' ? incoming.path : `${incoming.path}?${incoming.rawQuery}`,
  );
  if (!fault) return false;
  if (fault.latencyMs !== undefined) {
    const { latencyMs } = fault;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, latencyMs).unref();
      response.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    if (response.destroyed) return true;
  }
  if (fault.drop) {
    incoming.request.socket.destroy();
    return true;
  }
  if (fault.status === undefined) return false;
  throw new ApiError(fault.status, fault.code ?? 'Fault', { message: 'asked for by a fault' });
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof BodyTooLargeError)
    return new ApiError(413, 'RequestEntityTooLarge', { message: 'Request body is too large' });
  return new ApiError(500, 'Internal Server Error', { message: error instanceof Error ? error.message : null });
}

function send(response: ServerResponse, incoming: Incoming, status: number, body: JsonObject): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'X-API-Schemas': schemasUrl(incoming),
  });
  response.end(text);
}

function openWebsocket(
  handler: RequestHandler,
  { subscriptions, streams }: WebsocketParts,
  incoming: Incoming,
  connection: Duplex,
  head: Buffer,
): void {
  try {
    const path = incoming.target?.segments.join('/').toLowerCase();
    if (path === 'container-access') {
      streams.accept(incoming.request, connection, head, incoming.query.get('token') ?? '');
      return;
    }
    if (path !== 'subscribe') throw notFound();
    const caller = handler.identify(incoming);
    subscriptions.accept(incoming.request, connection, head, caller, viewOf(incoming, caller.role), incoming.query);
  } catch (error) {
    refuseUpgrade(connection, toApiError(error));
  }
}

function refuseUpgrade(connection: Duplex, error: ApiError): void {
  const text = JSON.stringify(error.toJSON());
  connection.end(
    `HTTP/1.1 ${error.status} ${error.code}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}
