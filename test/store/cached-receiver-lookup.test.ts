import crypto from 'node:crypto';
import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';
import type { Receiver } from '../../src/framework/receiver.ts';
import { RancherClient } from '../../src/rancher/rancher-client.ts';
import { CachedReceiverLookup } from '../../src/store/cached-receiver-lookup.ts';
import { RancherReceiverStore } from '../../src/store/rancher-receiver-store.ts';
import { type FakeRancherServer, type Fault, serviceKey, startFakeRancher } from '../support/fake-rancher-server.ts';
import { rejection } from '../support/rejection.ts';
import { until } from '../support/until.ts';

describe('the lookup of receivers', () => {
  let fake: FakeRancherServer;
  let client: RancherClient;
  let lookup: CachedReceiverLookup;
  let store: RancherReceiverStore;
  let now: number;

  beforeEach(async () => {
    fake = await startFakeRancher();
    client = new RancherClient({ url: fake.url, ...serviceKey, timeoutMs: 2_000 });
    now = 0;
    lookup = new CachedReceiverLookup(client, () => now);
    store = new RancherReceiverStore(client, lookup);
  });
  afterEach(async () => {
    client.close();
    await fake.stop();
  });

  const put = (key: string, more: object = {}): string =>
    fake.put({ key, resourceData: { driver: 'a', config: {} }, ...more }).id;
  const find = (key: string, stale = true): Promise<Receiver | undefined> => lookup.find('1a5', key, { mayBeStale: () => stale });
  const lookups = (): number => fake.calls.filter(({ path }) => path.endsWith('genericobjects')).length;

  it('believes what was confirmed for a second, and asks again after it', async () => {
    const id = put('k');
    expect((await find('k'))?.id).to.equal(id);
    now = 999;
    await find('k');
    expect(lookups()).to.equal(1);
    now = 1_000;
    await find('k');
    expect(lookups()).to.equal(2);
  });

  it('sees within a second what was removed elsewhere', async () => {
    const id = put('k');
    await find('k');
    fake.objects.delete(`1a5/${id}`);
    now = 1_000;
    expect(await find('k')).to.equal(undefined);
  });

  it('sees within a second what was made elsewhere', async () => {
    expect(await find('k')).to.equal(undefined);
    put('k');
    now = 999;
    expect(await find('k')).to.equal(undefined);
    now = 1_000;
    expect(await find('k')).to.be.an('object');
  });

  it('compares keys byte for byte, where Rancher does not', async () => {
    put('kEY');
    const id = put('Key');
    expect((await find('Key'))?.id).to.equal(id);
    expect(await find('KEY')).to.equal(undefined);
  });

  it('takes no object of another kind, and none that was removed', async () => {
    put('k', { kind: 'other' });
    expect(await find('k')).to.equal(undefined);
    fake.fault = (call, response) => {
      if (!call.path.endsWith('genericobjects')) return false;
      const data = [
        { id: '1go1', type: 'genericObject', key: 'r', kind: 'webhookReceiver', removed: '2017-01-01', resourceData: {} },
      ];
      fake.json(response, 200, { data });
      return true;
    };
    expect(await find('r')).to.equal(undefined);
  });

  it('shares one call among all who wait', async () => {
    put('k');
    await Promise.all(Array.from({ length: 50 }, () => find('k')));
    expect(lookups()).to.equal(1);
  });

  const outages: Record<string, Fault> = {
    'does not answer': () => true,
    resets: (_call, response) => (response.socket?.resetAndDestroy(), true),
    'answers 500': (_call, response) => (response.writeHead(500).end(), true),
    'answers 503': (_call, response) => (response.writeHead(503).end(), true),
    'answers 429': (_call, response) => (response.writeHead(429).end(), true),
    'answers with a page': (_call, response) => (response.writeHead(200).end('<html>'), true),
  };
  for (const [name, fault] of Object.entries(outages)) {
    it(`serves what it knew for five minutes while Rancher ${name}, if the driver is a queued one`, async () => {
      const id = put('k');
      await find('k');
      fake.fault = fault;
      now = 299_999;
      expect((await find('k'))?.id).to.equal(id);
      expect(await find('k', false).catch((error: unknown) => error)).to.be.instanceOf(Error);
      now = 300_000;
      expect(await find('k').catch((error: unknown) => error)).to.be.instanceOf(Error);
    });
  }

  describe('while Rancher accepts calls and answers none', () => {
    const hang: Fault = () => true;

    beforeEach(() => {
      // Longer than any test: whoever waits for the answer is noticed.
      client.close();
      client = new RancherClient({ url: fake.url, ...serviceKey, timeoutMs: 60_000 });
      lookup = new CachedReceiverLookup(client, () => now);
      store = new RancherReceiverStore(client, lookup);
    });

    it('waits a moment for it, once, and then serves what it knew', async () => {
      const id = put('k');
      await find('k');
      fake.fault = hang;
      now = 1_000;
      const first = await Promise.all(Array.from({ length: 50 }, () => find('k')));
      expect(first.map((receiver) => receiver?.id)).to.deep.equal(Array.from({ length: 50 }, () => id));
      expect(await Promise.race([find('k'), new Promise((resolve) => setImmediate(resolve, 'it waited'))])).to.have.property(
        'id',
        id,
      );
      expect(lookups()).to.equal(2);
    });

    it('takes the answer that comes late', async () => {
      put('k');
      await find('k');
      let answer: (() => void) | undefined;
      fake.fault = (_call, response) => {
        answer = () => fake.json(response, 200, { data: [] });
        return true;
      };
      now = 1_000;
      expect(await find('k')).to.be.an('object');
      answer?.();
      let found: Receiver | undefined | string = 'unknown';
      await until(() => {
        void find('k').then((receiver) => (found = receiver));
        return found === undefined;
      });
      expect(lookups()).to.equal(2);
    });

    it('serves nothing that was removed here meanwhile', async () => {
      put('k');
      const receiver = await find('k');
      fake.fault = hang;
      now = 1_000;
      const waiting = find('k');
      lookup.removed(receiver as Receiver);
      expect(await waiting).to.equal(undefined);
    });

    const others: readonly (readonly [name: string, more: object, stale: boolean, at: number])[] = [
      ['an inline driver', {}, false, 1_000],
      ['a paused receiver, whose deliveries nobody would carry out', { paused: true }, true, 1_000],
      ['a receiver that was confirmed five minutes ago', {}, true, 300_000],
    ];
    for (const [name, more, stale, at] of others) {
      it(`waits for the answer for ${name}`, async () => {
        const id = put('k', { resourceData: { driver: 'a', config: {}, ...more } });
        put('other');
        await find('k');
        now = at - 1_000;
        await find('other');
        const answers: (() => void)[] = [];
        fake.fault = (_call, response) => {
          answers.push(() => fake.json(response, 200, { data: [fake.object(id)] }));
          return true;
        };
        now = at;
        let isAnswered = false;
        const waiting = find('k', stale).finally(() => (isAnswered = true));
        // The other one is served after as long as anybody waits who may be served what was known.
        expect(await find('other')).to.be.an('object');
        expect(isAnswered).to.equal(false);
        await until(() => answers.length === 2);
        for (const answer of answers) answer();
        expect((await waiting)?.id).to.equal(id);
      });
    }
  });

  it('asks once a second while Rancher fails, if it can serve what it knew', async () => {
    put('k');
    await find('k');
    fake.fault = (_call, response) => (response.writeHead(503).end(), true);
    for (now = 1_000; now < 11_000; now += 100) expect(await find('k')).to.be.an('object');
    expect(lookups()).to.equal(11);
    fake.fault = () => false;
    await find('k');
    await find('k');
    expect(lookups()).to.equal(12);
  });

  for (const status of [401, 403, 404, 422]) {
    it(`serves nothing stale where Rancher answers ${status}`, async () => {
      put('k');
      await find('k');
      fake.fault = (_call, response) => (response.writeHead(status).end('{}'), true);
      now = 1_000;
      await rejection(find('k'), { failure: 'answer', status });
    });
  }

  it('serves nothing that it never knew while Rancher is away', async () => {
    fake.fault = (_call, response) => (response.socket?.destroy(), true);
    await rejection(find('k'), { failure: 'schemas' });
  });

  it('shows a change of this process at once', async () => {
    const receiver = await store.create('1a5', { name: 'a', key: 'k', data: { driver: 'a', config: {} } });
    expect((await find('k'))?.id).to.equal(receiver.id);
    await store.replaceData(receiver, { driver: 'a', config: {}, paused: true });
    expect((await find('k'))?.paused).to.equal(true);
    await store.remove(receiver);
    expect(await find('k')).to.equal(undefined);
    expect(lookups()).to.equal(1);
  });

  it('does not bring back by a late answer what was removed meanwhile', async () => {
    const id = put('k');
    const receiver = await store.get('1a5', id);
    let answer: (() => void) | undefined;
    fake.fault = (call, response) => {
      if (!call.path.endsWith('genericobjects')) return false;
      const data = [fake.object(id)];
      answer = () => fake.json(response, 200, { data });
      return true;
    };
    const late = find('k');
    await until(() => answer !== undefined);
    now = 1;
    await store.remove(receiver as Receiver);
    answer?.();
    expect(await late).to.equal(undefined);
    expect(await find('k')).to.equal(undefined);
  });

  it('pays for unknown keys out of a bucket that fills again', async () => {
    put('k');
    await find('k');
    const refused = async (): Promise<number> => {
      let count = 0;
      for (let index = 0; index < 30; index += 1) await find(`wrong${now}-${index}`).catch(() => (count += 1));
      return count;
    };
    expect(await refused()).to.equal(10);
    now = 5_000;
    expect(await refused()).to.equal(25);
    expect(await find('k')).to.be.an('object');
  });

  it('pays neither for keys of its own making nor for those that were used before it was started', async () => {
    const known = Array.from({ length: 100 }, (_, index) => `known${index}`);
    for (const key of known) put(key);
    lookup.expect(known.slice(0, 50).map((key) => ({ projectId: '1a5', keyHash: crypto.hash('sha256', key) })));
    for (const key of known.slice(0, 50)) expect(await find(key)).to.be.an('object');
    for (const key of known.slice(50)) {
      expect(await lookup.find('1a5', key, { mayBeStale: () => true, issued: true })).to.be.an('object');
    }
    expect(await Promise.all(Array.from({ length: 20 }, (_, index) => find(`wrong${index}`)))).to.have.length(20);
    expect(await find('wrong').catch((error: unknown) => error)).to.be.instanceOf(ServiceError);
  });

  it('pays twice where the schemas have to be fetched too', async () => {
    let refused = 0;
    for (let index = 0; index < 30; index += 1) {
      await lookup
        .find(`1a${100 + index}`, 'k', { mayBeStale: () => true })
        .catch((error: Error) => (refused += error.name === 'ServiceError' ? 1 : 0));
    }
    expect(refused).to.equal(20);
    expect(fake.calls).to.have.length(10);
  });
});
