import { expect } from 'chai';
import { SealedValues } from '../../src/framework/sealed-values.ts';
import type { Stored } from '../support/fake-rancher-server.ts';
import { testRing } from '../support/keys.ts';
import type { Sent } from '../support/send-request.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { type TestDriver, testDriver } from '../support/test-drivers.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let inline: TestDriver;

describe('receivers that are changed', () => {
  beforeEach(async () => {
    inline = testDriver('inline', 'inline');
    api = await startApi({ drivers: [inline, testDriver('queued', 'queued')] });
  });
  afterEach(() => api.stop());

  async function make(config: object = { amount: 1 }, name = 'wh'): Promise<{ id: string; url: string }> {
    const { json } = await api.create({ name, driver: 'inline', inlineConfig: config });
    return json as unknown as { id: string; url: string };
  }
  const put = (id: string, body: object | string): Promise<Sent> => {
    const options = { method: 'PUT', body, headers: { 'Content-Type': 'application/json' } };
    return api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`, options);
  };
  const dataOf = (id: string): Record<string, unknown> =>
    (api.rancher.object(id) as Stored)['resourceData'] as Record<string, unknown>;

  describe('PUT /v1-webhooks/receivers/<id>', () => {
    it('replaces the config and nothing else', async () => {
      const { id, url } = await make({ amount: 1, serviceId: '1s1' });
      const { status, json } = await put(id, { inlineConfig: { amount: 5 } });
      expect(status).to.equal(200);
      expect(json).to.deep.include({ id, url, inlineConfig: { amount: 5, type: 'inline' } });
      expect(dataOf(id)).to.deep.equal({ driver: 'inline', url, config: { amount: 5 } });
      expect(JSON.parse(api.rancher.calls.at(-1)?.body ?? '')).to.have.all.keys('resourceData');
      await api.trigger(url);
      expect(inline.deliveries[0]?.config).to.deep.equal({ amount: 5 });
    });

    it('takes back what it gave out', async () => {
      const { id } = await make();
      const shown = (await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`)).json;
      expect((await put(id, shown)).json).to.deep.equal(shown);
    });

    it('keeps the fields of other programs', async () => {
      const { id } = api.rancher.put({
        key: 'k',
        name: 'wh',
        resourceData: { driver: 'inline', config: {}, url: 'u', theirs: [1] },
      });
      await put(id, { inlineConfig: { amount: 2 } });
      expect(dataOf(id)).to.deep.equal({ driver: 'inline', config: { amount: 2 }, url: 'u', theirs: [1] });
    });

    it('repairs a config of the wrong type', async () => {
      const { id } = api.rancher.put({
        key: 'k',
        name: 'wh',
        resourceData: { driver: 'inline', config: { amount: 'x', secret: 5 }, url: 'u' },
      });
      expect((await put(id, { inlineConfig: { amount: 2, secret: 's' } })).status).to.equal(200);
    });

    for (const [fieldName, value] of [
      ['name', 'other'],
      ['driver', 'queued'],
      ['id', '1go9'],
      ['url', 'http://x'],
      ['name', ''],
    ]) {
      it(`refuses another ${fieldName}, ${JSON.stringify(value)}`, async () => {
        const { id } = await make();
        const before = dataOf(id);
        const { status, json } = await put(id, { [String(fieldName)]: value, inlineConfig: { amount: 5 } });
        expect(status).to.equal(422);
        expect(json).to.include({
          fieldName,
          message: `${fieldName} of a webhook cannot be changed`,
          statusCode: 422,
          type: 'error',
        });
        expect(dataOf(id)).to.deep.equal(before);
      });
    }

    it('refuses what a create refuses', async () => {
      const { id } = await make();
      const cases: [string | object, number, string][] = [
        ['', 400, 'Bad request body: unexpected end of JSON input'],
        ['null', 400, 'Bad request body: the body is null'],
        [{ inlineConfig: { amount: 13 } }, 400, 'Invalid amount: 13'],
        [{ name: 5 }, 400, 'Bad request body: json: cannot unmarshal number into Go struct field Webhook.name of type string'],
      ];
      for (const [body, status, message] of cases) {
        const answer = await put(id, body);
        expect([answer.status, answer.json['message']]).to.deep.equal([status, message]);
      }
      expect((await put('1go404', {})).status).to.equal(404);
    });

    it('and every action refuse a receiver that was removed', async () => {
      const { id } = await make();
      await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`, { method: 'DELETE' });
      const before = api.rancher.objects.size;
      expect((await put(id, {})).status).to.equal(404);
      for (const action of ['pause', 'resume', 'rotate']) expect((await api.act(id, action)).status).to.equal(404);
      expect(api.rancher.objects.size).to.equal(before);
    });
  });

  describe('pause and resume', () => {
    it('stop and start a receiver, and leave no trace of ours', async () => {
      const { id, url } = await make();
      const before = dataOf(id);
      const paused = await api.act(id, 'pause');
      expect(paused.json).to.include({ paused: true });
      expect(paused.json['actions']).to.have.keys('plan', 'resume', 'rotate');
      expect((await api.trigger(url)).status).to.equal(200);
      expect(api.ignored).to.deep.equal(['receiver is paused']);
      const resumed = await api.act(id, 'resume');
      expect(resumed.json).not.to.have.property('paused');
      expect(dataOf(id)).to.deep.equal(before);
      await api.trigger(url);
      expect(inline.deliveries).to.have.length(1);
    });

    it('are the only actions beside rotate', async () => {
      const { id } = await make();
      for (const action of ['', 'stop', 'PAUSE', '__proto__', 'constructor']) {
        const { status, json } = await api.act(id, action);
        expect([status, json['fieldName'], json['message']]).to.deep.equal([422, 'action', `A webhook has no action ${action}`]);
      }
    });
  });

  describe('rotate', () => {
    it('gives a new URL beside the old one, and shows the new one in lists', async () => {
      const { id, url } = await make();
      const { status, json } = await api.act(id, 'rotate');
      expect(status).to.equal(200);
      expect(json).to.include({ name: 'wh', driver: 'inline', replaces: id }).and.not.to.include({ id });
      for (const each of [url, String(json['url'])]) expect((await api.trigger(each)).status).to.equal(200);
      expect(inline.deliveries.map(({ delivery }) => delivery.receiver.id)).to.deep.equal([id, json['id']]);
      const { json: list } = await api.send('/v1-webhooks/receivers?projectId=1a5');
      expect((list['data'] as { id: string }[]).map((each) => each.id)).to.deep.equal([json['id']]);
      const { json: old } = await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`);
      expect(old).to.include({ replacedBy: json['id'] });
      expect(Date.parse(String(old['expiresAt']))).to.be.within(Date.now() + 86_000_000, Date.now() + 86_400_000);
      expect(old['actions']).to.have.keys('pause', 'plan');
    });

    it('ends the old URL with the overlap and deletes its receiver', async () => {
      const { id, url } = await make();
      const { json } = await api.act(id, 'rotate', { overlapSeconds: 1 });
      expect((await api.trigger(url)).status).to.equal(200);
      await until(() => api.rancher.object(id)?.['removed'] !== null);
      expect((await api.trigger(url)).status).to.equal(403);
      expect((await api.trigger(String(json['url']))).status).to.equal(200);
    });

    it('ends the old URL at once without an overlap', async () => {
      const { id, url } = await make();
      await api.act(id, 'rotate', { overlapSeconds: 0 });
      expect((await api.trigger(url)).status).to.equal(403);
      await until(() => api.rancher.object(id)?.['removed'] !== null);
    });

    it('keeps a paused receiver paused', async () => {
      const { id } = await make();
      await api.act(id, 'pause');
      expect((await api.act(id, 'rotate')).json).to.include({ paused: true });
    });

    it('is done once for each receiver', async () => {
      const { id } = await make();
      const { json } = await api.act(id, 'rotate');
      const again = await api.act(id, 'rotate');
      expect([again.status, again.json['fieldName']]).to.deep.equal([422, 'action']);
      expect((await api.act(String(json['id']), 'rotate')).status).to.equal(200);
    });

    for (const body of [
      { overlapSeconds: -1 },
      { overlapSeconds: 1.5 },
      { overlapSeconds: '5' },
      { overlapSeconds: 1e9 },
      [],
      { overlapSeconds: true },
    ]) {
      it(`refuses ${JSON.stringify(body)}`, async () => {
        const { id } = await make();
        const { status, json } = await api.act(id, 'rotate', body);
        expect([status, json['fieldName']]).to.deep.equal([400, 'overlapSeconds']);
        expect(api.rancher.objects.size).to.equal(1);
      });
    }

    it('takes its new receiver back where the old one could not be marked', async () => {
      const { id, url } = await make();
      api.rancher.fault = (call, response) =>
        call.method === 'PUT' && (api.rancher.json(response, 409, { code: 'Conflict' }), true);
      const { status, json } = await api.act(id, 'rotate');
      expect(status).to.equal(500);
      expect(json['message']).to.match(/^Failed to update webhook: Bad response statusCode \[409\]/);
      expect(api.rancher.object('1go2')?.['removed']).to.be.a('string');
      expect((await api.trigger(url)).status).to.equal(200);
    });
  });

  describe('sensitive fields', () => {
    const secrets = { secret: 'hunter2', secrets: ['first-one', 'second-one'] };
    const shown =
      JSON.stringify(secrets)
        .match(/\w{6,}-?\w*/g)
        ?.filter((text) => !text.startsWith('secret')) ?? [];
    const expectHidden = (text: string): void => {
      for (const secret of shown) expect(text).not.to.include(secret);
    };

    it('are sealed in Rancher, opened for the driver and in no answer', async () => {
      const made = await api.create({ name: 'wh', driver: 'inline', inlineConfig: { amount: 1, ...secrets } });
      const { id, url } = made.json as unknown as { id: string; url: string };
      expect(inline.validated).to.deep.equal([{ amount: 1, ...secrets }]);
      const config = dataOf(id)['config'] as Record<string, unknown>;
      for (const value of [config['secret'], ...(config['secrets'] as unknown[])])
        expect(SealedValues.isSealed(value)).to.equal(true);
      await api.trigger(url);
      expect(inline.deliveries[0]?.config).to.deep.equal({ amount: 1, ...secrets });
      const [, payload = ''] = (new URL(url).searchParams.get('token') ?? '').split('.');
      expectHidden(Buffer.from(payload, 'base64url').toString());
      const answers = [made, await put(id, made.json), await api.act(id, 'pause'), await api.act(id, 'rotate')];
      for (const path of ['receivers', `receivers/${id}`]) answers.push(await api.send(`/v1-webhooks/${path}?projectId=1a5`));
      for (const { text, status } of answers) {
        expect(status).to.equal(200);
        expectHidden(text);
        expect(text).not.to.include('sealed:');
      }
      expectHidden(JSON.stringify(api.rancher.calls) + api.logged.join(''));
    });

    it('are kept by a PUT without them, and opened for its validation', async () => {
      const { id, url } = await make({ amount: 1, ...secrets });
      await put(id, { inlineConfig: { amount: 2, secret: 'changed-one' } });
      const expected = { amount: 2, secret: 'changed-one', secrets: secrets.secrets };
      expect(inline.validated.at(-1)).to.deep.equal(expected);
      await api.trigger(url);
      expect(inline.deliveries[0]?.config).to.deep.equal(expected);
    });

    it('are sealed anew for a rotated receiver', async () => {
      const { id } = await make(secrets);
      const { json } = await api.act(id, 'rotate');
      expect(dataOf(String(json['id']))['config']).not.to.deep.equal(dataOf(id)['config']);
      await api.trigger(String(json['url']));
      expect(inline.deliveries[0]?.config).to.deep.equal(secrets);
    });

    it('are refused once they were copied to another receiver or changed', async () => {
      const one = await make(secrets, 'one');
      const two = await make({ secret: 'other-one' }, 'two');
      const stolen = (dataOf(one.id)['config'] as { secret: string }).secret;
      for (const [index, secret] of [stolen, `${stolen.slice(0, -1)}!`, 'sealed:v1:', 'sealed:v1:x:y'].entries()) {
        api.rancher.put({ key: `k${index}`, name: 'x', resourceData: { driver: 'inline', config: { secret }, url: 'u' } });
        const { status, json } = await api.trigger(`key=k${index}&projectId=1a5`);
        expect(status).to.equal(500);
        expect(json['message']).to.match(/^Error A secret of this receiver /);
      }
      expect(inline.deliveries).to.have.length(0);
      await put(two.id, { inlineConfig: { secret: stolen } });
      await api.trigger(two.url);
      expect(inline.deliveries[0]?.config).to.deep.equal({ secret: stolen });
    });

    it('of another RSA key say so', async () => {
      const secret = new SealedValues(testRing('stranger')).seal('x', 'k/secret');
      api.rancher.put({ key: 'k', name: 'x', resourceData: { driver: 'inline', config: { secret }, url: 'u' } });
      const { json } = await api.trigger('key=k&projectId=1a5');
      expect(json['message']).to.include('A secret of this receiver was sealed with another RSA key');
    });
  });
});
