import net from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { LeaseLostError } from '../../src/framework/deliveries/delivery-store.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { RancherClient } from '../../src/rancher/rancher-client.ts';
import { orServiceError, toServiceError } from '../../src/rancher/to-service-error.ts';
import { type FakeRancherServer, type Fault, serviceKey, startFakeRancher } from '../support/fake-rancher-server.ts';
import { rejection } from '../support/rejection.ts';

describe('the Rancher client, where Rancher fails', () => {
  let fake: FakeRancherServer;
  let client: RancherClient;

  beforeEach(async () => {
    fake = await startFakeRancher();
    client = new RancherClient({ url: fake.url, ...serviceKey, timeoutMs: 1_000 });
    await client.project('1a5').canCreate('genericObject');
  });
  afterEach(async () => {
    client.close();
    await fake.stop();
  });

  const list = (): Promise<unknown> => client.project('1a5').list('genericObject', { key: 'receiverkey' });

  const faults: Record<string, [Fault, Parameters<typeof rejection>[1]]> = {
    'never answers': [() => true, { failure: 'unreachable', message: /genericobjects: no answer within 1 s$/ }],
    'stops in the middle of its headers': [
      (_call, response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Slow');
        return true;
      },
      { failure: 'unreachable', message: /no answer within/ },
    ],
    'stops in the middle of its body': [
      (_call, response) => {
        response.writeHead(200, { 'Content-Length': 100 }).write('{"data":[');
        return true;
      },
      { failure: 'unreachable', message: /no answer within/ },
    ],
    'ends in the middle of its body': [
      (_call, response) => {
        response.writeHead(200, { 'Content-Length': 100 }).write('{"data":[', () => response.socket?.destroy());
        return true;
      },
      { failure: 'unreachable' },
    ],
    'resets the connection': [(_call, response) => (response.socket?.resetAndDestroy(), true), { failure: 'unreachable' }],
    'gives half of its JSON': [
      (_call, response) => (response.writeHead(200).end('{"data":[{"id":"1g'), true),
      { failure: 'unreachable', message: /the answer is no JSON object$/ },
    ],
    'gives a page of HTML': [
      (_call, response) => (response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Sign in</html>'), true),
      { failure: 'unreachable', message: /the answer is no JSON object$/ },
    ],
    'gives a list in place of a collection': [
      (_call, response) => (response.writeHead(200).end('[1]'), true),
      { failure: 'unreachable' },
    ],
    'gives a collection without data': [
      (_call, response) => (response.writeHead(200).end('{"type":"collection"}'), true),
      { failure: 'unreachable', message: /the answer is no collection$/ },
    ],
    'gives a bomb of gzip': [
      (_call, response) => (response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('no gzip'), true),
      { failure: 'unreachable' },
    ],
    'answers what is no HTTP': [(_call, response) => (response.socket?.end('SSH-2.0\r\n'), true), { failure: 'unreachable' }],
  };
  for (const status of [400, 401, 403, 404, 405, 409, 422, 429, 500, 502, 503, 504]) {
    faults[`answers ${status}`] = [
      (_call, response) => (fake.json(response, status, { code: 'Odd', status, message: null }), true),
      { failure: 'answer', status },
    ];
  }

  for (const [name, [fault, expected]] of Object.entries(faults)) {
    it(`says so if it ${name}`, async () => {
      fake.fault = fault;
      const error = await rejection(list(), expected);
      expect(error.message).not.to.include('receiverkey').and.not.to.include('secret');
      fake.fault = () => false;
      expect(await list()).to.deep.equal([]);
    });
  }

  it("has go-rancher's text for a refusal, less the receiver's key", async () => {
    fake.fault = (_call, response) => {
      const body = {
        id: 'x',
        type: 'error',
        links: {},
        actions: {},
        status: 422,
        code: 'NotUnique',
        fieldName: 'name',
        detail: null,
      };
      fake.json(response, 422, body);
      return true;
    };
    const where = `${fake.origin}/v2-beta/projects/1a5/genericobjects`;
    const status = 'Bad response statusCode [422]. Status [422 Unprocessable Entity].';
    await rejection(client.project('1a5').create('genericObject', {}), {
      failure: 'answer',
      message: `${status} Body: [code=NotUnique, fieldName=name] from [${where}]`,
    });
    await rejection(list(), {
      failure: 'answer',
      message: `${status} Body: [code=NotUnique, fieldName=name] from [${where}?key=…&limit=1000]`,
    });
    await rejection(client.project('1a5').remove('genericObject', '1go1'), {
      failure: 'answer',
      message: `${status} Body: [] from [${where}/1go1]`,
    });
  });

  it('follows no redirect, so that its key stays here', async () => {
    const other = await startFakeRancher();
    try {
      for (const status of [301, 302, 303, 307, 308]) {
        fake.fault = (call, response) => (response.writeHead(status, { Location: other.origin + call.path }).end(), true);
        await rejection(list(), { failure: 'answer', status });
        await rejection(client.project('1a5').update('genericObject', '1go1', {}), { failure: 'answer', status });
        expect((await client.forward('/r/projects/1a5/a:80/', {}, Buffer.from('x'))).status).to.equal(status);
        await client
          .project('1a5')
          .canCreate('genericObject')
          .catch(() => undefined);
      }
      expect(other.calls).to.have.length(0);
    } finally {
      await other.stop();
    }
  });

  it('takes the links of another host as links of its own server', async () => {
    const other = await startFakeRancher();
    try {
      fake.fault = (call, response) => {
        if (!call.path.endsWith('genericobjects') || call.query.has('marker')) return false;
        const next = `${other.origin}${call.path}?marker=0`;
        fake.json(response, 200, { data: [], pagination: { next } });
        return true;
      };
      await list();
      const self = `${other.origin}/v2-beta/projects/1a5/genericobjects/1go1`;
      await client.project('1a5').reload({ id: '1go1', type: 'genericObject', links: { self } });
      expect(other.calls).to.have.length(0);
      expect(fake.asked.slice(-2)).to.deep.equal(['GET genericobjects?marker=0', 'GET genericobjects/1go1']);
    } finally {
      await other.stop();
    }
  });

  it('says that nobody listens', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    server.close();
    await once(server, 'close');
    const nobody = new RancherClient({ url: `http://127.0.0.1:${port}`, ...serviceKey });
    const where = `GET http://127.0.0.1:${port}/v2-beta/projects/1a5/schemas`;
    await rejection(nobody.project('1a5').list('service'), { failure: 'schemas', message: `${where}: ECONNREFUSED` });
    nobody.close();
  });

  it('says so where an address is none', async () => {
    await rejection(client.forwardWithoutCredentials('nowhere', {}, Buffer.alloc(0)), { failure: 'unreachable' });
  });

  it('reaches a service proxy by another scheme than Rancher itself', async () => {
    const secure = new RancherClient({ url: 'https://127.0.0.1:1', ...serviceKey });
    fake.fault = (_call, response) => (response.writeHead(299).end(), true);
    const { status } = await secure.forwardWithoutCredentials(`${fake.origin}/x`, {}, Buffer.from('body'));
    secure.close();
    expect(status).to.equal(299);
  });

  it('keeps its key from whoever brings another', async () => {
    await client.forwardWithoutCredentials(`${fake.origin}/x`, { 'x-own': 'a' }, Buffer.from('body'));
    await client.callAs({ method: 'GET', url: `${fake.origin}/x` });
    expect(fake.calls.slice(-2).map(({ headers }) => headers.authorization)).to.deep.equal([undefined, undefined]);
    await client.forward('/r/x', {}, Buffer.from('body'));
    expect(fake.calls.at(-1)?.headers.authorization).to.be.a('string');
  });

  it('keeps 64 KiB of what a container answers', async () => {
    fake.fault = (_call, response) => (response.writeHead(500).end('x'.repeat(1_000_000)), true);
    expect((await client.forward('/r/x', {}, Buffer.alloc(0))).text).to.have.length(64 * 1024);
  });

  it('says what may pass by itself, and when to ask again', async () => {
    const failed = async (status: number, retryAfter?: string): Promise<ServiceError> => {
      fake.fault = () => false;
      await client.project('1a5').canCreate('genericObject');
      fake.fault = (_call, response) => {
        if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
        fake.json(response, status, {});
        return true;
      };
      const error = await rejection(list(), { failure: 'answer', status });
      const thrown = toServiceError(error, (text) => text);
      if (!(thrown instanceof ServiceError)) throw error;
      expect(thrown.retryable).to.equal(error.retryable);
      return thrown;
    };
    for (const status of [408, 409, 425, 429, 500, 502, 503, 504])
      expect(await failed(status), String(status)).to.include({ retryable: true, retryAfterSeconds: undefined });
    for (const status of [301, 400, 401, 403, 404, 405, 410, 422])
      expect(await failed(status), String(status)).to.include({ retryable: false });
    expect(await failed(503, '7')).to.include({ retryAfterSeconds: 7, status: 500 });
    expect((await failed(429, new Date(Date.now() + 60_000).toUTCString())).retryAfterSeconds).to.be.within(55, 60);
    expect(await failed(503, 'Wed, 21 Oct 2015 07:28:00 GMT')).to.include({ retryAfterSeconds: 0 });
    expect(await failed(503, '99999999999999999999')).to.include({ retryAfterSeconds: 3600 });
    for (const wrong of ['-5', '1.5', 'soon', '2015-10-21', ''])
      expect(await failed(503, wrong), wrong).to.include({ retryAfterSeconds: undefined });
  });

  it('takes a fault of the schemas for what caused it', async () => {
    const schemas = async (fault: Fault): Promise<unknown> => {
      const other = new RancherClient({ url: fake.url, ...serviceKey, timeoutMs: 1_000 });
      fake.fault = fault;
      const error = await rejection(other.project('1a5').list('service'), { failure: 'schemas' });
      other.close();
      return toServiceError(error, (text) => text);
    };
    const busy = await schemas((_call, response) => {
      response.setHeader('Retry-After', '9');
      fake.json(response, 503, {});
      return true;
    });
    expect(busy).to.include({ message: 'Error in creating API client', retryable: true, retryAfterSeconds: 9 });
    expect(await schemas((_call, response) => (fake.json(response, 403, {}), true))).to.include({ retryable: false });
    expect(await schemas(() => true)).to.include({ retryable: true });
    expect(await schemas((_call, response) => (response.end('<html>'), true))).to.include({ retryable: true });
  });

  it('tells an action that is not offered at the moment from a use that never is', async () => {
    const project = client.project('1a5');
    const service = { id: '1s1', type: 'service', state: 'upgrading', actions: {} };
    expect(await rejection(project.action(service, 'upgrade'), { failure: 'notOffered' })).to.include({ retryable: true });
    expect(await rejection(project.create('host', {}), { failure: 'notOffered' })).to.include({ retryable: false });
    expect(await rejection(project.remove('genericObject', '..'), { failure: 'notOffered' })).to.include({ retryable: false });
  });

  it('sends no write that is refused at the last moment, and hands that on as it is', async () => {
    const project = client.project('1a5');
    await project.list('service');
    const gone = new LeaseLostError();
    const before = async (): Promise<void> => {
      throw gone;
    };
    const actions = { upgrade: `${fake.origin}/v2-beta/projects/1a5/services/1s1?action=upgrade` };
    const writes = [
      () => project.create('genericObject', {}, before),
      () => project.update('genericObject', '1go1', {}, before),
      () => project.action({ id: '1s1', type: 'service', actions }, 'upgrade', {}, before),
    ];
    const calls = fake.calls.length;
    for (const write of writes) {
      const thrown = await orServiceError(write(), (text) => text).catch((error: unknown) => error);
      expect(thrown).to.equal(gone);
    }
    expect(fake.calls).to.have.length(calls);
  });

  it("becomes the caller's error with the Go service's text", async () => {
    fake.fault = (_call, response) => (fake.json(response, 409, {}), true);
    const error = await rejection(list(), { failure: 'answer', status: 409 });
    expect(toServiceError(error, (text) => `Error ${text}`)).to.include({ status: 500, message: `Error ${error.message}` });
    expect(toServiceError(error, (text) => text, { passStatus: true })).to.include({ status: 409 });
    const schemas = await rejection(client.project('1a9').list('service'), { failure: 'schemas' });
    expect(toServiceError(schemas, (text) => text)).to.include({ status: 500, message: 'Error in creating API client' });
    const own = new TypeError('a fault of ours');
    expect(toServiceError(own, (text) => text)).to.equal(own);
  });
});
