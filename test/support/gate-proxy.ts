import http from 'node:http';
import { closeServer, listen } from '../../src/api/listen.ts';

export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Of the upstream's answer, as soon as there is one. */
  status?: number;
}

/** A proxy in front of an upstream that notes what passes, and can keep an answer back. */
export interface GateProxy {
  readonly url: string;
  readonly requests: ProxiedRequest[];
  /**
   * Keeps back the answer to the next request that matches.
   * @returns `reached` resolves when that request has come; `open` lets its answer through.
   */
  hold(matches: (request: ProxiedRequest) => boolean): { readonly reached: Promise<void>; open(): void };
  /** From now on every request is taken and none answered, until `heal`, which breaks them all off. */
  hang(): void;
  heal(): void;
  stop(): Promise<void>;
}

interface Gate {
  readonly matches: (request: ProxiedRequest) => boolean;
  readonly reached: PromiseWithResolvers<void>;
  readonly opened: PromiseWithResolvers<void>;
}

export async function startGateProxy(upstream: string): Promise<GateProxy> {
  const requests: ProxiedRequest[] = [];
  const gates: Gate[] = [];
  const hung = new Set<http.ServerResponse>();
  let hanging = false;
  const { hostname, port } = new URL(upstream);
  const agent = new http.Agent({ keepAlive: true });

  async function pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const proxied: ProxiedRequest = { method, url };
    requests.push(proxied);
    if (hanging) {
      request.resume();
      hung.add(response);
      return;
    }
    const at = gates.findIndex((gate) => gate.matches(proxied));
    const [gate] = at < 0 ? [] : gates.splice(at, 1);
    gate?.reached.resolve();
    const onward = http.request({ host: hostname, port, method, path: url, headers, agent });
    request.pipe(onward);
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    onward.on('response', resolve).on('error', reject);
    const answer = await promise;
    proxied.status = answer.statusCode ?? 502;
    await gate?.opened.promise;
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }

  function heal(): void {
    hanging = false;
    for (const response of hung) response.destroy();
    hung.clear();
  }

  const server = http.createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const ownPort = await listen(server, '127.0.0.1', 0, '');
  return {
    url: `http://127.0.0.1:${ownPort}`,
    requests,
    hold(matches) {
      const gate: Gate = { matches, reached: Promise.withResolvers(), opened: Promise.withResolvers() };
      gates.push(gate);
      return { reached: gate.reached.promise, open: () => gate.opened.resolve() };
    },
    hang() {
      hanging = true;
    },
    heal,
    stop() {
      heal();
      agent.destroy();
      for (const gate of gates) gate.opened.resolve();
      return closeServer(server, 0);
    },
  };
}
