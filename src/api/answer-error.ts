import type { IncomingMessage, ServerResponse } from 'node:http';
import { coerceError, ServiceError } from '../framework/errors.ts';
import type { Log } from '../framework/log.ts';
import { errorBody, wantsHtml, write } from './representation.ts';
import { UrlBuilder } from './url-builder.ts';

/** The one place where an error becomes an HTTP answer. What is no ServiceError is a fault of ours: 500, told to the log alone. */
export function answerError(log: Log, request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  try {
    const error = known(thrown) ?? unexpected(log, thrown);
    if (response.headersSent) response.destroy();
    else writeError(request, response, error);
  } catch (cause) {
    // Nobody is left to tell the caller.
    log.error('an error could not be answered', { error: coerceError(cause) });
    response.destroy();
  }
}

function writeError(request: IncomingMessage, response: ServerResponse, error: ServiceError): void {
  const [path, rawQuery] = splitUrl(request.url ?? '/');
  const urls = urlsOrPlain(request, decodedOrRaw(path));
  const { status, message, retryAfterSeconds, fieldName } = error;
  const details = fieldName === undefined ? {} : { fieldName, code: error.code };
  const headers = {
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    // What is left of the body is not read: the connection cannot be used again.
    ...((status === 413 || !request.complete) && { Connection: 'close' }),
    ...(status === 401 && !request.headers['x-api-no-challenge'] && { 'WWW-Authenticate': 'Basic realm="webhook-service"' }),
  };
  const html = wantsHtml(request.headers, new URLSearchParams(rawQuery));
  write(response, { status, body: errorBody(status, message, urls, details), headers }, urls, html);
}

export function splitUrl(url: string): [path: string, rawQuery: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

/** The headers that make no URL may be the very fault that is answered. */
function urlsOrPlain(request: IncomingMessage, path: string): UrlBuilder {
  try {
    return new UrlBuilder(request.headers, path);
  } catch {
    return new UrlBuilder({ host: request.headers.host ?? '' }, path);
  }
}

/** A path that cannot be decoded may be the fault too. */
function decodedOrRaw(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** express throws a URIError for a path parameter that it cannot decode. */
function known(thrown: unknown): ServiceError | undefined {
  if (thrown instanceof URIError) return new ServiceError('InvalidRequest', 'The path is badly encoded');
  return thrown instanceof ServiceError ? thrown : undefined;
}

function unexpected(log: Log, thrown: unknown): ServiceError {
  log.error('an answer failed for a reason that nobody foresaw', { error: coerceError(thrown) });
  return new ServiceError('Internal', 'Internal error');
}

/** Go's own answer to an unknown path and to a wrong method alike. */
export function answerNotFound(request: IncomingMessage, response: ServerResponse): void {
  const text = '404 page not found\n';
  const headers = {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': text.length,
    ...closeIfBody(request),
  };
  response.writeHead(404, headers).end(text);
}

/** For an answer that comes before the body: what nobody wants is not read, however long it is. */
export function closeIfBody({ headers }: IncomingMessage): { readonly Connection?: 'close' } {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody ? { Connection: 'close' } : {};
}
