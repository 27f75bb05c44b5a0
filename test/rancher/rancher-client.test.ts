import { expect } from 'chai';
import { RancherClient } from '../../src/rancher/rancher-client.ts';
import { parseRancherUrl } from '../../src/rancher/rancher-url.ts';
import type { RancherResource } from '../../src/rancher/rancher.ts';
import { basic, type FakeRancherServer, serviceKey, startFakeRancher } from '../support/fake-rancher-server.ts';
import { rejection } from '../support/rejection.ts';

describe('the Rancher client', () => {
  let fake: FakeRancherServer;
  let client: RancherClient;

  beforeEach(async () => {
    fake = await startFakeRancher();
    client = new RancherClient({ url: fake.url, ...serviceKey, timeoutMs: 2_000 });
  });
  afterEach(async () => {
    client.close();
    await fake.stop();
  });

  for (const [given, api] of [
    ['http://h:8080', 'http://h:8080/v2-beta'],
    ['http://h:8080/', 'http://h:8080/v2-beta'],
    ['http://h:8080/v1', 'http://h:8080/v2-beta'],
    ['http://h:8080/v1/', 'http://h:8080/v2-beta'],
    ['http://h:8080/v2-beta', 'http://h:8080/v2-beta'],
    ['http://h:8080/v2-beta/schemas', 'http://h:8080/v2-beta'],
    ['https://h/v1/projects/1a5/schemas', 'https://h/v2-beta'],
    ['https://h/rancher/v1', 'https://h/rancher/v2-beta'],
  ] as const) {
    it(`takes ${given} for ${api}`, () => expect(parseRancherUrl(given).api).to.equal(api));
  }

  it('gives its key and says what it sends and wants', async () => {
    await client.project('1a5').create('genericObject', { name: 'a', kind: 'x' });
    for (const { headers } of fake.calls) {
      expect(headers.authorization).to.equal(basic('access', 'secret'));
      expect(headers.accept).to.equal('application/json');
    }
    expect(fake.calls.at(-1)?.headers['content-type']).to.equal('application/json');
  });

  it('fetches the schemas of a project once', async () => {
    expect(client.knowsSchemas('1a5')).to.equal(false);
    await Promise.all([1, 2, 3].map(() => client.project('1a5').list('genericObject')));
    await client.project('1a5').list('service');
    expect(fake.asked.filter((call) => call.endsWith('schemas'))).to.have.length(1);
    expect(client.knowsSchemas('1a5')).to.equal(true);
    expect(client.knowsSchemas('1a7')).to.equal(false);
  });

  it('fetches the schemas again where they stop fitting', async () => {
    fake.collectionMethods = ['GET'];
    await client.project('1a5').list('genericObject');
    fake.collectionMethods = ['GET', 'POST'];
    expect((await client.project('1a5').create('genericObject', { name: 'a' }))['name']).to.equal('a');
    expect(fake.asked.filter((call) => call.endsWith('schemas'))).to.have.length(2);
  });

  it('fetches the schemas again after a refusal', async () => {
    await client.project('1a5').list('genericObject');
    fake.fault = (call, response) =>
      call.path.endsWith('genericobjects') && (fake.json(response, 403, { code: 'Forbidden' }), true);
    await rejection(client.project('1a5').list('genericObject'), { failure: 'answer', status: 403 });
    expect(client.knowsSchemas('1a5')).to.equal(false);
  });

  it('does not remember schemas that it could not get', async () => {
    fake.fault = (_call, response) => (fake.json(response, 500, {}), true);
    await rejection(client.project('1a5').list('genericObject'), { failure: 'schemas', status: 500 });
    fake.fault = () => false;
    expect(await client.project('1a5').list('genericObject')).to.deep.equal([]);
  });

  it('takes the schemas from where X-API-Schemas says, on the server it knows', async () => {
    fake.fault = (call, response) => {
      if (call.query.has('elsewhere') || !call.path.endsWith('schemas')) return false;
      fake.json(response, 200, { data: [] }, { 'X-API-Schemas': `http://203.0.113.1${call.path}?elsewhere=1` });
      return true;
    };
    expect(await client.project('1a5').canCreate('genericObject')).to.equal(true);
    expect(fake.asked).to.deep.equal(['GET schemas', 'GET schemas?elsewhere=1']);
  });

  it('needs the X-API-Schemas header', async () => {
    fake.fault = (_call, response) => (fake.json(response, 200, { data: [] }), true);
    await rejection(client.project('1a5').list('genericObject'), {
      failure: 'schemas',
      message: /^no X-API-Schemas header from \[/,
    });
  });

  it('says that a type is not offered, without a call for it', async () => {
    await rejection(client.project('1a5').get('secret', '1x1'), {
      failure: 'notOffered',
      message: 'project 1a5 does not offer this use of secret',
    });
    expect(new Set(fake.asked)).to.deep.equal(new Set(['GET schemas']));
  });

  it('reads all pages', async () => {
    for (let index = 0; index < 2_500; index += 1) fake.put({ name: `n${index}` });
    expect(await client.project('1a5').list('genericObject', { kind: 'webhookReceiver' })).to.have.length(2_500);
    expect(fake.calls).to.have.length(4);
  });

  it('ends a list whose pages go round', async () => {
    fake.fault = (call, response) => {
      if (!call.path.endsWith('genericobjects')) return false;
      const next = `${fake.origin}${call.path}?marker=${call.query.get('marker') === 'a' ? 'b' : 'a'}`;
      fake.json(response, 200, { data: [{ id: '1go1', type: 'genericObject' }], pagination: { next } });
      return true;
    };
    expect(await client.project('1a5').list('genericObject')).to.have.length(3);
  });

  it('gives up a list that never ends', async () => {
    fake.fault = (call, response) => {
      if (!call.path.endsWith('genericobjects')) return false;
      const next = `${fake.origin}${call.path}?marker=${Number(call.query.get('marker') ?? 0) + 1}`;
      fake.json(response, 200, { data: [], pagination: { next } });
      return true;
    };
    await rejection(client.project('1a5').list('genericObject'), { failure: 'unreachable', message: /the list does not end$/ });
    expect(fake.calls).to.have.length.below(110);
  });

  it('passes resources through raw', async () => {
    const raw = { name: 'a', unknown: { deep: [1, null, false, ''] }, zero: 0, ['__proto__']: { polluted: true } };
    const { id } = fake.put(raw);
    const found = await client.project('1a5').get('genericObject', id);
    expect(found).to.deep.include({ unknown: raw.unknown, zero: 0 });
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('gives a removed resource by its id, and undefined for a missing one', async () => {
    const { id } = fake.put({ name: 'a' });
    await client.project('1a5').remove('genericObject', id);
    expect((await client.project('1a5').get('genericObject', id))?.removed).to.be.a('string');
    expect(await client.project('1a5').get('genericObject', '1go404')).to.equal(undefined);
  });

  it('encodes what it puts into a path', async () => {
    const ids = ['a/../b', '../../1a7/genericobjects/1go1', '%2e%2e', 'a?b=c#d', 'ü€', 'a\\b', 'a b\r\n', '\ud800'];
    for (const id of ids) expect(await client.project('1a5').get('genericObject', id), id).to.equal(undefined);
    const prefix = '/v2-beta/projects/1a5/genericobjects/';
    const asked = fake.calls.slice(1).map(({ path }) => path);
    expect(asked).to.have.length(ids.length);
    for (const path of asked)
      expect(path.slice(prefix.length), path)
        .to.match(/^[\w.%]+$/)
        .and.not.match(/^\.+$/);
  });

  it('takes no dots for an id or a project', async () => {
    await client.project('1a5').list('genericObject');
    const before = fake.calls.length;
    for (const id of ['..', '.', '']) {
      expect(await client.project('1a5').get('genericObject', id)).to.equal(undefined);
      await rejection(client.project('1a5').update('genericObject', id, {}), { failure: 'notOffered' });
      await rejection(client.project('1a5').remove('genericObject', id), { failure: 'notOffered' });
      await rejection(client.project(id).list('genericObject'), { failure: 'schemas', status: 404 });
    }
    expect(fake.calls).to.have.length(before);
  });

  it('writes by id and runs actions by the link that Rancher gave', async () => {
    const { id } = fake.put({ name: 'a' });
    expect((await client.project('1a5').update('genericObject', id, { name: 'b' }))['name']).to.equal('b');
    const actions = { go: `http://203.0.113.1/v2-beta/projects/1a5/genericobjects/${id}/?action=go` };
    const resource: RancherResource = { id, type: 'genericObject', actions };
    fake.fault = (call, response) => call.method === 'POST' && (fake.json(response, 200, { id, type: 'genericObject' }), true);
    await client.project('1a5').action(resource, 'go', { batchSize: 1 });
    await client.project('1a5').action(resource, 'go');
    expect(fake.calls.slice(-2).map(({ body }) => body)).to.deep.equal(['{"batchSize":1}', '']);
    expect(fake.asked.at(-1)).to.equal(`POST genericobjects/${id}/?action=go`);
    await rejection(client.project('1a5').action(resource, 'stop'), { failure: 'notOffered' });
  });

  it('follows no link of another scheme', async () => {
    const { host } = new URL(fake.origin);
    for (const link of [`x:@${host}/`, 'javascript:alert(1)', 'http://', 'file:///etc/passwd']) {
      const resource: RancherResource = { id: '1go1', type: 'genericObject', actions: { go: link }, links: { self: link } };
      await rejection(client.project('1a5').action(resource, 'go'), { failure: 'unreachable' });
      await rejection(client.project('1a5').reload(resource), { failure: 'unreachable' });
    }
    expect(fake.calls).to.have.length(0);
  });
});
