import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { type TestDriver, testDriver } from '../support/test-drivers.ts';

describe('the action plan of a receiver', () => {
  let api: TestApi;
  let driver: TestDriver;
  const event = { registry: 'docker.io', repository: 'acme/web', tag: '2', image: 'acme/web:2' };
  const action = { target: 't', description: 'from 1 to 2', input: { password: 'hidden' }, images: ['acme/web:2'] };
  let executed = 0;
  beforeEach(async () => {
    executed = 0;
    driver = testDriver('queued', 'queued');
    driver.accept = () => ({ kind: 'accepted', events: [event] });
    driver.plan = async () => ({ actions: [action], skipped: [{ target: 'u', reason: 'is paused' }] });
    driver.work = async () => void (executed += 1);
    api = await startApi({ drivers: [driver] });
  });
  afterEach(() => api.stop());

  const created = async (): Promise<{ id: string; url: string }> => {
    const { json } = await api.create({ name: 'r', driver: 'queued', queuedConfig: { amount: 1, secret: 'opened' } });
    return { id: String(json['id']), url: String(json['url']) };
  };
  const storedDeliveries = async (): Promise<unknown> => (await api.send('/v1-webhooks/deliveries?projectId=1a5')).json['data'];

  it('shows what would be done, and does and stores nothing', async () => {
    const { id } = await created();
    const { status, json } = await api.act(id, 'plan', { any: 'payload' });
    expect(status).to.equal(200);
    expect(json).to.deep.include({
      id,
      type: 'receiverPlan',
      state: 'planned',
      message: '',
      images: [event],
      plannedActions: [{ target: 't', description: 'from 1 to 2', images: ['acme/web:2'] }],
      skipped: [{ target: 'u', reason: 'is paused' }],
    });
    expect(JSON.stringify(json)).not.to.contain('hidden');
    expect(await storedDeliveries()).to.deep.equal([]);
    expect(executed).to.equal(0);
  });

  it('gives the driver the payload, the headers of its sender and the opened config', async () => {
    const { id } = await created();
    let seen: unknown[] = [];
    driver.accept = (request, config) => {
      seen = [request.body.toString(), request.headers['x-github-event'], request.headers['authorization'], config['secret']];
      return { kind: 'ignored', reason: 'no push' };
    };
    const path = `/v1-webhooks/receivers/${id}?action=plan&projectId=1a5`;
    const headers = { 'X-GitHub-Event': 'package', Authorization: 'Basic eDp5' };
    await api.send(path, { method: 'POST', headers, body: '{"a":1}' });
    expect(seen).to.deep.equal(['{"a":1}', 'package', undefined, 'opened']);
  });

  it('says why nothing would be done', async () => {
    const { id } = await created();
    const outcome = async (): Promise<unknown[]> => {
      const { json } = await api.act(id, 'plan', {});
      return [json['state'], json['message']];
    };
    driver.plan = async () => ({ actions: [], skipped: [{ target: 'u', reason: 'is paused' }] });
    expect(await outcome()).to.deep.equal(['ignored', 'is paused']);
    driver.accept = () => ({ kind: 'ignored', reason: 'tag 2 is not 1' });
    expect(await outcome()).to.deep.equal(['ignored', 'tag 2 is not 1']);
    driver.accept = () => {
      throw new ServiceError('InvalidPayload', 'no payload');
    };
    expect(await outcome()).to.deep.equal(['rejected', 'Error no payload in executing driver for queued']);
    driver.accept = () => ({ kind: 'accepted', events: [event] });
    await api.act(id, 'pause');
    expect(await outcome()).to.deep.equal(['ignored', 'receiver is paused']);
  });

  it('heeds holds', async () => {
    const { id, url } = await created();
    expect((await api.trigger(url, { body: '{}' })).status).to.equal(200);
    const targets = async (): Promise<{ id: string }[]> =>
      (await api.send('/v1-webhooks/targets?projectId=1a5')).json['data'] as { id: string }[];
    let [target] = await targets();
    while (target === undefined) [target] = await targets();
    const held = { method: 'POST', body: { image: 'acme/web:2', reason: 'broken' } };
    await api.send(`/v1-webhooks/targets/${target.id}?action=hold&projectId=1a5`, held);
    const { json } = await api.act(id, 'plan', {});
    expect(json['state']).to.equal('ignored');
    expect(json['message']).to.match(/^is paused; on hold by .* for acme\/web:2: broken$/);
  });

  it('heeds what was pushed later and runs already', async () => {
    const { id, url } = await created();
    driver.plan = async () => ({ actions: [{ ...action, streams: ['web'] }], skipped: [] });
    const pushedAt = (time: number): void => {
      driver.accept = () => ({ kind: 'accepted', events: [{ ...event, pushedAt: time }] });
    };
    pushedAt(2_000);
    await api.trigger(url, { body: '{}' });
    const last = async (): Promise<Record<string, unknown>> => {
      const { json } = await api.send('/v1-webhooks/deliveries?projectId=1a5');
      return (json['data'] as Record<string, unknown>[])[0] ?? {};
    };
    const lastIn = async (state: string): Promise<Record<string, unknown>> => {
      for (;;) {
        const delivery = await last();
        if (delivery['state'] === state) return delivery;
      }
    };
    const newer = String((await lastIn('succeeded'))['id']);
    pushedAt(1_000);
    const { json } = await api.act(id, 'plan', {});
    expect([json['state'], json['message']]).to.deep.equal(['ignored', `delivery ${newer} has brought what was pushed later`]);
    await api.trigger(url, { body: '{"late": true}' });
    expect(await lastIn('superseded'), 'as the push itself is').to.include({ supersededBy: newer });
  });

  it('fails as planning does', async () => {
    const { id } = await created();
    driver.plan = () => Promise.reject(new ServiceError('Forbidden', 'cannot get resource "deployments"'));
    const { status, json } = await api.act(id, 'plan', {});
    expect([status, json['message']]).to.deep.equal([403, 'cannot get resource "deployments"']);
    expect((await api.act('1go999', 'plan', {})).status).to.equal(404);
  });
});
