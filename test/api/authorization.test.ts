import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { cattleAuthorizer } from '../../src/api/authorization/cattle-authorizer.ts';
import { EmbeddedAuthorizer } from '../../src/api/authorization/embedded-authorizer.ts';
import { RancherAuthorizer } from '../../src/api/authorization/rancher-authorizer.ts';
import { basic } from '../support/fake-rancher-server.ts';
import type { Sent, SendOptions } from '../support/send-request.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

type Headers = Record<string, string>;

let api: TestApi;
let id: string;

const paths = (projectId: string): readonly [string, string, object?][] => [
  ['GET', `/v1-webhooks?projectId=${projectId}`],
  ['GET', `/v1-webhooks/receivers?projectId=${projectId}`],
  ['GET', `/v1-webhooks/receivers/${id}?projectId=${projectId}`],
  ['POST', `/v1-webhooks/receivers?projectId=${projectId}`, { name: 'new', driver: 'inline' }],
  ['PUT', `/v1-webhooks/receivers/${id}?projectId=${projectId}`, {}],
  ['POST', `/v1-webhooks/receivers/${id}?action=pause&projectId=${projectId}`],
  ['POST', `/v1-webhooks/receivers/${id}?action=rotate&projectId=${projectId}`],
  ['POST', `/v1-webhooks/receivers/${id}?action=plan&projectId=${projectId}`],
  ['DELETE', `/v1-webhooks/receivers/${id}?projectId=${projectId}`],
];

function putReceiver(): string {
  return api.rancher.put({
    key: 'k'.repeat(40),
    name: 'wh',
    resourceData: { driver: 'inline', config: {}, url: 'http://u/?key=kkk' },
  }).id;
}

/** Every route of the project, each refused with this status, and nothing of the project asked or changed. */
async function expectRefused(status: number, headers: Headers, projectId = '1a5'): Promise<void> {
  for (const [method, path, body] of paths(projectId)) {
    const answer = await api.send(path, { method, headers, ...(body && { body }) });
    expect(answer.status, `${method} ${path}`).to.equal(status);
    expect(answer.text).not.to.include('kkk');
  }
  expect(api.rancher.asked.filter((asked) => asked.includes('genericobjects'))).to.deep.equal([]);
}

/** Reads are answered without url and actions, writes refused. */
async function expectReadOnly(headers: Headers): Promise<void> {
  const texts: Record<string, string> = { POST: 'create', PUT: 'update', DELETE: 'delete' };
  for (const [method, path, body] of paths('1a5')) {
    const { status, text, json } = await api.send(path, { method, headers, ...(body && { body }) });
    if (method === 'GET') {
      expect(status, path).to.equal(200);
      expect(text).not.to.include('kkk').and.not.to.include('action=');
    } else {
      const verb = path.includes('action=') ? 'update' : texts[method];
      expect([status, json['message']], path).to.deep.equal([405, `user doesn't have the access to ${verb} webhook`]);
    }
  }
  expect(api.rancher.calls.every(({ method }) => method === 'GET')).to.equal(true);
}

const list = (options: SendOptions = {}, projectId = '1a5'): Promise<Sent> =>
  api.send(`/v1-webhooks/receivers?projectId=${projectId}`, options);
const write = (headers: Headers): Promise<Sent> => api.create({ name: 'new', driver: 'inline' }, { headers });
const forged = { 'X-API-Project-Id': '1a5', 'X-API-Roles': 'owner', 'X-API-User-Id': '1u1', 'X-API-Account-Id': '1a5' };

describe('WEBHOOK_AUTH=cattle', () => {
  beforeEach(async () => {
    api = await startApi({ authorizer: () => cattleAuthorizer });
    id = putReceiver();
  });
  afterEach(() => api.stop());

  it('serves the project that Rancher says', async () => {
    const { json } = await list({ headers: { 'X-API-Project-Id': '1a5', 'X-API-Roles': 'project,owner' } });
    expect(json['data']).to.have.length(1);
    expect((await write({ 'X-API-Project-Id': '1a5', 'X-API-Roles': 'owner' })).status).to.equal(200);
  });

  for (const header of ['1a7', '', ' ', '1a5,1a7', '1A5', '1a5 1a7', '1a', 'null', 'undefined']) {
    it(`refuses the project ${JSON.stringify(header)} of a caller`, () => expectRefused(403, { 'X-API-Project-Id': header }));
  }
  it('refuses a caller without a project', () => expectRefused(403, { 'X-API-Roles': 'owner' }));
  it('refuses a caller of one project in another', () => expectRefused(403, { 'X-API-Project-Id': '1a5' }, '1a7'));

  it('refuses a project that is named twice', async () => {
    const { status } = await api.send('/v1-webhooks/receivers?projectId=1a7&projectId=1a5', {
      headers: { 'X-API-Project-Id': '1a5' },
    });
    expect(status).to.equal(403);
  });

  it('needs projectId first', async () => {
    const { status, json } = await list({ headers: { 'X-API-Project-Id': '1a5' } }, '');
    expect([status, json['message']]).to.deep.equal([400, 'projectId must be supplied as query parameter']);
  });

  for (const roles of ['readonly', 'owner,readonly', 'project, restricted ,x', 'v1-readonly', 'V1-RESTRICTED', ',readonly']) {
    it(`lets the roles ${JSON.stringify(roles)} read alone`, () =>
      expectReadOnly({ 'X-API-Project-Id': '1a5', 'X-API-Roles': roles }));
  }
});

