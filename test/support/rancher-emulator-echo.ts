import { createServer, type IncomingHttpHeaders } from 'node:http';
import { close, listen } from '../../src/emulators/shared/listening-server.ts';

/** What reached the echo server. */
export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface EchoServer {
  readonly url: string;
  readonly received: Received[];
  stop(): Promise<void>;
}

/** A server behind a proxy: it answers 299 with a header of its own and keeps what it got. */
export async function startEcho(): Promise<EchoServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(299, { 'x-echo': 'yes', 'content-type': 'text/plain' }).end('echoed');
    });
  });
  const url = await listen(server, 0, '127.0.0.1');
  return { url, received, stop: () => close(server) };
}
