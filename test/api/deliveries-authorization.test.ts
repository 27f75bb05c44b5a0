import { expect } from 'chai';
import type { Authorizer } from '../../src/api/authorization/authorizer.ts';
import { cattleAuthorizer } from '../../src/api/authorization/cattle-authorizer.ts';
import { EmbeddedAuthorizer } from '../../src/api/authorization/embedded-authorizer.ts';
import { noAuthorizer } from '../../src/api/authorization/no-authorizer.ts';
import { RancherAuthorizer } from '../../src/api/authorization/rancher-authorizer.ts';
import { basic } from '../support/fake-rancher-server.ts';
import { FakeDeliveries } from '../support/fake-deliveries.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

const routes: readonly [string, string][] = [
  ['GET', 'deliveries?'],
  ['POST', 'deliveries?action=replay&'],
  ['GET', 'deliveries/1wd1?'],
  ['GET', 'deliveries/1wd1/events?'],
  ['POST', 'deliveries/1wd1?action=replay&'],
  ['POST', 'deliveries/1wd2?action=cancel&'],
  ['GET', 'targets?'],
  ['GET', 'targets/1wt1?'],
  ['POST', 'targets/1wt1?action=hold&'],
  ['POST', 'targets/1wt1?action=release&'],
];

describe('deliveries and targets', () => {
  let api: TestApi;
  let deliveries: FakeDeliveries;

  beforeEach(async () => {
    deliveries = new FakeDeliveries();
    deliveries.put({ message: 'a secret' });
    deliveries.put({ state: 'waiting', message: 'a secret' });
    deliveries.putTarget({ name: 'a secret', holds: [{ image: '', reason: '', heldBy: '', heldAt: 0 }] });
    api = await startApi({ deliveries, authorizer: (rancher) => new RancherAuthorizer(rancher) });
    api.rancher.logins.set(basic('owner', 'o'), { projects: ['1a5'], mayWrite: true });
    api.rancher.logins.set(basic('reader', 'r'), { projects: ['1a5'], mayWrite: false });
  });
  afterEach(() => api.stop());

  const refusals: readonly [string, Record<string, string>, string, number][] = [
    ['without credentials', {}, '1a5', 401],
    ['with wrong ones', { Authorization: basic('owner', 'x') }, '1a5', 401],
    ['of another project', { Authorization: basic('owner', 'o') }, '1a7', 403],
    ["with headers of Rancher's proxy alone", { 'X-API-Project-Id': '1a5', 'X-API-Roles': 'owner' }, '1a5', 401],
  ];
  for (const [who, headers, projectId, status] of refusals) {
    for (const accept of ['application/json', 'text/event-stream']) {
      it(`are not for a caller ${who}, who wants ${accept}`, async () => {
        const before = JSON.stringify([deliveries.records, deliveries.targets]);
        for (const [method, route] of routes) {
          const body = method === 'POST' ? { body: { state: 'succeeded' } } : {};
          const path = `/v1-webhooks/${route}projectId=${projectId}`;
          const sent = await api.send(path, { method, headers: { ...headers, Accept: accept }, ...body });
          expect(sent.status, `${method} ${route}`).to.equal(status);
          expect(sent.text).not.to.include('a secret');
        }
        expect(JSON.stringify([deliveries.records, deliveries.targets])).to.equal(before);
      });
    }
  }

  it('can be read by a reader, and changed by nobody but a writer', async () => {
    const before = JSON.stringify([deliveries.records, deliveries.targets]);
    for (const [method, route] of routes) {
      const { status } = await api.send(`/v1-webhooks/${route}projectId=1a5`, {
        method,
        headers: { Authorization: basic('reader', 'r') },
      });
      expect(status, `${method} ${route}`).to.equal(method === 'GET' ? 200 : 405);
    }
    expect(JSON.stringify([deliveries.records, deliveries.targets])).to.equal(before);
    const held = await api.send('/v1-webhooks/targets/1wt1?action=hold&projectId=1a5', {
      method: 'POST',
      headers: { Authorization: basic('owner', 'o') },
    });
    expect(held.status).to.equal(200);
    expect(deliveries.targets[0]?.holds.at(-1)).to.include({ heldBy: 'owner' });
  });
});

describe('who a caller is', () => {
  const ask = async (authorizer: Authorizer, headers: Record<string, string>): Promise<string | undefined> =>
    (await authorizer.authorize({ method: 'GET', headers }, '1a5')).caller;
  const embedded = new EmbeddedAuthorizer(() => ({ mayUse: () => true, role: 'owner' }));
  const rancher = new RancherAuthorizer({
    url: { api: 'http://rancher' },
    callAs: () =>
      Promise.resolve({
        status: 200,
        text: '{"id":"genericObject","collectionMethods":["POST"]}',
        headers: new Headers({ 'X-API-User-Id': '1a8' }),
      }),
  });

  it('is the access key, without its secret', async () => {
    const authorization = basic('AKEY', 'hidden');
    expect(await ask(embedded, { authorization })).to.equal('AKEY');
    expect(await ask(rancher, { authorization })).to.equal('AKEY');
  });

  it('is the account for a login, as Rancher says', async () => {
    expect(await ask(rancher, { cookie: 'token=hidden', 'x-api-user-id': '1a1' })).to.equal('1a8');
    expect(await ask(rancher, { authorization: 'Bearer hidden' })).to.equal('1a8');
    expect(await ask(cattleAuthorizer, { 'x-api-project-id': '1a5', 'x-api-user-id': '1a8' })).to.equal('1a8');
    expect(await ask(cattleAuthorizer, { 'x-api-project-id': '1a5', 'x-api-account-id': '1a5' })).to.equal('1a5');
  });

  it('is not told where nobody knows, or where it could be anything', async () => {
    expect(await ask(noAuthorizer, { 'x-api-user-id': '1a8' })).to.equal(undefined);
    expect(await ask(cattleAuthorizer, { 'x-api-project-id': '1a5' })).to.equal(undefined);
    for (const name of ['a b', 'a\nb', '<b>', 'x'.repeat(65), '']) {
      expect(await ask(cattleAuthorizer, { 'x-api-project-id': '1a5', 'x-api-user-id': name })).to.equal(undefined);
    }
  });
});
