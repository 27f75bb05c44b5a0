import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { closeServer, listen } from '../../src/api/listen.ts';

export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** By the clock that never goes back, milliseconds. */
  readonly at: number;
  /** True if it got the fault in place of the upstream's answer. */
  readonly faulty: boolean;
}

/** An answer that the upstream did not give. */
export interface HttpFault {
  /** Which requests get it. */
  applies(request: { readonly method: string; readonly url: string }): boolean;
  /** Answers in the upstream's place. @param good the upstream's own answer, where `asksUpstream`. */
  answer(response: http.ServerResponse, good: GoodAnswer): void;
  /** True where the request reaches the upstream all the same. */
  readonly asksUpstream?: boolean;
}

export interface GoodAnswer {
  readonly status: number;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** A proxy in front of an upstream that notes what passes, and answers in its place while there is a fault. */
export interface HttpFaultProxy {
  /** `host:port` */
  readonly address: string;
  readonly requests: readonly SeenRequest[];
  fault: HttpFault | undefined;
  closeConnections(): void;
  /** New connections get this certificate; those that are open are closed. */
  useCertificate(certificate: SecureContextOptions): void;
  stop(): Promise<void>;
}

/** @param certificate makes it a TLS server. */
export async function startHttpFaultProxy(upstream: string, certificate?: SecureContextOptions): Promise<HttpFaultProxy> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  // A connection that is kept may be closed by the upstream at the moment when it is used again, and that would be a fault too.
  const agent = new http.Agent({ keepAlive: false });
  let fault: HttpFault | undefined;

  const serve = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const { method = 'GET', url = '/' } = request;
    const current = fault?.applies({ method, url }) === true ? fault : undefined;
    requests.push({ method, url, at: performance.now(), faulty: current !== undefined });
    if (current === undefined) {
      pass(upstream, agent, request, (good) => {
        response.writeHead(good.statusCode ?? 502, good.headers);
        good.pipe(response);
      }).on('error', () => response.destroy());
    } else if (current.asksUpstream === true) {
      pass(upstream, agent, request, (good) => {
        bodyOf(good)
          .then((body) => current.answer(response, { status: good.statusCode ?? 502, headers: good.headers, body }))
          .catch(() => response.destroy());
      }).on('error', () => response.destroy());
    } else {
      request.resume().on('end', () => current.answer(response, { status: 0, headers: {}, body: Buffer.alloc(0) }));
    }
  };
  const tls = certificate && https.createServer({ ...certificate }, serve);
  const server = tls ?? http.createServer(serve);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  const closeConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const port = await listen(server, '127.0.0.1', 0, '');
  return {
    address: `127.0.0.1:${port}`,
    requests,
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
    },
    closeConnections,
    useCertificate(next) {
      tls?.setSecureContext(next);
      closeConnections();
    },
    async stop() {
      agent.destroy();
      await closeServer(server, 0);
    },
  };
}

function pass(
  upstream: string,
  agent: http.Agent,
  request: http.IncomingMessage,
  answered: (answer: http.IncomingMessage) => void,
): http.ClientRequest {
  const { hostname, port } = new URL(`http://${upstream}`);
  const { method, url } = request;
  const headers = { ...request.headers, 'x-forwarded-proto': 'encrypted' in request.socket ? 'https' : 'http' };
  const onward = http.request({ host: hostname, port, method, path: url, headers, agent }, answered);
  request.on('close', () => request.complete || onward.destroy());
  request.pipe(onward);
  return onward;
}

async function bodyOf(answer: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
