import { expect } from 'chai';
import { startApi, type TestApi } from '../support/start-api.ts';

const good = { driver: 'inline', config: { serviceId: '1s1' }, url: 'http://old:8080/v1-webhooks/endpoint?key=k1&projectId=1a5' };

describe('reading receivers', () => {
  let api: TestApi;

  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.stop());

  const put = (resourceData: unknown, more: object = {}): string =>
    api.rancher.put({ key: 'k1', name: 'wh', resourceData, ...more }).id;
  const get = (id: string) => api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`);
  const list = async (): Promise<Record<string, unknown>[]> => {
    const { json, status } = await api.send('/v1-webhooks/receivers?projectId=1a5');
    expect(status).to.equal(200);
    return json['data'] as Record<string, unknown>[];
  };

  it('shows the version with its links and asks Rancher nothing', async () => {
    const { json } = await api.send('/v1-webhooks?projectId=1a5');
    const base = `${api.url}/v1-webhooks`;
    expect(json).to.deep.equal({
      actions: {},
      links: {
        deliveries: `${base}/deliveries?projectId=1a5`,
        receivers: `${base}/receivers?projectId=1a5`,
        schemas: `${base}/schemas?projectId=1a5`,
        self: `${base}?projectId=1a5`,
        targets: `${base}/targets?projectId=1a5`,
      },
      type: 'apiVersion',
    });
    expect(api.rancher.calls).to.have.length(0);
  });

  it('needs projectId everywhere', async () => {
    for (const [method, path] of [
      ['GET', '/v1-webhooks'],
      ['GET', '/v1-webhooks?projectId='],
      ['GET', '/v1-webhooks/receivers'],
      ['GET', '/v1-webhooks/receivers/1go1'],
      ['DELETE', '/v1-webhooks/receivers/1go1'],
      ['POST', '/v1-webhooks/receivers/1go1?action=pause'],
    ] as const) {
      const { status, json } = await api.send(path, { method });
      expect([status, json['message']], path).to.deep.equal([400, 'projectId must be supplied as query parameter']);
    }
  });

  it('lists with the four keys of the Go service, in the order of Rancher', async () => {
    const empty = await api.send('/v1-webhooks/receivers/?projectId=1a5&limit=-1');
    expect(empty.json).to.deep.equal({
      data: [],
      links: { self: `${api.url}/v1-webhooks/receivers/?projectId=1a5` },
      resourceType: 'receiver',
      type: 'collection',
    });
    const ids = [put(good), put(good), put(good)];
    expect((await list()).map(({ id }) => id)).to.deep.equal(ids);
    expect(api.rancher.asked.at(-1)).to.equal('GET genericobjects?kind=webhookReceiver');
  });

  it('lists more than one page of Rancher', async () => {
    for (let index = 0; index < 1_200; index += 1) put(good);
    expect(await list()).to.have.length(1_200);
  });

  it('lists nothing where Rancher refuses the list', async () => {
    api.rancher.fault = (call, response) => call.path.endsWith('genericobjects') && (api.rancher.json(response, 500, {}), true);
    expect(await list()).to.deep.equal([]);
  });

  const old: [string, unknown, number, string][] = [
    ['no url', { driver: 'inline', config: {} }, 500, "Couldn't read webhook data. Bad url"],
    ['a number for its url', { ...good, url: 5 }, 500, "Couldn't read webhook data. Bad url"],
    ['no driver', { config: {}, url: 'u' }, 500, "Couldn't read webhook data. Bad driver"],
    ['an object for its driver', { ...good, driver: {} }, 500, "Couldn't read webhook data. Bad driver"],
    ['no config', { driver: 'inline', url: 'u' }, 500, "Couldn't read webhook data. Bad config on resource"],
    ['an unknown driver', { ...good, driver: 'gone' }, 400, "Can't find driver gone"],
    ['a driver of every object', { ...good, driver: '__proto__' }, 400, "Can't find driver __proto__"],
    ['a list for its data', [], 500, "Couldn't read webhook data. Bad driver"],
    ['no data', null, 500, "Couldn't read webhook data. Bad driver"],
  ];
  for (const [name, data, status, message] of old) {
    it(`says what is wrong with a stored receiver of ${name}, and leaves it out of the list`, async () => {
      const id = put(data);
      put(good);
      const { status: got, json } = await get(id);
      expect([got, json['message']]).to.deep.equal([status, message]);
      expect(await list()).to.have.length(1);
    });
  }

  for (const config of ['text', 5, [], null, { amount: 'many' }, { selector: 'x' }]) {
    it(`shows the stored config ${JSON.stringify(config)} as empty`, async () => {
      const { json } = await get(put({ ...good, config }));
      expect(json['inlineConfig']).to.deep.equal({});
    });
  }

  for (const expiresAt of [1e300, -1e300, 'soon', null, {}]) {
    it(`is not harmed by the stored time ${JSON.stringify(expiresAt)}`, async () => {
      const id = put({ ...good, expiresAt, replacedBy: 5, paused: 'yes' });
      expect((await get(id)).json).not.to.have.any.keys('expiresAt', 'replacedBy', 'paused');
      expect(await list()).to.have.length(1);
    });
  }

  it('shows name and state as text where Rancher has null', async () => {
    expect((await get(put(good, { name: null, state: null }))).json).to.include({ name: '', state: '' });
  });

  it('shows the stored url as it is', async () => {
    expect((await get(put(good))).json['url']).to.equal(good.url);
    expect((await get(put({ ...good, url: 'odd' }))).json['url']).to.equal('odd');
  });

  it('finds no genericObject of another kind', async () => {
    const { status, json } = await get(put(good, { kind: 'other' }));
    expect([status, json['message']]).to.deep.equal([404, 'Webhook not found']);
  });

  for (const id of [
    '1go404',
    '..%2f..%2f1a7%2fgenericobjects%2f1go1',
    '%252e%252e',
    '1go1%00',
    '1go1;x',
    '%3Cscript%3E',
    '%F0%9F%98%80',
    '.%2f',
  ]) {
    it(`does not leave its place for the id ${id}`, async () => {
      const { status } = await get(id);
      expect(status).to.be.oneOf([301, 404]);
      for (const { path } of api.rancher.calls)
        expect(path).to.match(/^\/v2-beta\/projects\/1a5\/(schemas|genericobjects\/[^/]+)$/);
    });
  }

  it('refuses a path that cannot be decoded', async () => {
    for (const path of ['/v1-webhooks/receivers/%', '/v1-webhooks/%E0%A4%A/x', '/%ff']) {
      const { status, json } = await api.send(path);
      expect([status, json['message']]).to.deep.equal([400, 'The path is badly encoded']);
    }
  });

  it("passes on Rancher's text for another fault than 404", async () => {
    const id = put(good);
    api.rancher.fault = (call, response) => call.path.endsWith(id) && (api.rancher.json(response, 503, { code: 'Busy' }), true);
    const { status, json } = await get(id);
    const url = `${api.rancher.origin}/v2-beta/projects/1a5/genericobjects/${id}`;
    const message = `Bad response statusCode [503]. Status [503 Service Unavailable]. Body: [code=Busy] from [${url}]`;
    expect([status, json['message']]).to.deep.equal([500, message]);
  });

  it('hides url and actions from who may only read', async () => {
    const id = put(good);
    const headers = { 'X-API-Roles': 'readonly' };
    const one = await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`, { headers });
    const all = await api.send('/v1-webhooks/receivers?projectId=1a5', { headers });
    for (const { text } of [one, all])
      expect(text).to.include('"actions":{}').and.not.to.include('"url"').and.not.to.include('k1');
  });

  it('deletes with 204 and an empty body, and hides nothing of a second delete', async () => {
    const id = put(good);
    const gone = await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`, { method: 'DELETE' });
    expect([gone.status, gone.text]).to.deep.equal([204, '']);
    expect(gone.headers).not.to.have.property('content-type');
    expect((await get(id)).json['state']).to.equal('removed');
    expect(await list()).to.deep.equal([]);
  });

  it('passes on the status with which Rancher refuses a delete', async () => {
    const id = put(good);
    const url = `${api.rancher.origin}/v2-beta/projects/1a5/genericobjects/${id}`;
    for (const [theirs, ours] of [
      [409, 409],
      [405, 405],
      [422, 422],
      [302, 500],
    ] as const) {
      api.rancher.fault = (call, response) =>
        call.method === 'DELETE' && (api.rancher.json(response, theirs, { code: 'Odd' }), true);
      const { status, json } = await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`, { method: 'DELETE' });
      expect(status).to.equal(ours);
      expect(json['message']).to.match(new RegExp(`^Bad response statusCode \\[${theirs}\\].* Body: \\[\\] from \\[${url}\\]$`));
    }
  });

  it('refuses a delete with the text of the Go service', async () => {
    const missing = await api.send('/v1-webhooks/receivers/1go404?projectId=1a5', { method: 'DELETE' });
    expect([missing.status, missing.json['message']]).to.deep.equal([404, 'Webhook not found']);
    const headers = { 'X-API-Roles': 'restricted' };
    const role = await api.send('/v1-webhooks/receivers/1go1', { method: 'DELETE', headers });
    expect([role.status, role.json['message']]).to.deep.equal([405, "user doesn't have the access to delete webhook"]);
  });
});

describe('WEBHOOK_PUBLIC_URL', () => {
  it('replaces what stands before /v1-webhooks in every url that is shown', async () => {
    const api = await startApi({ publicUrl: 'https://hooks.example.com/in', style: 'key' });
    try {
      const { id } = api.rancher.put({ key: 'k1', name: 'a', resourceData: good });
      const { json } = await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`);
      expect(json['url']).to.equal('https://hooks.example.com/in/v1-webhooks/endpoint?key=k1&projectId=1a5');
      const made = await api.create({ name: 'b', driver: 'inline' });
      expect(made.json['url']).to.match(/^https:\/\/hooks\.example\.com\/in\/v1-webhooks\/endpoint\?key=\w{40}&projectId=1a5$/);
    } finally {
      await api.stop();
    }
  });
});
