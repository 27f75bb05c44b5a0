import { expect } from 'chai';
import { startApi, type TestApi } from '../support/start-api.ts';
import { type TestDriver, testDriver } from '../support/test-drivers.ts';

const receiver = { name: 'wh1', driver: 'inline', inlineConfig: { serviceId: '1s1', amount: 2 } };

describe('POST /v1-webhooks/receivers', () => {
  let api: TestApi;
  let inline: TestDriver;

  beforeEach(async () => {
    inline = testDriver('inline', 'inline');
    api = await startApi({ drivers: [inline, testDriver('queued', 'queued')], style: 'key' });
  });
  afterEach(() => api.stop());

  it('answers 200 with the resource as the Go service shows it', async () => {
    const { status, headers, json, text } = await api.create(receiver);
    expect(status).to.equal(200);
    expect(headers['content-type']).to.equal('application/json');
    expect(headers['x-api-schemas']).to.equal(`${api.url}/v1-webhooks/schemas`);
    const [key = ''] = /(?<=key=)[A-Za-z0-9]{40}(?=&projectId=1a5$)/.exec(String(json['url'])) ?? [];
    const self = `${api.url}/v1-webhooks/receivers/1go1`;
    expect(json).to.deep.equal({
      actions: {
        pause: `${self}?action=pause&projectId=1a5`,
        plan: `${self}?action=plan&projectId=1a5`,
        rotate: `${self}?action=rotate&projectId=1a5`,
      },
      driver: 'inline',
      id: '1go1',
      inlineConfig: { serviceId: '1s1', amount: 2, type: 'inline' },
      links: { self: `${self}?projectId=1a5` },
      name: 'wh1',
      queuedConfig: {},
      state: 'active',
      type: 'receiver',
      url: `${api.url}/v1-webhooks/endpoint?key=${key}&projectId=1a5`,
    });
    expect(text).to.match(/^\{.*\}\n$/);
    expect(Object.keys(json)).to.deep.equal(Object.keys(json).toSorted());
  });

  it('stores exactly what the Go service stores', async () => {
    const { json } = await api.create({
      ...receiver,
      inlineConfig: { ...receiver.inlineConfig, selector: {}, secret: '', type: 'x' },
    });
    const [, key] = /key=(\w+)/.exec(String(json['url'])) ?? [];
    expect(JSON.parse(api.rancher.calls.at(-1)?.body ?? '')).to.deep.equal({
      key,
      kind: 'webhookReceiver',
      name: 'wh1',
      resourceData: { config: { serviceId: '1s1', amount: 2, type: 'x' }, driver: 'inline', url: json['url'] },
    });
    expect(api.rancher.asked).to.deep.equal(['GET schemas', 'GET genericobjects?name=wh1', 'POST genericobjects']);
  });

  it('gives the validation what was decoded', async () => {
    await api.create({ NAME: 'wh1', DRIVER: 'inline', INLINECONFIG: { SERVICEID: '1s1', Amount: 0, unknown: 1 } });
    expect(inline.validated).to.deep.equal([{ serviceId: '1s1' }]);
  });

  it('takes the last of a name that is there twice', async () => {
    const { json } = await api.create('{"name":"a","driver":"queued","name":"b","Driver":"inline"}');
    expect(json).to.include({ name: 'b', driver: 'inline' });
  });

  const badType = 'Content-Type must be supplied as header. Only application/json is supported';
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'text/json', '']) {
    it(`refuses the content type ${JSON.stringify(type)}`, async () => {
      const { status, json } = await api.create(receiver, { headers: { 'Content-Type': type } });
      expect([status, json['message']]).to.deep.equal([400, badType]);
    });
  }

  it('refuses no content type at all', async () => {
    const path = '/v1-webhooks/receivers?projectId=1a5';
    const { status, json } = await api.send(path, { method: 'POST', body: JSON.stringify(receiver) });
    expect([status, json['message']]).to.deep.equal([400, badType]);
  });

  for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json ;charset=UTF-8']) {
    it(`takes the content type ${type}`, async () => {
      expect((await api.create(receiver, { headers: { 'Content-Type': type } })).status).to.equal(200);
    });
  }

  const json = 'Bad request body: json: cannot unmarshal';
  const refused: [string, string | object, string][] = [
    ['an empty body', '', 'Bad request body: unexpected end of JSON input'],
    ['half a body', '{"name":', 'Bad request body: unexpected end of JSON input'],
    ['more than one value', '{}x', "Bad request body: invalid character 'x' after top-level value"],
    ['null', 'null', 'Bad request body: the body is null'],
    ['a list', '[]', `${json} array into Go value of type model.Webhook`],
    ['a text', '"x"', `${json} string into Go value of type model.Webhook`],
    ['a number', '1', `${json} number into Go value of type model.Webhook`],
    ['a number for the name', { ...receiver, name: 5 }, `${json} number into Go struct field Webhook.name of type string`],
    ['a list for the driver', { ...receiver, driver: [] }, `${json} array into Go struct field Webhook.driver of type string`],
    [
      'a list for the config',
      { ...receiver, inlineConfig: [] },
      `${json} array into Go struct field Webhook.inlineConfig of type model.Inline`,
    ],
    [
      'a text for another config',
      { ...receiver, queuedConfig: 'x' },
      `${json} string into Go struct field Webhook.queuedConfig of type model.Queued`,
    ],
    [
      'a text for a number',
      { ...receiver, inlineConfig: { amount: '1' } },
      `${json} string into Go struct field Inline.inlineConfig.amount of type int64`,
    ],
    [
      'half a number',
      { ...receiver, inlineConfig: { amount: 1.5 } },
      `${json} number 1.5 into Go struct field Inline.inlineConfig.amount of type int64`,
    ],
    [
      'an integer that no number holds exactly',
      '{"name":"a","driver":"inline","inlineConfig":{"amount":9223372036854776000}}',
      `${json} number 9223372036854776000 into Go struct field Inline.inlineConfig.amount of type int64`,
    ],
    [
      'a number in a map',
      { ...receiver, inlineConfig: { selector: { a: 1 } } },
      `${json} number into Go struct field Inline.inlineConfig.selector of type string`,
    ],
    ['no name', { driver: 'inline' }, 'Name not provided'],
    ['null for the name', { name: null, driver: 'inline' }, 'Name not provided'],
    ['no driver', { name: 'a' }, 'Driver not provided'],
    ['an unknown driver', { name: 'a', driver: 'Inline' }, 'Invalid driver Inline'],
    ['a driver of every object', { name: 'a', driver: '__proto__' }, 'Invalid driver __proto__'],
    ['the constructor for a driver', { name: 'a', driver: 'constructor' }, 'Invalid driver constructor'],
    ['what the driver refuses', { ...receiver, inlineConfig: { amount: 13 } }, 'Invalid amount: 13'],
  ];
  for (const [name, body, message] of refused) {
    it(`refuses ${name}`, async () => {
      const { status, json: error } = await api.create(body);
      expect([status, error['message']]).to.deep.equal([400, message]);
    });
  }

  it('takes null for a config and a field', async () => {
    expect((await api.create({ ...receiver, inlineConfig: null, queuedConfig: { amount: null } })).status).to.equal(200);
  });

  it('has the error body of the Go service', async () => {
    const { status, headers, json: error } = await api.create({});
    expect(status).to.equal(400);
    expect(headers['content-type']).to.equal('application/json');
    expect(error).to.deep.equal({
      actions: {},
      links: { self: `${api.url}/v1-webhooks/receivers` },
      message: 'Name not provided',
      status: 'Server Error',
      statusCode: 400,
      type: 'error',
    });
  });

  it('needs projectId in the query', async () => {
    const { status, json: error } = await api.send('/v1-webhooks/receivers', {
      method: 'POST',
      body: { ...receiver, projectId: '1a5' },
    });
    expect([status, error['message']]).to.deep.equal([400, 'projectId must be supplied as query parameter']);
  });

  it('checks role, content type, project and body in this order', async () => {
    const all = { method: 'POST', body: 'x', headers: { 'X-API-Roles': 'readonly' } };
    const role = await api.send('/v1-webhooks/receivers', all);
    expect([role.status, role.json['message']]).to.deep.equal([405, "user doesn't have the access to create webhook"]);
    const type = await api.send('/v1-webhooks/receivers', { ...all, headers: {} });
    expect(type.json['message']).to.equal(badType);
    const project = await api.send('/v1-webhooks/receivers', { ...all, headers: { 'Content-Type': 'application/json' } });
    expect(project.json['message']).to.equal('projectId must be supplied as query parameter');
    expect(api.rancher.calls).to.have.length(0);
  });

  it('refuses a name that any genericObject has, before it looks at the config', async () => {
    api.rancher.put({ name: 'wh1', kind: 'other' });
    const { status, json: error } = await api.create({ ...receiver, inlineConfig: { amount: 13 } });
    const message = 'Cannot have duplicate webhook name, webhook wh1 already exists';
    expect([status, error['message']]).to.deep.equal([400, message]);
  });

  it('answers 500 where Rancher gives no schemas', async () => {
    const { status, json: error } = await api.create(receiver, {});
    expect(status).to.equal(200);
    expect(error['id']).to.equal('1go1');
    const other = await api.send('/v1-webhooks/receivers?projectId=1a9', { method: 'POST', body: receiver });
    expect([other.status, other.json['message']]).to.deep.equal([500, 'Error in creating API client']);
  });

  it("passes on Rancher's text where it refuses the lookup or the create", async () => {
    for (const [method, prefix] of [
      ['GET', ''],
      ['POST', 'Failed to create webhook: '],
    ] as const) {
      api.rancher.fault = (call, response) =>
        call.method === method &&
        call.path.endsWith('genericobjects') &&
        (api.rancher.json(response, 422, { code: 'NotUnique' }), true);
      const { status, json: error } = await api.create(receiver);
      expect(status).to.equal(500);
      expect(error['message']).to.match(
        new RegExp(`^${prefix}Bad response statusCode \\[422\\]. Status \\[422 Unprocessable Entity\\]`),
      );
    }
  });

  for (const name of [
    'naïve ☃ 😀',
    '"quoted"',
    "'",
    '<script>alert(1)</script>',
    '__proto__',
    'a\u2028b',
    '../..',
    ' ',
    'x'.repeat(10_000),
  ]) {
    it(`takes the name ${JSON.stringify(name.slice(0, 40))}`, async () => {
      const { status, json: made } = await api.create({ ...receiver, name });
      expect([status, made['name']]).to.deep.equal([200, name]);
      const again = await api.create({ ...receiver, name });
      expect(again.json['message']).to.include('already exists');
      const page = await api.send('/v1-webhooks/receivers?projectId=1a5&_format=html');
      expect(page.text.match(/<\/script>/g)).to.have.length(2);
      expect(page.text).not.to.include('<script>alert');
    });
  }

  it('takes half a character in a name', async () => {
    expect((await api.create('{"name":"a\\ud800","driver":"inline"}')).json['name']).to.be.a('string');
  });

  for (const projectId of [
    '../1a7',
    '1a5/..',
    '1a5%2f..',
    '1a5/../1a7',
    '..',
    '.',
    '1a5 ',
    '1a5?x',
    '1a5#x',
    '1a5;x',
    '1a5\\..\\1a7',
    '１a5',
  ]) {
    it(`does nothing in the project ${projectId}`, async () => {
      api.rancher.put({ name: 'other' }, { projectId: '1a7' });
      const path = `/v1-webhooks/receivers?projectId=${encodeURIComponent(projectId)}`;
      const made = await api.send(path, { method: 'POST', body: receiver });
      expect([made.status, made.json['message']]).to.deep.equal([500, 'Error in creating API client']);
      expect((await api.send(path)).status).to.equal(500);
      expect(api.rancher.calls.every(({ path: asked }) => /^\/v2-beta\/projects\/[^/]+\/schemas$/.test(asked))).to.equal(true);
    });
  }

  it('has the role text for every role of the Go service, and only for exactly those', async () => {
    for (const role of ['readonly', 'restricted', 'v1-readonly', 'v1-restricted']) {
      expect((await api.create(receiver, { headers: { 'X-API-Roles': role } })).status, role).to.equal(405);
    }
    for (const [index, role] of ['owner', 'readonly,owner', 'READONLY', ''].entries()) {
      const made = await api.create({ ...receiver, name: `wh${index}` }, { headers: { 'X-API-Roles': role } });
      expect(made.status, role).to.equal(200);
    }
  });
});