describe('WEBHOOK_AUTH=rancher', () => {
  const owner = basic('owner', 'o'.repeat(40));
  const reader = basic('reader', 'r'.repeat(40));
  const schema = '/v2-beta/projects/1a5/schemas/genericObject';
  const checks = (): number => api.rancher.calls.filter(({ path }) => path === schema).length;

  beforeEach(async () => {
    api = await startApi({ authorizer: (rancher) => new RancherAuthorizer(rancher), timeoutMs: 1_000 });
    id = putReceiver();
    api.rancher.logins.set(owner, { projects: ['1a5'], mayWrite: true });
    api.rancher.logins.set(reader, { projects: ['1a5'], mayWrite: false });
    api.rancher.logins.set('token=good', { projects: ['1a5'], mayWrite: true });
  });
  afterEach(() => api.stop());

  it("serves whom Rancher serves, with the caller's credentials alone", async () => {
    const { status } = await write({ Authorization: owner, Cookie: 'token=good; other=1', 'X-Other': 'a' });
    expect(status).to.equal(200);
    const check = api.rancher.calls.find(({ path }) => path === schema);
    expect(check?.headers.authorization).to.equal(owner);
    expect(check?.headers).not.to.have.any.keys('cookie', 'x-other');
    expect(check?.headers).to.include({ 'x-api-no-challenge': 'true' });
  });

  it('lets a reader read alone', () => expectReadOnly({ Authorization: reader }));
  it('refuses wrong credentials', () => expectRefused(401, { Authorization: basic('owner', 'wrong') }));
  it('refuses a caller without credentials', () => expectRefused(401, {}));
  it("refuses forged headers of Rancher's proxy", () => expectRefused(401, forged));
  it('refuses a caller of one project in another', () => expectRefused(403, { Authorization: owner }, '1a7'));
  it('refuses a project that does not exist', () => expectRefused(403, { Authorization: owner }, '1a9'));

  for (const projectId of ['..', '.', '%2e%2e', '1a5%2f..', '..%2f..', '1a5%2f..%2f1a7']) {
    it(`refuses the project ${projectId}, which is more than one`, () => expectRefused(403, { Authorization: owner }, projectId));
  }

  it('takes no rights and no lack of them from headers', async () => {
    expect((await write({ Authorization: owner, 'X-API-Roles': 'readonly', 'X-API-Project-Id': '1a7' })).status).to.equal(200);
    expect((await write({ Authorization: reader, ...forged })).status).to.equal(405);
  });

  it('asks for credentials, unless the caller wants no challenge', async () => {
    expect((await list()).headers['www-authenticate']).to.equal('Basic realm="webhook-service"');
    expect((await list({ headers: { 'X-API-No-Challenge': 'true' } })).headers).not.to.have.property('www-authenticate');
  });

  it('takes the cookie of a login for reading', async () => {
    expect((await list({ headers: { Cookie: 'a=b; token=good; CSRF=x' } })).status).to.equal(200);
    expect((await list({ headers: { Cookie: 'token=bad' } })).status).to.equal(401);
    expect((await list({ headers: { Cookie: 'token=' } })).status).to.equal(401);
  });

  const writes: [Headers, number][] = [
    [{ Cookie: 'token=good; CSRF=abc', 'X-API-CSRF': 'abc' }, 200],
    [{ Cookie: 'token=good; CSRF=abc' }, 403],
    [{ Cookie: 'token=good; CSRF=abc', 'X-API-CSRF': 'abd' }, 403],
    [{ Cookie: 'token=good; CSRF=abc', 'X-API-CSRF': '' }, 403],
    [{ Cookie: 'token=good', 'X-API-CSRF': '' }, 403],
    [{ Cookie: 'token=good; CSRF=', 'X-API-CSRF': '' }, 403],
    [{ Cookie: 'token=good', 'X-API-CSRF': 'undefined' }, 403],
  ];
  for (const [headers, expected] of writes) {
    it(`answers ${expected} to a write with ${JSON.stringify(headers)}`, async () =>
      expect((await write(headers)).status).to.equal(expected));
  }

  it('needs the CSRF token for every action too', async () => {
    for (const [method, path, body] of paths('1a5').slice(3)) {
      expect((await api.send(path, { method, headers: { Cookie: 'token=good' }, ...(body && { body }) })).status, path).to.equal(
        403,
      );
    }
  });

  it('asks once for many requests at a time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => list({ headers: { Authorization: owner } })));
    expect(checks()).to.equal(1);
  });

  it('asks once in five seconds, for each caller and project', async () => {
    for (let time = 0; time < 5; time += 1) await list({ headers: { Authorization: owner } });
    expect(checks()).to.equal(1);
    await list({ headers: { Authorization: reader } });
    expect(checks()).to.equal(2);
  });

  it('asks again after five seconds', async () => {
    let now = 0;
    const authorizer = new RancherAuthorizer(
      { url: { api: 'http://rancher/v2-beta' }, callAs: () => Promise.resolve(answer(now < 5_000 ? ['GET', 'POST'] : ['GET'])) },
      () => now,
    );
    const request = { method: 'GET', headers: { authorization: owner } };
    const mayWrite = async (at: number): Promise<boolean> => {
      now = at;
      return (await authorizer.authorize(request, '1a5')).mayWrite;
    };
    expect([await mayWrite(0), await mayWrite(4_999), await mayWrite(5_001)]).to.deep.equal([true, true, false]);
  });

  it('remembers no refusal', async () => {
    api.rancher.logins.delete(owner);
    expect((await list({ headers: { Authorization: owner } })).status).to.equal(401);
    api.rancher.logins.set(owner, { projects: ['1a5'], mayWrite: true });
    expect((await list({ headers: { Authorization: owner } })).status).to.equal(200);
  });

  const broken: Record<string, (response: ServerResponse) => void> = {
    'does not answer': () => undefined,
    'closes the connection': (response) => response.socket?.destroy(),
    'answers 500': (response) => void response.writeHead(500).end('{}'),
    'sends elsewhere': (response) => void response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
    'shows a page to sign in': (response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'),
    'answers with something else': (response) => void response.writeHead(200).end('{"id":"other","collectionMethods":["POST"]}'),
    'answers with nothing': (response) => void response.writeHead(200).end(),
  };
  for (const [name, fault] of Object.entries(broken)) {
    it(`answers 503 where Rancher ${name}`, async () => {
      api.rancher.fault = (call, response) => call.path === schema && (fault(response), true);
      const { status, headers } = await list({ headers: { Authorization: owner } });
      expect([status, headers['retry-after']]).to.deep.equal([503, '1']);
      expect(api.rancher.asked.filter((asked) => asked.includes('genericobjects'))).to.deep.equal([]);
    });
  }

  it('lets every sender trigger, without a login', async () => {
    expect((await api.trigger(`key=${'k'.repeat(40)}&projectId=1a5`)).status).to.equal(200);
    expect(checks()).to.equal(0);
  });
});

