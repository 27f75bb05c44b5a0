import { expect } from 'chai';
import { FakeDeliveries } from '../support/fake-deliveries.ts';
import type { Sent, SendOptions } from '../support/send-request.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

let api: TestApi;
const deliveries = new FakeDeliveries();

describe('targets over the API', () => {
  before(async () => {
    api = await startApi({ deliveries });
  });
  after(() => api.stop());
  beforeEach(() => deliveries.clear());

  const get = (path: string, options?: SendOptions): Promise<Sent> => api.send(`/v1-webhooks/targets${path}`, options);
  const act = (id: string, action: string, body?: object, headers = {}): Promise<Sent> =>
    get(`/${id}?action=${action}&projectId=1a5`, { method: 'POST', headers, ...(body && { body }) });
  const ids = ({ json }: Sent): string[] => (json['data'] as { id: string }[]).map(({ id }) => id);
  const held = { image: 'acme/web:2', reason: 'it failed', heldBy: 'rollout', heldAt: 1_000 };

  describe('GET /v1-webhooks/targets', () => {
    it('lists those of the project', async () => {
      deliveries.putTarget({ name: 'rancher/1a5/service/1s1' });
      deliveries.putTarget({ projectId: '1a7' });
      deliveries.putTarget({ holds: [held] });
      const { status, json } = await get('?projectId=1a5');
      expect(status).to.equal(200);
      expect(json).to.deep.include({ type: 'collection', resourceType: 'target', pagination: { limit: 100, partial: false } });
      const url = (id: string, action = ''): string => `${api.url}/v1-webhooks/targets/${id}?${action}projectId=1a5`;
      expect(json['data']).to.deep.equal([
        {
          id: '1wt1',
          type: 'target',
          projectId: '1a5',
          name: 'rancher/1a5/service/1s1',
          held: false,
          holds: [],
          links: { self: url('1wt1') },
          actions: { hold: url('1wt1', 'action=hold&') },
        },
        {
          id: '1wt3',
          type: 'target',
          projectId: '1a5',
          name: 'target 1wt3',
          held: true,
          holds: [{ ...held, heldAt: '1970-01-01T00:00:01.000Z', heldAtTS: 1_000 }],
          links: { self: url('1wt3') },
          actions: { hold: url('1wt3', 'action=hold&'), release: url('1wt3', 'action=release&') },
        },
      ]);
    });

    it('filters by name and hold', async () => {
      deliveries.putTarget({ name: 'a/b' });
      deliveries.putTarget({ name: 'a/b c', holds: [held] });
      expect(ids(await get('?projectId=1a5&name=a/b'))).to.deep.equal(['1wt1']);
      expect(ids(await get('?projectId=1a5&name=a%2Fb+c&held=true'))).to.deep.equal(['1wt2']);
      expect(ids(await get('?projectId=1a5&held=false'))).to.deep.equal(['1wt1']);
      expect((await get('?projectId=1a5&held=yes')).json).to.deep.include({ statusCode: 422, fieldName: 'held' });
    });

    it('gives every target once, page by page, even if the marker is gone', async () => {
      for (let number = 0; number < 12; number += 1) deliveries.putTarget();
      const found: string[] = [];
      let next: string | undefined = '/v1-webhooks/targets?projectId=1a5&limit=3';
      while (next !== undefined) {
        const sent: Sent = await api.send(next.replace(api.url, ''));
        found.push(...ids(sent));
        next = (sent.json['pagination'] as { next?: string }).next;
      }
      expect(found).to.deep.equal(deliveries.targets.map(({ id }) => id));
      deliveries.targets.splice(8, 1);
      expect(ids(await get('?projectId=1a5&marker=1wt9'))).to.deep.equal(['1wt10', '1wt11', '1wt12']);
      expect(ids(await get('?projectId=1a5&marker=1wt12'))).to.deep.equal([]);
    });
  });

  describe('GET /v1-webhooks/targets/<id>', () => {
    it('shows one, without actions to who may only read', async () => {
      const id = deliveries.putTarget({ holds: [held] });
      const { json } = await get(`/${id}?projectId=1a5`, { headers: { 'X-API-Roles': 'readonly' } });
      expect(json).to.deep.include({ id, held: true, actions: {} });
    });

    for (const id of ['1wt2', '1wt0', 'x', '%00', `1wt${'9'.repeat(40)}`]) {
      it(`knows no ${id}, and none of another project`, async () => {
        deliveries.putTarget();
        deliveries.putTarget({ projectId: '1a7' });
        expect((await get(`/${id}?projectId=1a5`)).status).to.equal(404);
        expect((await act(id, 'hold')).status).to.equal(404);
        expect((await act(id, 'release')).status).to.equal(404);
      });
    }
  });

  describe('POST /v1-webhooks/targets/<id>?action=hold', () => {
    it('holds one image', async () => {
      const { status, json } = await act(deliveries.putTarget(), 'hold', { image: 'acme/web:2', reason: 'breaks the login' });
      expect(status).to.equal(200);
      expect((json['holds'] as object[])[0]).to.include({ image: 'acme/web:2', reason: 'breaks the login', heldBy: 'unknown' });
    });

    it('holds no more images than an answer can have', async () => {
      const id = deliveries.putTarget({
        holds: Array.from({ length: 500 }, (_, index) => ({ ...held, image: `acme/web:${index}` })),
      });
      const refused = await act(id, 'hold', { image: 'acme/web:500' });
      expect(refused.status).to.equal(409);
      expect(refused.json['message']).to.equal(`Target ${id} has 500 holds: release some, or hold all images`);
      expect((await act(id, 'hold', { image: 'acme/web:7', reason: 'another' })).status).to.equal(200);
      expect((await act(id, 'hold')).status).to.equal(200);
    });

    it('holds a digest under any tag, and an image that only Rancher names so', async () => {
      for (const image of [`acme/web@sha256:${'a'.repeat(64)}`, 'reg.local:5000/web:2', 'reg.local/Acme/web:2'])
        expect((await act(deliveries.putTarget(), 'hold', { image })).status, image).to.equal(200);
    });

    it('holds every image where none is named', async () => {
      const { json } = await act(deliveries.putTarget(), 'hold');
      expect((json['holds'] as object[])[0]).to.include({ image: '', reason: '' });
    });

    for (const [body, fieldName] of [
      [{ image: 5 }, 'image'],
      [{ image: 'x'.repeat(513) }, 'image'],
      [{ image: 'acme/web' }, 'image'],
      [{ image: 'the last one' }, 'image'],
      [{ reason: [] }, 'reason'],
      [{ reason: 'x'.repeat(1_001) }, 'reason'],
      [{ images: 'a' }, 'images'],
    ] as const) {
      it(`refuses ${JSON.stringify(body).slice(0, 30)}`, async () => {
        const { status, json } = await act(deliveries.putTarget(), 'hold', body);
        expect([status, json['fieldName']]).to.deep.equal([422, fieldName]);
        expect(deliveries.targets[0]?.holds).to.deep.equal([]);
      });
    }
  });

  describe('POST /v1-webhooks/targets/<id>?action=release', () => {
    it('ends the hold on one image alone, or all', async () => {
      const id = deliveries.putTarget({ holds: [held, { ...held, image: 'acme/web:3' }] });
      expect((await act(id, 'release', { image: 'acme/web:2' })).json['holds']).to.have.length(1);
      expect((await act(id, 'release')).json['holds']).to.deep.equal([]);
    });

    it('is not there without a hold', async () => {
      const id = deliveries.putTarget({ holds: [held] });
      const { status, json } = await act(id, 'release', { image: 'acme/web:3' });
      expect(status).to.equal(422);
      expect(json).to.include({ code: 'ActionNotAvailable', message: 'Target 1wt1 is not on hold for acme/web:3' });
      expect(deliveries.targets[0]?.holds).to.have.length(1);
    });
  });

  describe('the actions of targets', () => {
    it('are two, and not for who may only read', async () => {
      const id = deliveries.putTarget({ holds: [held] });
      expect((await act(id, 'pause')).json).to.include({ code: 'ActionNotAvailable', statusCode: 422 });
      for (const action of ['hold', 'release', 'pause']) {
        expect((await act(id, action, undefined, { 'X-API-Roles': 'readonly' })).status).to.equal(405);
      }
      expect(deliveries.targets[0]?.holds).to.have.length(1);
    });
  });
});
