import net from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import type { Authorizer } from '../../src/api/authorization/authorizer.ts';
import { EventStreams, type EventStreamLimits } from '../../src/api/deliveries/event-streams.ts';
import { EventTail } from '../../src/api/deliveries/event-tail.ts';
import type { DeliveryEvent } from '../../src/framework/deliveries/delivery-record.ts';
import type { EventQuery } from '../../src/framework/deliveries/delivery-store.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { limits } from '../../src/framework/limits.ts';
import { EventReader } from '../support/event-reader.ts';
import { FakeDeliveries } from '../support/fake-deliveries.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let deliveries: FakeDeliveries;
let eventStreams: EventStreams;
let readers: EventReader[];

async function start(bounds: Partial<EventStreamLimits> = {}, authorizer?: Authorizer): Promise<void> {
  deliveries = new FakeDeliveries();
  eventStreams = new EventStreams({ gatherMs: 0, ...bounds });
  readers = [];
  api = await startApi({ deliveries, eventStreams, ...(authorizer && { authorizer: () => authorizer }) });
}

describe('events over the API', () => {
  afterEach(async () => {
    for (const reader of readers) reader.close();
    await api.stop();
  });

  async function open(path = '', headers: Record<string, string> = {}, read = true): Promise<EventReader> {
    const [name, query = ''] = path.split('?');
    const url = `${api.url}/v1-webhooks/deliveries${name}?projectId=1a5${query && `&${query}`}`;
    const reader = await EventReader.open(url, headers, read);
    readers.push(reader);
    return reader;
  }

  /** A reader that has got the beginning, so that it misses nothing that comes. */
  async function openReady(path = '', headers: Record<string, string> = {}): Promise<EventReader> {
    const reader = await open(path, headers);
    await until(() => reader.text.includes('\n\n'));
    return reader;
  }

  describe('the stream of events', () => {
    beforeEach(() => start());

    it('begins with what comes next, and tells it at once', async () => {
      const id = deliveries.put();
      deliveries.happen(id, { state: 'queued' });
      const reader = await openReady();
      expect(reader.response.headers).to.include({
        'content-type': 'text/event-stream; charset=utf-8',
        'x-accel-buffering': 'no',
      });
      expect(reader.text).to.equal('retry: 3000\nid: 1\n\n');
      deliveries.happen(id, { state: 'running' });
      deliveries.happen(id, { type: 'progress', message: 'line one\nline two\u2028' });
      await until(() => reader.events.length === 2);
      expect(reader.events.map(({ id: eventId, event }) => [eventId, event])).to.deep.equal([
        ['2', 'state'],
        ['3', 'progress'],
      ]);
      expect(reader.events[0]?.data).to.deep.include({ id: '2', type: 'deliveryEvent', deliveryId: id, state: 'running' });
      expect(reader.events[1]?.data).to.include({ message: 'line one\nline two\u2028' });
    });

    it('tells of its project alone', async () => {
      const reader = await openReady();
      deliveries.happen(deliveries.put({ projectId: '1a7' }));
      deliveries.happen(deliveries.put());
      await until(() => reader.events.length > 0);
      expect(reader.ids).to.deep.equal(['2']);
    });

    for (const path of ['/1wd1', '/1wd1/events']) {
      it(`tells all there was of one delivery, ${path}`, async () => {
        const id = deliveries.put();
        deliveries.happen(id);
        deliveries.happen(deliveries.put());
        const reader = await open(path);
        await until(() => reader.events.length === 1);
        deliveries.happen('1wd2');
        deliveries.happen(id);
        await until(() => reader.events.length === 2);
        expect(reader.ids).to.deep.equal(['1', '4']);
      });
    }

    it('goes on after the last event that the reader got', async () => {
      const id = deliveries.put();
      for (let number = 0; number < 350; number += 1) deliveries.happen(id);
      const byHeader = await open('', { 'Last-Event-ID': '10' });
      const byQuery = await open('?lastEventId=340');
      const ofOne = await open('/1wd1', { 'Last-Event-ID': '349' });
      const fromStart = await open('?lastEventId=0');
      await until(() => fromStart.events.length === 350 && byHeader.events.length === 340);
      await until(() => byQuery.events.length === 10 && ofOne.events.length === 1);
      expect(byHeader.ids[0]).to.equal('11');
      expect(fromStart.ids).to.deep.equal(Array.from({ length: 350 }, (_, index) => String(index + 1)));
    });

    it('misses nothing after an id that this store never gave', async () => {
      deliveries.happen(deliveries.put());
      const reader = await openReady('', { 'Last-Event-ID': '900000' });
      deliveries.happen('1wd1');
      await until(() => reader.events.length === 1);
      expect(reader.ids).to.deep.equal(['2']);
    });

    it('loses none of very many that happen while it is sent', async () => {
      const id = deliveries.put();
      const reader = await openReady();
      for (let round = 0; round < 40; round += 1) {
        for (let number = 0; number < 25; number += 1) deliveries.happen(id);
        await until(() => reader.events.length > round);
      }
      await until(() => reader.events.length === 1_000);
      expect(reader.ids).to.deep.equal(Array.from({ length: 1_000 }, (_, index) => String(index + 1)));
    });

    for (const [header, status] of [
      ['-1', 422],
      ['abc', 422],
      ['1'.repeat(16), 422],
    ] as const) {
      it(`refuses Last-Event-ID: ${header}`, async () => {
        const { response } = await open('', { 'Last-Event-ID': header });
        expect(response.statusCode).to.equal(status);
        expect(eventStreams.open).to.equal(0);
      });
    }

    it('is refused like everything else', async () => {
      expect((await open('/1wd7')).response.statusCode).to.equal(404);
      const { status } = await api.send('/v1-webhooks/deliveries', { headers: { Accept: 'text/event-stream' } });
      expect(status).to.equal(400);
      expect(eventStreams.open).to.equal(0);
    });

    it('is for who asks for it alone', async () => {
      for (const accept of ['application/json', 'text/event-streams', '*/*']) {
        const reader = await open('', { Accept: accept });
        expect(reader.response.headers['content-type']).to.equal('application/json');
      }
      const reader = await open('', { Accept: 'text/html, TEXT/event-stream;q=0.9' });
      expect(reader.response.headers['content-type']).to.match(/^text\/event-stream/);
    });

    it('gives its place back when the reader goes', async () => {
      const reader = await openReady();
      expect([eventStreams.open, deliveries.listeners]).to.deep.equal([1, 1]);
      reader.close();
      await until(() => eventStreams.open === 0 && deliveries.listeners === 0);
    });

    it('bears a store that cannot be read for a while', async () => {
      const reader = await openReady();
      deliveries.faults.push(new ServiceError('Unavailable', 'no store'));
      deliveries.happen(deliveries.put());
      await until(() => reader.events.length === 1);
    });

    it('ends where a fault of ours is, and can be taken up again', async () => {
      const reader = await openReady();
      deliveries.faults.push(new Error('a fault'));
      deliveries.happen(deliveries.put());
      await until(() => reader.ended);
      expect(eventStreams.open).to.equal(0);
      const again = await open('', { 'Last-Event-ID': '0' });
      await until(() => again.events.length === 1);
    });

    it('ends when the process stops, and none begins', async () => {
      const reader = await openReady();
      eventStreams.close();
      await until(() => reader.ended);
      const { response } = await open();
      expect([response.statusCode, response.headers['retry-after']]).to.deep.equal([503, '1']);
    });
  });

  describe('the bounds of the stream of events', () => {
    it('are so many at a time', async () => {
      await start({ streams: 2 });
      await openReady();
      const second = await openReady();
      const { response } = await open();
      expect([response.statusCode, response.headers['retry-after']]).to.deep.equal([503, '10']);
      second.close();
      await until(() => eventStreams.open === 1);
      expect((await open()).response.statusCode).to.equal(200);
    });

    it('are not those of receiving: it lives on while it says nothing', async () => {
      await start({ pingMs: 200 });
      const reader = await openReady();
      const begun = performance.now();
      const longEnoughMs = limits.requestTimeoutMs + 2 * limits.connectionsCheckingIntervalMs;
      const pings = (): number => reader.text.split(': ping\n\n').length - 1;
      await until(() => performance.now() - begun > longEnoughMs && pings() >= 40);
      deliveries.happen(deliveries.put());
      await until(() => reader.events.length === 1);
    });

    it('end it once the caller may no longer read the project', async () => {
      let refusal: ServiceError | undefined;
      await start(
        { authorizeMs: 20 },
        { authorize: () => (refusal ? Promise.reject(refusal) : Promise.resolve({ mayWrite: true })) },
      );
      const reader = await openReady();
      deliveries.happen(deliveries.put());
      await until(() => reader.events.length === 1);
      refusal = new ServiceError('Unauthorized', 'the key is gone');
      await until(() => reader.ended);
      expect(eventStreams.open).to.equal(0);
    });

    it('let it live while that cannot be asked, but not for ever', async () => {
      let asked = 0;
      let isDown = false;
      const authorize: Authorizer['authorize'] = () => {
        asked += 1;
        return isDown ? Promise.reject(new ServiceError('Unavailable', 'Rancher is down')) : Promise.resolve({ mayWrite: true });
      };
      await start({ authorizeMs: 20, unconfirmedMs: 2_000 }, { authorize });
      const reader = await openReady();
      isDown = true;
      asked = 0;
      await until(() => asked > 3);
      expect(reader.ended).to.equal(false);
      await until(() => reader.ended);
    });

    it('drop a reader that takes nothing, and keep little for it', async () => {
      await start({ stallMs: 300 });
      const id = deliveries.put();
      for (let number = 0; number < 2_000; number += 1) deliveries.happen(id, { message: 'x'.repeat(10_000) });
      const socket = net.connect(Number(new URL(api.url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(`GET /v1-webhooks/deliveries/${id}?projectId=1a5 HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n`);
      await until(() => eventStreams.open === 1);
      await until(() => eventStreams.open === 0);
      expect(deliveries.listeners).to.equal(0);
      socket.resume();
      await once(socket, 'close');
      // What the operating system took: far from the 20 MB there are.
      expect(socket.bytesRead).to.be.lessThan(15_000_000);
    });

    it('wait for a slow reader, which gets everything', async () => {
      await start();
      const id = deliveries.put();
      for (let number = 0; number < 1_000; number += 1) deliveries.happen(id, { message: 'x'.repeat(10_000) });
      const reader = await open(`/${id}`);
      const { response } = reader;
      response.on('data', () => {
        response.pause();
        setImmediate(() => response.resume());
      });
      await until(() => reader.events.length === 1_000);
      expect(reader.ids.at(-1)).to.equal('1000');
    });
  });

  describe('the tail of events', () => {
    const event = (id: number): DeliveryEvent => ({
      id,
      at: 0,
      deliveryId: '1wd1',
      projectId: id % 2 === 0 ? '1a5' : '1a7',
      receiver: { id: '1go1', name: 'wh' },
      type: 'state',
      message: '',
    });

    function tailOf(ids: number[]): { tail: EventTail; calls: () => number } {
      let calls = 0;
      const events = ({ projectId, after, limit }: EventQuery): Promise<DeliveryEvent[]> => {
        calls += 1;
        const found = ids.filter((id) => id > after).map((id) => event(id));
        return Promise.resolve(found.filter((one) => (projectId ?? one.projectId) === one.projectId).slice(0, limit));
      };
      return { tail: new EventTail({ events }), calls: () => calls };
    }

    for (const ids of [[], [1], [2], [1, 2, 3], [5, 9, 1_000_003], Array.from({ length: 100 }, (_, index) => index * 7 + 1)]) {
      it(`finds the newest of ${ids.length} up to ${ids.at(-1) ?? 0}, in few steps`, async () => {
        const { tail, calls } = tailOf(ids);
        expect(await tail.newest()).to.equal(ids.at(-1) ?? 0);
        expect(calls()).to.be.lessThan(50);
      });
    }

    it('is read once or twice for many readers', async () => {
      const ids = [1];
      const { tail, calls } = tailOf(ids);
      await tail.newest();
      ids.push(2, 3, 4);
      const before = calls();
      const query = { projectId: '1a5', after: 1, limit: 10 };
      const parts = await Promise.all(Array.from({ length: 100 }, () => tail.read(query)));
      expect(calls() - before).to.be.lessThan(3);
      for (const { events, upTo } of parts) expect([events.map(({ id }) => id), upTo]).to.deep.equal([[2, 4], 4]);
    });

    it('gives every reader all of its own, however far behind it is', async () => {
      const ids: number[] = [];
      const { tail } = tailOf(ids);
      await tail.newest();
      const found: Record<string, number[]> = { '1a5': [], '1a7': [] };
      const after: Record<string, number> = { '1a5': 0, '1a7': 0 };
      for (const more of [1, 999, 2, 1_000, 1_001, 5_000, 300, 900, 0, 0]) {
        const from = ids.length;
        for (let number = 1; number <= more; number += 1) ids.push(from + number);
        for (const projectId of more === 900 ? ['1a5'] : ['1a5', '1a7']) {
          const { events, upTo } = await tail.read({ projectId, after: after[projectId] ?? 0, limit: 700 });
          found[projectId]?.push(...events.map(({ id }) => id));
          after[projectId] = upTo;
        }
      }
      for (const [projectId, remainder] of [
        ['1a5', 0],
        ['1a7', 1],
      ] as const) {
        while ((after[projectId] ?? 0) < ids.length) {
          const { events, upTo } = await tail.read({ projectId, after: after[projectId] ?? 0, limit: 700 });
          found[projectId]?.push(...events.map(({ id }) => id));
          after[projectId] = upTo;
        }
        expect(found[projectId]).to.deep.equal(ids.filter((id) => id % 2 === remainder));
      }
    });
  });
});
