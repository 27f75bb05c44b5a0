import http from 'node:http';
import { expect } from 'chai';
import { testKey } from '../support/keys.ts';
import { rancherToken } from '../support/make-token.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { type TestDriver, testDriver } from '../support/test-drivers.ts';

/** POSTs one path after the other over a few connections; returns how often each status came. */
async function flood(base: string, paths: Iterator<string>, connections = 32): Promise<Map<number, number>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const statuses = new Map<number, number>();
  const one = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = http.request(base + path, { method: 'POST', agent }, (response) => {
        const status = response.statusCode ?? 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        response.on('end', resolve).resume();
      });
      request.on('error', reject).end();
    });
  const worker = async (): Promise<void> => {
    for (let next = paths.next(); !next.done; next = paths.next()) await one(next.value);
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  return statuses;
}

function* wrongKeys(count: number): Generator<string, undefined> {
  for (let index = 0; index < count; index += 1)
    yield `/v1-webhooks/endpoint?key=wrong${index}&projectId=1a${1_000 + (index % 1_000)}`;
  return undefined;
}

function* forgedTokens(count: number): Generator<string, undefined> {
  const good = rancherToken({ driver: 'inline', projectId: '1a5', uuid: 'u' }, testKey('stranger').privateKey);
  for (let index = 0; index < count; index += 1) {
    const token = index % 2 === 0 ? good.slice(0, -4) + String(1_000 + (index % 9_000)) : `${index}${good}`;
    yield `/v1-webhooks/endpoint?token=${token}`;
  }
  return undefined;
}

describe('the budget of calls to Rancher', () => {
  const query = 'key=right&projectId=1a5';
  let api: TestApi;
  let inline: TestDriver;
  let queued: TestDriver;

  beforeEach(async () => {
    inline = testDriver('inline', 'inline');
    queued = testDriver('queued', 'queued');
    api = await startApi({ drivers: [inline, queued] });
    api.rancher.put({ key: 'right', resourceData: { driver: 'inline', config: {} } });
    api.rancher.put({ key: 'behind', resourceData: { driver: 'queued', config: {} } });
  });
  afterEach(() => api.stop());

  it('is kept while 100,000 wrong keys of 1,000 projects come, and a right key is answered', async function () {
    this.timeout(600_000);
    expect((await api.trigger(query)).status).to.equal(200);
    const before = api.rancher.calls.length;
    const start = performance.now();
    const right: number[] = [];
    const paths = wrongKeys(100_000);
    const flooded = flood(api.url, paths);
    for (let time = 0; time < 20; time += 1) right.push((await api.trigger(query)).status);
    const statuses = await flooded;
    const seconds = (performance.now() - start) / 1_000;
    expect(new Set(right)).to.deep.equal(new Set([200]));
    expect([...statuses.keys()]).to.have.members([429, 500]);
    expect(statuses.get(429)).to.be.above(99_900);
    expect(api.rancher.calls.length - before).to.be.below(40 + 2 * seconds);
  });

  it('is not touched by 100,000 malformed and forged tokens', async function () {
    this.timeout(600_000);
    const statuses = await flood(api.url, forgedTokens(100_000));
    expect([...statuses]).to.deep.equal([[400, 100_000]]);
    expect(api.rancher.calls).to.have.length(0);
  });

  it('gives a known project a bucket of its own, and says when to come again', async () => {
    await api.trigger(query);
    const statuses = await flood(api.url, wrongKeys(100));
    expect(statuses.get(429)).to.be.above(50);
    const wrong = await api.trigger('key=wrong&projectId=1a5');
    expect(wrong.status).to.equal(403);
    for (let index = 0; index < 30; index += 1) await api.trigger(`key=wrong${index}&projectId=1a5`);
    const { status, headers, json } = await api.trigger('key=once-more&projectId=1a5');
    expect([status, headers['retry-after']]).to.deep.equal([429, '1']);
    expect(json['message']).to.equal('Too many unknown keys, try again later');
    expect((await api.trigger(query)).status).to.equal(200);
  });

  it('asks nothing for what was confirmed within the second, and once for all who come later', async () => {
    await Promise.all(Array.from({ length: 20 }, () => api.trigger(query)));
    expect(api.rancher.asked).to.deep.equal(['GET schemas', 'GET genericobjects?key=right']);
    expect(inline.deliveries).to.have.length(20);
  });

  it('asks nothing more for a key that was unknown within the second', async () => {
    for (let time = 0; time < 5; time += 1) expect((await api.trigger('key=wrong&projectId=1a5')).status).to.equal(403);
    expect(api.rancher.asked).to.deep.equal(['GET schemas', 'GET genericobjects?key=wrong']);
  });

  it('is spent by a driver as it likes, and by nothing else', async () => {
    await api.trigger(query);
    const before = api.rancher.calls.length;
    inline.work = async () => void (await fetch(`${api.rancher.origin}/v2-beta/projects/1a5/services/1s1`));
    await api.trigger(query);
    expect(api.rancher.asked.slice(before)).to.deep.equal(['GET services/1s1']);
  });

  it('sees a receiver made, changed and removed here at once', async () => {
    expect((await api.trigger('key=new&projectId=1a5')).status).to.equal(403);
    const { json } = await api.create({ name: 'a', driver: 'inline', inlineConfig: { amount: 1 } });
    const before = api.rancher.calls.length;
    expect((await api.trigger(String(json['url']))).status).to.equal(200);
    expect(api.rancher.calls).to.have.length(before);
    await api.send(`/v1-webhooks/receivers/${String(json['id'])}?projectId=1a5`, { method: 'DELETE' });
    expect((await api.trigger(String(json['url']))).status).to.equal(403);
  });
});
