import { expect } from 'chai';
import { startApi, type TestApi } from '../support/start-api.ts';
import { type TestDriver, testDriver } from '../support/test-drivers.ts';

const key = 'K'.repeat(40);
const asking = { method: 'OPTIONS', headers: { 'WebHook-Request-Origin': 'eventgrid.azure.net', 'WebHook-Request-Rate': '120' } };

describe('the question of a sender of CloudEvents whether it may send', () => {
  let api: TestApi;
  let driver: TestDriver;

  beforeEach(async () => {
    driver = testDriver('inline', 'inline');
    api = await startApi({ drivers: [driver] });
    api.rancher.put({ key, name: 'wh', resourceData: { driver: 'inline', config: {}, url: 'u' } });
  });
  afterEach(() => api.stop());

  it('is answered for the URL of a receiver, and delivers nothing', async () => {
    const { status, text, headers } = await api.trigger(`key=${key}&projectId=1a5`, asking);
    expect([status, text]).to.deep.equal([200, '']);
    expect(headers).to.include({ allow: 'POST', 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '*' });
    expect(driver.deliveries).to.deep.equal([]);
  });

  const others: readonly (readonly [name: string, query: string, status: number])[] = [
    ['neither token nor key', 'projectId=1a5', 400],
    ['an unknown key', 'key=unknown&projectId=1a5', 403],
    ['a forged token', 'token=a.b.c', 400],
  ];
  for (const [name, query, status] of others) {
    it(`is refused as a delivery would be with ${name}`, async () => {
      const answer = await api.trigger(query, asking);
      expect(answer.status).to.equal(status);
      expect(answer.headers).to.not.have.property('webhook-allowed-origin');
      expect(answer.json).to.deep.equal((await api.trigger(query)).json);
    });
  }

  it("is the Go service's 404 without an origin, and by any other method", async () => {
    const query = `key=${key}&projectId=1a5`;
    expect((await api.trigger(query, { method: 'OPTIONS' })).status).to.equal(404);
    expect((await api.trigger(query, { method: 'OPTIONS', headers: { 'WebHook-Request-Origin': '' } })).status).to.equal(404);
    expect((await api.trigger(query, { ...asking, method: 'PUT' })).status).to.equal(404);
  });
});
