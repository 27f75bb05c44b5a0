import { expect } from 'chai';
import { EventReader } from '../support/event-reader.ts';
import type { Sent } from '../support/send-request.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { type TestDriver, testDriver } from '../support/test-drivers.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let queued: TestDriver;
let url: string;

describe('deliveries in a real store, over the API', () => {
  beforeEach(async () => {
    queued = testDriver('queued', 'queued');
    api = await startApi({ drivers: [queued, testDriver('inline', 'inline')] });
    url = String((await api.create({ name: 'wh', driver: 'queued' })).json['url']);
  });
  afterEach(() => api.stop());

  const get = (path: string): Promise<Sent> => api.send(`/v1-webhooks/${path}?projectId=1a5`);
  const act = (path: string, action: string, body?: object): Promise<Sent> =>
    api.send(`/v1-webhooks/${path}?action=${action}&projectId=1a5`, { method: 'POST', ...(body && { body }) });
  const data = ({ json }: Sent): Record<string, unknown>[] => json['data'] as Record<string, unknown>[];

  async function hit(): Promise<string> {
    return String((await api.trigger(url, { body: { pushed: true } })).headers['x-webhook-delivery']);
  }

  /** A stream of everything so far and to come. */
  function follow(): Promise<EventReader> {
    return EventReader.open(`${api.url}/v1-webhooks/deliveries?projectId=1a5&lastEventId=0`);
  }

  function ended(reader: EventReader, id: string, state: string): boolean {
    return reader.events.some(({ data: event }) => event['deliveryId'] === id && event['state'] === state && !event['actionId']);
  }

  describe('deliveries that are stored', () => {
    it('are listed, shown and told of as they end', async () => {
      const reader = await follow();
      const id = await hit();
      await until(() => ended(reader, id, 'succeeded'));
      expect(data(await get('deliveries'))).to.have.length(1);
      const { json } = await get(`deliveries/${id}`);
      expect(json).to.deep.include({ id, state: 'succeeded', driver: 'queued', receiverName: 'wh' });
      expect(json['request']).to.deep.include({ body: '{"pushed":true}', bodyEncoding: 'utf8' });
      const [action = {}] = json['deliveryActions'] as Record<string, unknown>[];
      expect(action).to.include({ target: 'queued', state: 'succeeded', message: 'done' });
      expect((action['attempts'] as object[])[0]).to.include({ number: 1, outcome: 'succeeded' });
      const told = reader.events.filter(({ data: event }) => event['deliveryId'] === id).map((event) => event.id);
      expect(data(await get(`deliveries/${id}/events`)).map((event) => event['id'])).to.deep.equal(told);
      reader.close();
    });

    it('are replayed, one or all', async () => {
      const reader = await follow();
      queued.work = () => Promise.reject(new Error('a fault'));
      const id = await hit();
      await until(() => ended(reader, id, 'dead'));
      queued.work = () => Promise.resolve();
      const one = (await act(`deliveries/${id}`, 'replay')).json;
      expect(one).to.include({ replayOf: id, requestedBy: 'unknown' });
      await until(() => ended(reader, String(one['id']), 'succeeded'));
      const all = data(await act('deliveries', 'replay', { state: 'dead' }));
      expect(all.map(({ replayOf }) => replayOf)).to.deep.equal([id]);
      await until(() => ended(reader, String(all[0]?.['id']), 'succeeded'));
      reader.close();
    });

    it('are cancelled while they wait', async () => {
      const reader = await follow();
      const { promise, resolve } = Promise.withResolvers<void>();
      queued.work = () => promise;
      const first = await hit();
      await until(() => ended(reader, first, 'running'));
      const second = await hit();
      await until(() => ended(reader, second, 'waiting'));
      const { status, json } = await act(`deliveries/${second}`, 'cancel');
      expect([status, json['state']]).to.deep.equal([202, 'cancelled']);
      resolve();
      await until(() => ended(reader, first, 'succeeded'));
      reader.close();
    });

    it('leave targets, which can be held and released', async () => {
      const reader = await follow();
      await until(() => reader.text !== '');
      const id = await hit();
      await until(() => ended(reader, id, 'succeeded'));
      const [target] = data(await get('targets'));
      const path = `targets/${String(target?.['id'])}`;
      expect((await act(path, 'hold', { reason: 'a freeze' })).json).to.include({ held: true, name: 'queued' });
      const held = await hit();
      await until(() => ended(reader, held, 'ignored'));
      expect((await get(`deliveries/${held}`)).json['message']).to.equal('on hold by unknown: a freeze');
      expect((await act(path, 'release')).json).to.include({ held: false });
      await act(path, 'hold');
      const heldForNoReason = await hit();
      await until(() => ended(reader, heldForNoReason, 'ignored'));
      expect((await get(`deliveries/${heldForNoReason}`)).json['message']).to.equal('on hold by unknown');
      await act(path, 'release');
      const free = await hit();
      await until(() => ended(reader, free, 'succeeded'));
      reader.close();
    });

    it('are paged and filtered by the store as by the lists of the tests', async () => {
      const ids = [await hit(), await hit(), await hit()];
      const path = '/v1-webhooks/deliveries?projectId=1a5&limit=2&order=asc&driver=queued&state_ne=failed&since=0';
      const first = await api.send(path);
      const { next } = first.json['pagination'] as Record<string, string>;
      const second = await api.send(String(next).replace(api.url, ''));
      expect([...data(first), ...data(second)].map(({ id }) => id)).to.deep.equal(ids);
    });
  });
});
