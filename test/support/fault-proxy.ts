import http from 'node:http';
import { closeServer, listen } from '../../src/api/listen.ts';

/** How far a request has come: to the proxy, through the upstream, and back to the client. */
export type Stage = 'arrived' | 'passed' | 'answered';

export interface PassedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: string;
  /** The upstream's; undefined as long as it has not answered. */
  status: number | undefined;
}

/** A proxy in front of an upstream that asks at every stage of a request whether it is to be cut off there. */
export interface FaultProxy {
  readonly url: string;
  readonly requests: readonly PassedRequest[];
  stop(): Promise<void>;
}

/** @param cutsOff called at every stage of every request; true drops the connection. */
export async function startFaultProxy(
  upstream: string,
  cutsOff: (request: PassedRequest, stage: Stage) => boolean = () => false,
): Promise<FaultProxy> {
  const requests: PassedRequest[] = [];
  const { hostname, port } = new URL(upstream);

  async function pass(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming;
    const sent = await bodyOf(incoming);
    const request: PassedRequest = { method, url, body: sent.toString(), status: undefined };
    requests.push(request);
    if (cutsOff(request, 'arrived')) return void response.destroy();
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const onward = http.request({ host: hostname, port, method, path: url, headers, agent: false }, resolve);
    onward.on('error', reject).end(sent);
    response.on('close', () => onward.destroy());
    const answer = await promise;
    // A watch has no end to wait for.
    const body = url.includes('watch=') ? undefined : await bodyOf(answer);
    request.status = answer.statusCode;
    if (cutsOff(request, 'passed')) return void response.destroy();
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (body === undefined) {
      response.flushHeaders();
      answer.on('error', () => response.destroy()).pipe(response);
      if (cutsOff(request, 'answered')) response.destroy();
    } else {
      response.end(body, () => cutsOff(request, 'answered') && response.destroy());
    }
  }

  const server = http.createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const ownPort = await listen(server, '127.0.0.1', 0, '');
  return { url: `http://127.0.0.1:${ownPort}`, requests, stop: () => closeServer(server, 0) };
}

async function bodyOf(message: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
