import { expect } from 'chai';
import { deployment, deployments, EmulatorClient, type View } from '../../support/kubernetes-emulator-client.ts';

interface WatchEvent {
  readonly type: string;
  readonly object: View;
}

describe('watches on the Kubernetes emulator', () => {
  let client: EmulatorClient;
  const open: AbortController[] = [];
  beforeEach(async () => {
    client = await EmulatorClient.start();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.abort();
    await client.stop();
  });

  async function* watch(query: string): AsyncGenerator<WatchEvent> {
    const abort = new AbortController();
    open.push(abort);
    const { body } = await fetch(`${client.emulator.url}${deployments}?watch=1&${query}`, {
      headers: { authorization: `Bearer ${client.emulator.token}` },
      signal: abort.signal,
    });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as WatchEvent;
    }
  }

  const create = (name: string): Promise<unknown> => client.call('POST', deployments, deployment(name, { replicas: 0 }));
  const next = async (events: AsyncGenerator<WatchEvent>): Promise<string> => {
    const { value } = (await events.next()) as { value?: WatchEvent };
    return value ? `${value.type} ${value.object.metadata.name}` : 'end';
  };

  it('begin with what is there, then tell every change', async () => {
    await create('a');
    const events = watch('');
    expect(await next(events)).to.equal('ADDED a');
    await client.call('DELETE', `${deployments}/a`);
    let told = await next(events);
    while (told === 'MODIFIED a') told = await next(events);
    expect(told).to.equal('DELETED a');
    await create('b');
    expect(await next(events)).to.equal('ADDED b');
  });

  it('take up where a list ended', async () => {
    await create('a');
    const { resourceVersion } = (await client.get(deployments)).body.metadata;
    await create('b');
    const events = watch(`resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3Db`);
    expect(await next(events)).to.equal('ADDED b');
    expect(await next(events)).to.equal('MODIFIED b');
  });

  it('show what leaves a selector as deleted', async () => {
    await create('a');
    const events = watch('labelSelector=app%3Da');
    expect(await next(events)).to.equal('ADDED a');
    await client.patch('merge', `${deployments}/a`, { metadata: { labels: { app: null } } });
    let told = await next(events);
    while (told === 'MODIFIED a') told = await next(events);
    expect(told).to.equal('DELETED a');
  });

  it('end after their time, with a bookmark for who asks', async () => {
    const events = watch('timeoutSeconds=1&allowWatchBookmarks=true');
    const { value } = (await events.next()) as { value: WatchEvent };
    expect(value.type).to.equal('BOOKMARK');
    expect(Number(value.object.metadata.resourceVersion)).to.be.greaterThan(0);
    expect(await next(events)).to.equal('end');
  });

  it('tell where what was there ends, for who asks', async () => {
    await create('a');
    const events = watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    expect(await next(events)).to.equal('ADDED a');
    const { value } = (await events.next()) as { value: WatchEvent };
    expect([value.type, value.object.metadata.annotations]).to.deep.equal(['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }]);
    expect((await client.get(`${deployments}?watch=1&sendInitialEvents=true`)).status).to.equal(422);
  });

  it('are sent back to listing once the past is forgotten', async () => {
    await create('a');
    const { resourceVersion } = (await client.get(deployments)).body.metadata;
    client.emulator.forgetEvents();
    const events = watch(`resourceVersion=${resourceVersion}`);
    const { value } = (await events.next()) as { value: WatchEvent };
    expect(value.type).to.equal('ERROR');
    expect(value.object).to.include({ code: 410, reason: 'Expired' });
    expect(await next(events)).to.equal('end');
  });

  it('can be made to say nothing', async () => {
    client.emulator.faults.silenceWatches(true);
    const events = watch('timeoutSeconds=1');
    const first = next(events);
    await create('a');
    expect(await first).to.equal('end');
  });
});
