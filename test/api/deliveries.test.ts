import { expect } from 'chai';
import type { DeliveryState } from '../../src/framework/deliveries/delivery-record.ts';
import { FakeDeliveries } from '../support/fake-deliveries.ts';
import type { Sent, SendOptions } from '../support/send-request.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

type Shown = Record<string, unknown> & { id: string; actions: Record<string, string>; links: Record<string, string> };

let api: TestApi;
const deliveries = new FakeDeliveries();

describe('deliveries over the API', () => {
  before(async () => {
    api = await startApi({ deliveries });
  });
  after(() => api.stop());
  beforeEach(() => deliveries.clear());

  const reader = { headers: { 'X-API-Roles': 'readonly' } };
  const get = (path: string, options?: SendOptions): Promise<Sent> => api.send(`/v1-webhooks/deliveries${path}`, options);
  const list = (query = '', options?: SendOptions): Promise<Sent> => get(`?projectId=1a5${query}`, options);
  const show = (id: string, options?: SendOptions): Promise<Sent> => get(`/${id}?projectId=1a5`, options);
  const shown = ({ json }: Sent): Shown[] => json['data'] as Shown[];
  const ids = (sent: Sent): string[] => shown(sent).map(({ id }) => id);
  const pathOf = (url: unknown): string => String(url).replace(api.url, '');

  function put(count: number): void {
    for (let number = 0; number < count; number += 1) deliveries.put();
  }

  describe('GET /v1-webhooks/deliveries', () => {
    it('lists those of the project, the newest first', async () => {
      put(2);
      deliveries.put({ projectId: '1a7' });
      const sent = await list();
      expect(sent.status).to.equal(200);
      expect(ids(sent)).to.deep.equal(['1wd2', '1wd1']);
      expect(sent.json).to.deep.include({
        type: 'collection',
        resourceType: 'delivery',
        pagination: { limit: 100, partial: false },
        links: { self: `${api.url}/v1-webhooks/deliveries?projectId=1a5` },
        filters: { state: null, receiverId: null, driver: null, receivedAt: null },
      });
      expect(sent.json['sort']).to.include({ name: 'receivedAt', order: 'desc' });
      expect(pathOf(shown(sent)[0]?.links['self'])).to.equal('/v1-webhooks/deliveries/1wd2?projectId=1a5');
    });

    it('is empty where there are none', async () => {
      expect(shown(await list())).to.deep.equal([]);
    });

    it('gives every delivery once, page by page, in both orders', async () => {
      put(25);
      for (const order of ['asc', 'desc']) {
        const found: string[] = [];
        let next: unknown = `/v1-webhooks/deliveries?projectId=1a5&limit=10&order=${order}&state=succeeded`;
        let pages = 0;
        while (next !== undefined) {
          const sent: Sent = await api.send(pathOf(next));
          found.push(...ids(sent));
          const pagination = sent.json['pagination'] as Record<string, unknown>;
          expect(pagination['partial']).to.equal(pagination['next'] !== undefined);
          expect('first' in pagination).to.equal(pages > 0);
          next = pagination['next'];
          pages += 1;
        }
        const all = deliveries.records.map(({ id }) => id);
        expect([pages, found]).to.deep.equal([3, order === 'asc' ? all : all.toReversed()]);
      }
    });

    it('has no next page after exactly as many as fit', async () => {
      put(10);
      expect((await list('&limit=10')).json['pagination']).to.deep.equal({ limit: 10, partial: false });
      expect((await list('&limit=-1')).json['pagination']).to.deep.equal({ limit: 1_000, partial: false });
    });

    it('leads to the same list in the other order', async () => {
      put(2);
      const sort = (await list('&limit=1')).json['sort'] as Record<string, string>;
      expect(ids(await api.send(pathOf(sort['reverse'])))).to.deep.equal(['1wd1']);
    });

    const time = Date.UTC(2026, 0, 1);
    const filters: readonly [string, string[]][] = [
      ['&state=failed', ['1wd2']],
      ['&state=failed&state=dead', ['1wd3', '1wd2']],
      ['&state_ne=failed', ['1wd3', '1wd1']],
      ['&state_eq=dead&receiverId=1go1', []],
      ['&receiverId=1go2', ['1wd3']],
      ['&receiverId=', []],
      ['&driver=scaleService', ['1wd1']],
      ['&since=2026-01-01T00:00:02Z', ['1wd3', '1wd2']],
      ['&since=2026-01-01T02:00:02+02:00', ['1wd3', '1wd2']],
      [`&receivedAt_gte=${time + 2_000}&receivedAt_lt=${time + 3_000}`, ['1wd2']],
      [`&receivedAt_gt=${time + 2_000}`, ['1wd3']],
      [`&receivedAt_lte=${time + 2_000}`, ['1wd2', '1wd1']],
      ['&until=2026-01-01T00:00:02Z', ['1wd1']],
      ['&since=2026-01-02', []],
      ['&unknown=1&unknown_eq=2', ['1wd3', '1wd2', '1wd1']],
    ];
    for (const [query, expected] of filters) {
      it(`filters by ${query.slice(1)}`, async () => {
        deliveries.put({ driver: 'scaleService' });
        deliveries.put({ state: 'failed' });
        deliveries.put({ state: 'dead', receiver: { id: '1go2', name: 'other', key: '' } });
        expect(ids(await list(query))).to.deep.equal(expected);
      });
    }

    it('says which filters it used', async () => {
      const { json } = await list('&state=failed&since=5');
      expect(json['filters']).to.deep.include({
        state: [{ modifier: 'eq', value: 'failed' }],
        receivedAt: [{ modifier: 'gte', value: '5' }],
      });
    });

    const refused: readonly [string, string][] = [
      ['state=Failed', 'state'],
      ['state=', 'state'],
      ['state_like=f%25', 'state_like'],
      ['state_=failed', 'state_'],
      ['receiverId=1go1&receiverId=1go2', 'receiverId'],
      ['since=yesterday', 'since'],
      ['since=2026-01-01T00:00:00', 'since'],
      ['until=2026-13-01', 'until'],
      ['receivedAt=5', 'receivedAt'],
      ['receivedAt_gte=1e3', 'receivedAt_gte'],
      ['receivedAt_gte=-1', 'receivedAt_gte'],
      ['limit=0', 'limit'],
      ['limit=1001', 'limit'],
      ['limit=ten', 'limit'],
      ['limit=', 'limit'],
      ['limit=-2', 'limit'],
      ['sort=name', 'sort'],
      ['order=newest', 'order'],
      ['marker=m100', 'marker'],
      ['marker=1wd0', 'marker'],
      [`marker=1wd${'9'.repeat(16)}`, 'marker'],
    ];
    for (const [query, fieldName] of refused) {
      it(`refuses ${query}`, async () => {
        const { status, json } = await list(`&${query}`);
        expect(status).to.equal(422);
        expect(json).to.deep.include({ type: 'error', fieldName });
        expect(json['message']).to.match(new RegExp(`^${fieldName} must be `));
      });
    }

    it('is a page for browsers', async () => {
      const { headers, text } = await list('', { headers: { 'User-Agent': 'Mozilla/5.0' } });
      expect(headers['content-type']).to.equal('text/html; charset=utf-8');
      expect(text).to.include('"resourceType":"delivery"');
    });
  });

  describe('GET /v1-webhooks/deliveries/<id>', () => {
    const states: readonly [DeliveryState, string][] = [
      ['queued', 'cancel'],
      ['running', 'cancel'],
      ['waiting', 'cancel'],
      ['failed', 'replay'],
      ['ignored', 'replay'],
    ];
    for (const [state, action] of states) {
      it(`offers ${action} where it is ${state}, to who may write`, async () => {
        const id = deliveries.put({ state });
        const url = `${api.url}/v1-webhooks/deliveries/${id}?action=${action}&projectId=1a5`;
        expect((await show(id)).json['actions']).to.deep.equal({ [action]: url });
        expect((await show(id, reader)).json['actions']).to.deep.equal({});
        expect(shown(await list('', reader))[0]?.actions).to.deep.equal({});
      });
    }

    it('shows all that is kept', async () => {
      const event = { registry: 'docker.io', repository: 'acme/web', tag: '1', image: 'acme/web:1', pushedAt: 5 };
      const attempt = { number: 1, startedAt: 6, endedAt: 7, outcome: 'retried', message: 'refused' };
      const id = deliveries.put({
        state: 'waiting',
        message: 'for the next try',
        receivedAt: 1_000,
        events: [event],
        duplicates: 2,
        replayOf: '1wd9',
        requestedBy: 'somebody',
        skipped: [{ target: 'a/b', reason: 'not mine' }],
        actions: [
          {
            id: '1wa1',
            target: 'rancher/1a5/service/1s1',
            description: 'from 1 to 2',
            input: { hidden: 'inside' },
            images: ['acme/web:1'],
            state: 'waiting',
            message: 'refused',
            step: 'upgrade',
            attempts: [attempt],
            createdAt: 5,
            nextAttemptAt: 9_000,
          },
        ],
      });
      const { json, text } = await show(id);
      const self = `${api.url}/v1-webhooks/deliveries/${id}`;
      expect(json).to.deep.include({
        id,
        type: 'delivery',
        projectId: '1a5',
        receiverId: '1go1',
        receiverName: 'wh',
        driver: 'queued',
        state: 'waiting',
        message: 'for the next try',
        receivedAt: '1970-01-01T00:00:01.000Z',
        receivedAtTS: 1_000,
        images: [{ ...event, pushedAt: '1970-01-01T00:00:00.005Z', pushedAtTS: 5 }],
        duplicates: 2,
        replayOf: '1wd9',
        requestedBy: 'somebody',
        skipped: [{ target: 'a/b', reason: 'not mine' }],
        links: {
          self: `${self}?projectId=1a5`,
          events: `${self}/events?projectId=1a5`,
          receiver: `${api.url}/v1-webhooks/receivers/1go1?projectId=1a5`,
          replayOf: `${api.url}/v1-webhooks/deliveries/1wd9?projectId=1a5`,
        },
      });
      expect(json).not.to.have.any.keys('endedAt', 'endedAtTS', 'supersededBy');
      const [action] = json['deliveryActions'] as Shown[];
      expect(action).to.deep.include({
        id: '1wa1',
        target: 'rancher/1a5/service/1s1',
        description: 'from 1 to 2',
        state: 'waiting',
        step: 'upgrade',
        images: ['acme/web:1'],
        nextAttemptAtTS: 9_000,
        attempts: [
          {
            ...attempt,
            startedAt: '1970-01-01T00:00:00.006Z',
            startedAtTS: 6,
            endedAt: '1970-01-01T00:00:00.007Z',
            endedAtTS: 7,
          },
        ],
      });
      // Neither the hash of the receiver's key nor what an action is done with.
      expect(text).not.to.include('f'.repeat(64)).and.not.to.include('hidden');
    });

    it('masks what is called like a credential', async () => {
      const headers = { 'x-gitlab-token': 'abcdef', 'x-hub-signature': 'abcdef', 'x-api-key': 'abcdef', 'user-agent': 'curl' };
      const query = 'a=1&ac%63ess_token=abcdef&KEY=abcdef&token&monkey=2';
      const id = deliveries.put({ request: { headers, query, body: Buffer.from('{}') } });
      const { json, text } = await show(id);
      expect(text).not.to.include('abcdef');
      expect(json['request']).to.deep.include({
        headers: { 'x-gitlab-token': '*****', 'x-hub-signature': '*****', 'x-api-key': '*****', 'user-agent': 'curl' },
        query: 'a=1&ac%63ess_token=*****&KEY=*****&token&monkey=2',
      });
    });

    it('shows the body to who may write, as text or as Base64', async () => {
      const text = deliveries.put({ request: { headers: {}, query: '', body: Buffer.from('grüezi') } });
      const binary = deliveries.put({ request: { headers: {}, query: '', body: Buffer.from([0xff, 0]) } });
      expect((await show(text)).json['request']).to.deep.include({ body: 'grüezi', bodyEncoding: 'utf8', bodyBytes: 7 });
      expect((await show(binary)).json['request']).to.deep.include({ body: '/wA=', bodyEncoding: 'base64', bodyBytes: 2 });
      expect((await show(text, reader)).json['request']).to.deep.equal({ headers: {}, query: '', bodyBytes: 7 });
    });

    it('bears the time of a push that is none', async () => {
      const event = { registry: 'r', repository: 'a', tag: '1', image: 'a:1', pushedAt: 1e300 };
      const { status, json } = await show(deliveries.put({ events: [event] }));
      expect([status, (json['images'] as object[])[0]]).to.deep.equal([
        200,
        { registry: 'r', repository: 'a', tag: '1', image: 'a:1' },
      ]);
    });

    it('knows none of another project', async () => {
      const id = deliveries.put({ projectId: '1a7' });
      for (const path of [`/${id}`, `/${id}/events`]) expect((await get(`${path}?projectId=1a5`)).status).to.equal(404);
      for (const action of ['replay', 'cancel']) {
        expect((await get(`/${id}?action=${action}&projectId=1a5`, { method: 'POST' })).status).to.equal(404);
      }
      expect(deliveries.records).to.have.length(1);
    });

    it('needs a project', async () => {
      for (const path of ['', '/1wd1', '/1wd1/events']) {
        const { status, json } = await get(path);
        expect([status, json['message']]).to.deep.equal([400, 'projectId must be supplied as query parameter']);
      }
    });
  });

  describe('GET /v1-webhooks/deliveries/<id>/events', () => {
    it('lists them in their order, page by page', async () => {
      const id = deliveries.put();
      const rollout = { wanted: 4, updated: 2, ready: 4, available: 4, unavailable: 0 };
      deliveries.happen(id, { state: 'queued' });
      deliveries.happen(deliveries.put());
      deliveries.happen(id, { type: 'progress', actionId: '1wa1', target: 't', message: 'half', rollout });
      deliveries.happen(id, { state: 'succeeded' });
      const first = await get(`/${id}/events?projectId=1a5&limit=2`);
      expect(ids(first)).to.deep.equal(['1', '3']);
      expect(shown(first)[1]).to.deep.include({
        type: 'deliveryEvent',
        kind: 'progress',
        deliveryId: id,
        receiverId: '1go1',
        actionId: '1wa1',
        target: 't',
        message: 'half',
        rollout,
        atTS: 3,
      });
      const next = (first.json['pagination'] as Record<string, string>)['next'];
      const second = await api.send(pathOf(next));
      expect(ids(second)).to.deep.equal(['4']);
      expect(shown(second)[0]).to.include({ kind: 'state', state: 'succeeded' });
    });
  });
});
