import { expect } from 'chai';
import { EmbeddedAuthorizer } from '../../src/api/authorization/embedded-authorizer.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { basic } from '../support/fake-rancher-server.ts';
import { FakeDeliveries } from '../support/fake-deliveries.ts';
import type { Sent } from '../support/send-request.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

let api: TestApi;
const deliveries = new FakeDeliveries();

describe('deliveries that are acted upon', () => {
  before(async () => {
    api = await startApi({ deliveries });
  });
  after(() => api.stop());
  beforeEach(() => deliveries.clear());

  function act(id: string, action: string, body?: object | string, headers = {}): Promise<Sent> {
    const path = `/v1-webhooks/deliveries${id === '' ? '' : `/${id}`}?action=${action}&projectId=1a5`;
    return api.send(path, { method: 'POST', headers, ...(body !== undefined && { body }) });
  }

  const replayAll = (body: object | string): Promise<Sent> => act('', 'replay', body);
  const origins = ({ json }: Sent): unknown[] => (json['data'] as Record<string, unknown>[]).map(({ replayOf }) => replayOf);

  describe('POST /v1-webhooks/deliveries/<id>?action=replay', () => {
    it('is answered with the new delivery', async () => {
      const id = deliveries.put({ state: 'failed' });
      const { status, json } = await act(id, 'replay');
      expect(status).to.equal(202);
      expect(json).to.deep.include({ id: '1wd2', replayOf: id, requestedBy: 'unknown', state: 'queued' });
    });

    it('is not there before it has ended', async () => {
      const { status, json } = await act(deliveries.put({ state: 'waiting' }), 'replay');
      expect(status).to.equal(422);
      expect(json).to.include({
        code: 'ActionNotAvailable',
        fieldName: 'action',
        message: 'Delivery 1wd1 has not ended: it is waiting',
      });
    });

    it('tells why it was refused', async () => {
      const id = deliveries.put();
      deliveries.refusals.set(id, new ServiceError('Conflict', 'The receiver is removed'));
      const { status, json } = await act(id, 'replay');
      expect([status, json['message']]).to.deep.equal([409, 'The receiver is removed']);
    });
  });

  describe('POST /v1-webhooks/deliveries/<id>?action=cancel', () => {
    it('is answered with the delivery', async () => {
      const { status, json } = await act(deliveries.put({ state: 'waiting' }), 'cancel');
      expect(status).to.equal(202);
      expect(json).to.include({ id: '1wd1', state: 'cancelled', message: 'cancelled by unknown' });
    });

    it('is not there after it has ended', async () => {
      const { status, json } = await act(deliveries.put({ state: 'dead' }), 'cancel');
      expect(status).to.equal(422);
      expect(json).to.include({ code: 'ActionNotAvailable', message: 'Delivery 1wd1 has ended: it is dead' });
    });
  });

  for (const action of ['promote', 'abort'] as const) {
    describe(`POST /v1-webhooks/deliveries/<id>?action=${action}`, () => {
      it('is offered where it is awaited, and answered with the delivery', async () => {
        const id = deliveries.put({ state: 'waiting', awaits: [action] });
        const found = await api.send(`/v1-webhooks/deliveries/${id}?projectId=1a5`);
        expect(Object.keys(found.json['actions'] as object)).to.have.members(['cancel', action]);
        const { status, json } = await act(id, action);
        expect(status).to.equal(202);
        expect(json).to.include({ id, state: 'waiting', message: `${action} by unknown` });
        expect(Object.keys(json['actions'] as object), 'once is enough').to.deep.equal(['cancel']);
        expect((await act(id, action)).status).to.equal(422);
      });

      it('is not there for what does not await it', async () => {
        const other = action === 'promote' ? 'abort' : 'promote';
        for (const record of [{ state: 'waiting' }, { state: 'waiting', awaits: [other] }, { state: 'succeeded' }] as const) {
          const { status, json } = await act(deliveries.put(record), action);
          expect(status).to.equal(422);
          expect(json).to.include({ code: 'ActionNotAvailable', fieldName: 'action' });
          expect(json['message']).to.match(new RegExp(`does not await ${action}: it is ${record.state}$`));
        }
      });

      it('is not for who may only read, and not shown to them', async () => {
        const id = deliveries.put({ state: 'waiting', awaits: [action] });
        const reader = { 'X-API-Roles': 'readonly' };
        expect((await act(id, action, undefined, reader)).status).to.equal(405);
        expect(deliveries.records[0]?.awaits).to.deep.equal([action]);
        const found = await api.send(`/v1-webhooks/deliveries/${id}?projectId=1a5`, { headers: reader });
        expect(found.json['actions']).to.deep.equal({});
      });
    });
  }

  describe('the actions of deliveries', () => {
    for (const action of ['', 'pause', 'Replay', '__proto__', 'constructor']) {
      it(`have none called ${JSON.stringify(action)}`, async () => {
        for (const id of [deliveries.put(), '']) {
          const { status, json } = await act(id, action);
          expect(status).to.equal(422);
          expect(json).to.include({ code: 'ActionNotAvailable', fieldName: 'action' });
        }
      });
    }

    for (const id of ['1wd0', '1wd', 'x', '1wd1x', '%00', `1wd${'9'.repeat(30)}`, '__proto__', '%ff']) {
      it(`find nothing called ${id}`, async () => {
        deliveries.put();
        const { status } = await act(id, 'replay');
        expect(status).to.equal(id === '%ff' ? 400 : 404);
      });
    }

    it('are not for who may only read', async () => {
      const id = deliveries.put({ state: 'failed' });
      const body = { state: 'failed' };
      for (const sent of [
        await act(id, 'replay', undefined, { 'X-API-Roles': 'readonly' }),
        await act('', 'replay', body, { 'X-API-Roles': 'readonly' }),
      ]) {
        expect([sent.status, sent.json['message']]).to.deep.equal([
          405,
          "user doesn't have the access to change deliveries and targets",
        ]);
      }
      expect(deliveries.records).to.have.length(1);
    });

    it('record the access key of who asked, not its secret', async () => {
      const authenticate = (accessKey: string, secret: string) =>
        accessKey === 'AKEY' && secret === 'hidden' ? { mayUse: () => true, role: 'owner' } : undefined;
      const other = await startApi({ deliveries, authorizer: () => new EmbeddedAuthorizer(authenticate) });
      try {
        const id = deliveries.put();
        const path = `/v1-webhooks/deliveries/${id}?action=replay&projectId=1a5`;
        const sent = await other.send(path, { method: 'POST', headers: { Authorization: basic('AKEY', 'hidden') } });
        expect(sent.json['requestedBy']).to.equal('AKEY');
        expect(sent.text).not.to.include('hidden');
        expect((await other.send(path, { method: 'POST' })).status).to.equal(401);
      } finally {
        await other.stop();
      }
    });
  });

  describe('POST /v1-webhooks/deliveries?action=replay', () => {
    it('replays all that match, the oldest first', async () => {
      deliveries.put({ state: 'failed' });
      deliveries.put();
      deliveries.put({ state: 'dead' });
      deliveries.put({ state: 'failed', receiver: { id: '1go2', name: 'other', key: '' } });
      const sent = await replayAll({ state: ['failed', 'dead'], receiverId: '1go1' });
      expect(sent.status).to.equal(202);
      expect(origins(sent)).to.deep.equal(['1wd1', '1wd3']);
      expect(sent.json).to.deep.include({ type: 'collection', refused: [], pagination: { limit: 1_000, partial: false } });
      expect(sent.json).not.to.have.property('next');
    });

    it('takes only what came since then', async () => {
      for (let number = 0; number < 3; number += 1) deliveries.put({ state: 'failed' });
      expect(
        origins(await replayAll({ state: 'failed', since: '2026-01-01T00:00:02Z', until: Date.UTC(2026, 0, 1, 0, 0, 3) })),
      ).to.deep.equal(['1wd2']);
    });

    it('says how to go on, and then takes each once though the new ones match too', async () => {
      for (let number = 0; number < 5; number += 1) deliveries.put({ state: 'failed' });
      const found: unknown[] = [];
      let body: unknown = { state: 'failed', limit: 2 };
      let calls = 0;
      while (body !== undefined) {
        const sent = await replayAll(body as object);
        expect(sent.status).to.equal(202);
        found.push(...origins(sent));
        deliveries.records.forEach((record, index) => (deliveries.records[index] = { ...record, state: 'failed' }));
        body = sent.json['next'];
        calls += 1;
      }
      expect([calls, found]).to.deep.equal([3, ['1wd1', '1wd2', '1wd3', '1wd4', '1wd5']]);
    });

    it('goes on past those that are refused', async () => {
      for (let number = 0; number < 3; number += 1) deliveries.put({ state: 'failed' });
      deliveries.refusals.set('1wd2', new ServiceError('Conflict', 'The receiver is removed'));
      const sent = await replayAll({ state: 'failed' });
      expect(origins(sent)).to.deep.equal(['1wd1', '1wd3']);
      expect(sent.json['refused']).to.deep.equal([{ id: '1wd2', message: 'The receiver is removed' }]);
    });

    it('ends early where nothing can be stored any more', async () => {
      for (let number = 0; number < 3; number += 1) deliveries.put({ state: 'failed' });
      deliveries.refusals.set('1wd2', new ServiceError('Unavailable', 'full'));
      const sent = await replayAll({ state: 'failed' });
      expect(origins(sent)).to.deep.equal(['1wd1']);
      expect(sent.json['next']).to.deep.include({ state: ['failed'], marker: '1wd1' });
      deliveries.refusals.set('1wd1', new ServiceError('Unavailable', 'full', { retryAfterSeconds: 5 }));
      const refused = await replayAll({ state: 'failed' });
      expect([refused.status, refused.headers['retry-after']]).to.deep.equal([503, '5']);
    });

    const refused: readonly [object | string, number, string?][] = [
      [{}, 422, 'state'],
      ['', 422, 'state'],
      [{ state: [] }, 422, 'state'],
      [{ state: 'waiting' }, 422, 'state'],
      [{ state: ['failed', 'running'] }, 422, 'state'],
      [{ state: { a: 1 } }, 422, 'state'],
      [{ state: 'failed', sinse: 5 }, 422, 'sinse'],
      [{ state: 'failed', since: 'now' }, 422, 'since'],
      [{ state: 'failed', limit: 1_001 }, 422, 'limit'],
      [{ state: 'failed', limit: 1.5 }, 422, 'limit'],
      [{ state: 'failed', marker: 'x' }, 422, 'marker'],
      ['{"state":"failed","__proto__":1}', 422, '__proto__'],
      [[], 400],
      ['null', 400],
      ['{', 400],
      ['['.repeat(100_000), 400],
    ];
    for (const [body, status, fieldName] of refused) {
      it(`refuses ${JSON.stringify(body).slice(0, 60)}`, async () => {
        deliveries.put({ state: 'failed' });
        const sent = await replayAll(body);
        expect(sent.status).to.equal(status);
        expect(sent.json['fieldName']).to.equal(fieldName);
        expect(deliveries.records).to.have.length(1);
      });
    }
  });
});
