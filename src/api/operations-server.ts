import http, { type Server } from 'node:http';

/**
 * `GET /healthz`: 200 while the process answers. `GET /readyz`: 200 while deliveries are taken, 503 while the process stops or
 * cannot store them. On a port of its own, since Rancher's proxy shows everything below `/v1-webhooks`.
 */
export function createOperationsServer(isReady: () => boolean): Server {
  return http.createServer((request, response) => {
    const [status, text] = answerTo(request.url ?? '', isReady);
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(text) });
    response.end(request.method === 'HEAD' ? undefined : text);
  });
}

function answerTo(url: string, isReady: () => boolean): readonly [number, string] {
  const [path] = url.split('?');
  if (path === '/healthz') return [200, 'ok\n'];
  if (path !== '/readyz') return [404, 'not found\n'];
  return isReady() ? [200, 'ready\n'] : [503, 'not ready\n'];
}
