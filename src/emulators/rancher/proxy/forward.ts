import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';

/** Headers that belong to one connection and are never passed on (RFC 9110, 7.6.1). */
const perConnection = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

export interface ForwardOptions {
  readonly url: URL;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Sent instead of the incoming body. */
  readonly body?: Buffer;
}

/** Without the headers of one connection. */
export function endToEndHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !perConnection.includes(name) && !named.includes(name)));
}

/**
 * Sends a request on and copies the answer back as it comes, redirects included.
 *
 * @returns false if the target could not be reached; nothing has been answered then.
 */
export function forward(incoming: IncomingMessage, outgoing: ServerResponse, options: ForwardOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const upstream: ClientRequest = httpRequest(options.url, { method: options.method, headers: options.headers });
    outgoing.once('close', () => upstream.destroy());
    upstream.once('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer.headers));
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
      answer.once('end', () => resolve(true));
      outgoing.once('close', () => resolve(true));
    });
    upstream.once('error', () => {
      if (outgoing.headersSent) outgoing.destroy();
      resolve(outgoing.headersSent);
    });
    if (options.body) upstream.end(options.body);
    else incoming.pipe(upstream);
  });
}
