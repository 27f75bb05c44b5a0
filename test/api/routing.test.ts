import net from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseGoPath } from '../../src/api/go-path.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

/** path.Clean of Go, from its documentation: the rules applied until nothing changes. */
function cleanByRules(path: string): string {
  let text = `/${path}`;
  for (let before = ''; before !== text;) {
    before = text;
    text = text
      .replace(/\/\/+/g, '/')
      .replace(/\/\.(?=\/|$)/, '/')
      .replace(/^\/\.\.(?=\/|$)/, '/')
      .replace(/\/(?!\.{1,2}(?:\/|$))[^/]+\/\.\.(?=\/|$)/, '/');
  }
  const bare = text.replace(/\/+$/, '') || '/';
  return path.endsWith('/') && bare !== '/' ? `${bare}/` : bare;
}

describe("Go's path cleaning", () => {
  const part = fc.constantFrom('.', '..', '', 'a', 'endpoint', '...', '..a', 'ü', '%', '?', '#', ' ');
  const path = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`);

  it('is that of its documentation', () => {
    fc.assert(
      fc.property(path, (text) => {
        const { decoded, redirect } = parseGoPath(encodeURI(text).replace(/[?#]/g, encodeURIComponent));
        expect(decoded).to.equal(text);
        expect(redirect === undefined ? text : decodeURIComponent(redirect)).to.equal(cleanByRules(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('sends to a path that is clean, begins with one slash and can stand in a header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          path,
          fc.string({ unit: 'binary' }).map((text) => `/${text}`),
        ),
        (text) => {
          const { redirect } = parseGoPath(encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '/'));
          if (redirect === undefined) return;
          expect(redirect)
            .to.match(/^\/(?!\/)[\u0021-\u007e]*$/)
            .and.not.match(/[?#\\]/);
          expect(parseGoPath(redirect).redirect).to.equal(undefined);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('routing', () => {
  let api: TestApi;

  before(async () => {
    api = await startApi();
  });
  after(() => api.stop());

  const notFound = async (method: string, path: string): Promise<void> => {
    const { status, headers, text } = await api.send(path, { method });
    const body = method === 'HEAD' ? '' : '404 page not found\n';
    expect([status, text], `${method} ${path}`).to.deep.equal([404, body]);
    expect(headers).to.include({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-length': '19',
    });
    for (const name of ['allow', 'x-powered-by', 'etag']) expect(headers).not.to.have.property(name);
  };

  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/v1-webhooks/nonsense'],
    ['GET', '/v1-webhooks/receivers/1go1/x'],
    ['GET', '/V1-WEBHOOKS'],
    ['GET', '/v1-webhooks/Receivers'],
    ['POST', '/v1-webhooks'],
    ['POST', '/v1-webhooks/schemas'],
    ['PUT', '/v1-webhooks/receivers'],
    ['DELETE', '/v1-webhooks/receivers'],
    ['HEAD', '/v1-webhooks?projectId=1a5'],
    ['HEAD', '/v1-webhooks/schemas'],
    ['HEAD', '/v1-webhooks/endpoint'],
    ['OPTIONS', '/v1-webhooks/receivers'],
    ['OPTIONS', '/v1-webhooks/endpoint'],
    ['PATCH', '/v1-webhooks/receivers/1go1'],
    ['GET', '/v1-webhooks/endpoint'],
    ['GET', '/v1-webhooks/endpoint?key=a&projectId=1a5'],
    ['PUT', '/v1-webhooks/endpoint'],
    ['DELETE', '/v1-webhooks/endpoint/'],
    ['POST', '/v1-webhooks/endpointX'],
    ['GET', '/v1-webhooks/endpointX'],
    ['POST', '/v1-webhooks/endpoint/x'],
    ['POST', '/v1-webhooks/endpoint;x'],
    ['POST', '/v1-webhooks/endpoint%3fkey=a'],
    ['POST', '/v1-webhooks/Endpoint'],
    ['GET', '/v1-webhooks/endpoint\\..\\receivers?projectId=1a5'],
    ['GET', '/v1-webhooks/endpoint%5c..%5creceivers?projectId=1a5'],
  ] as const) {
    it(`answers ${method} ${path} with Go's 404`, () => notFound(method, path));
  }

  for (const [path, location] of [
    ['//v1-webhooks', '/v1-webhooks'],
    ['/v1-webhooks//receivers?projectId=1a5', '/v1-webhooks/receivers?projectId=1a5'],
    ['/v1-webhooks/./schemas/', '/v1-webhooks/schemas/'],
    ['/v1-webhooks/endpoint/../receivers?projectId=1a5', '/v1-webhooks/receivers?projectId=1a5'],
    ['/v1-webhooks/endpoint%2f..%2freceivers', '/v1-webhooks/receivers'],
    ['/v1-webhooks/endpoint/%2e%2e/receivers', '/v1-webhooks/receivers'],
    ['/v1-webhooks/endpointX/../receivers/1go1', '/v1-webhooks/receivers/1go1'],
    ['/../../v1-webhooks', '/v1-webhooks'],
    ['//evil.example/..//x', '/x'],
    ['/.//evil.example', '/evil.example'],
    ['/./%5cevil.example', '/%5Cevil.example'],
    ['/.//a%0d%0aX:%20b', '/a%0D%0AX:%20b'],
  ] as const) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      it(`answers ${method} ${path} with 301`, async () => {
        const before = api.rancher.calls.length;
        const { status, headers, text } = await api.send(path, { method });
        expect([status, headers.location, text]).to.deep.equal([301, location, '']);
        expect(api.rancher.calls).to.have.length(before);
      });
    }
  }

  for (const path of ['/v1-webhooks/', '/v1-webhooks/receivers/', '/v1-webhooks/schemas/', '/v1-webhooks/schemas/receiver/']) {
    it(`serves ${path} with its slash`, async () => {
      const { status, json } = await api.send(`${path}?projectId=1a5`);
      expect(status).to.equal(200);
      const links = json['links'] as Record<string, string>;
      if (!path.includes('receiver/')) expect(links['self']).to.include(path);
    });
  }

  it('answers bytes that are no HTTP with 400, and goes on', async () => {
    for (const bytes of [
      '\0\0\0\0',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /v1-webhooks HTTP/1.1\r\nHost: a\r\nX: \u0001\r\n\r\n',
      'POST / HTTP/1.1\r\n\r\n',
    ]) {
      const socket = net.connect(Number(new URL(api.url).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.write(bytes, 'latin1');
      await once(socket, 'close');
      expect(answer).to.match(/^HTTP\/1\.1 4\d\d /);
    }
    expect((await api.send('/v1-webhooks/schemas')).status).to.equal(200);
  });

  it('takes any byte in a path and a query without falling', async () => {
    const port = Number(new URL(api.url).port);
    for (let byte = 0x21; byte <= 0xff; byte += 1) {
      const socket = net.connect(port, '127.0.0.1');
      const target = Buffer.concat([Buffer.from('/v1-webhooks//'), Buffer.from([byte]), Buffer.from('?a='), Buffer.from([byte])]);
      socket.write(
        Buffer.concat([Buffer.from('GET '), target, Buffer.from(' HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')]),
      );
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      await once(socket, 'close');
      expect(answer, `byte ${byte}`).to.match(/^HTTP\/1\.1 (301|400|404) /);
    }
    expect(api.logged).to.deep.equal([]);
  });
});