function answer(collectionMethods: string[]) {
  const text = JSON.stringify({ id: 'genericObject', collectionMethods });
  return { status: 200, text };
}

describe('WEBHOOK_AUTH=embedded', () => {
  const logins: Record<string, { secretKey: string; projectId: string; role: string }> = {
    owner: { secretKey: 'a:b', projectId: '1a5', role: 'owner' },
    reader: { secretKey: 'r', projectId: '1a5', role: 'readonly' },
  };

  beforeEach(async () => {
    const authorizer = new EmbeddedAuthorizer((accessKey, secretKey) => {
      const login = Object.hasOwn(logins, accessKey) ? logins[accessKey] : undefined;
      if (login?.secretKey !== secretKey) return undefined;
      return { role: login.role, mayUse: (projectId) => projectId === login.projectId };
    });
    api = await startApi({ authorizer: () => authorizer });
    id = putReceiver();
  });
  afterEach(() => api.stop());

  it('serves whoever has a key, a colon in the secret included', async () => {
    expect((await write({ Authorization: basic('owner', 'a:b') })).status).to.equal(200);
    expect((await list({ headers: { Authorization: basic('owner', 'a:b').replace('Basic', 'basic') } })).status).to.equal(200);
  });

  it('lets a reader read alone', () => expectReadOnly({ Authorization: basic('reader', 'r'), ...forged }));
  it('refuses a caller of one project in another', () => expectRefused(403, { Authorization: basic('owner', 'a:b') }, '1a7'));
  for (const authorization of [
    '',
    basic('owner', 'wrong'),
    basic('', ''),
    basic('__proto__', ''),
    'Basic',
    'Basic !!!',
    'Bearer a',
    'Basic b3duZXI=',
  ]) {
    it(`refuses ${JSON.stringify(authorization)}`, () => expectRefused(401, { Authorization: authorization, ...forged }));
  }
});
