import crypto from 'node:crypto';
import { expect } from 'chai';
import { serviceUpgrade } from '../../src/drivers/service-upgrade/index.ts';
import type { Driver } from '../../src/framework/driver.ts';
import { SealedValues } from '../../src/framework/sealed-values.ts';
import { SenderAuthenticity } from '../../src/framework/sender-authenticity/sender-authenticity.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import type { Rancher } from '../../src/rancher/rancher.ts';
import { OidcIssuerKeys } from '../../src/store/oidc/oidc-issuer-keys.ts';
import type { Sent } from '../support/send-request.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { makeTestCertificates, trust } from '../support/test-certificates.ts';
import { startTestIssuer, type TestIssuer } from '../support/test-issuer.ts';
import { until } from '../support/until.ts';

const first = 'the-first-secret';
const second = 'the-second-secret';
const body = JSON.stringify({ image: 'ghcr.io/acme/web:latest' });
const upgrade = { serviceSelector: { app: 'web' }, tag: 'latest', batchSize: 1, intervalMillis: 2, payloadFormat: 'generic' };
const signed = (secret: string, text = body): Record<string, string> => ({
  'X-Hub-Signature-256': `sha256=${crypto.createHmac('sha256', secret).update(text).digest('hex')}`,
});

let api: TestApi;
let planned: string[];

async function start(senders: SenderAuthenticity): Promise<void> {
  planned = [];
  const driver: Driver = {
    ...serviceUpgrade({ rancher: {} as Rancher, formats: payloadFormats, senders }),
    plan(delivery) {
      planned.push(delivery.id);
      return Promise.resolve({ actions: [] });
    },
  };
  api = await startApi({ drivers: [driver], senders });
}

function create(config: object): Promise<Sent> {
  return api.create({ name: `wh-${Math.random()}`, driver: 'serviceUpgrade', serviceUpgradeConfig: { ...upgrade, ...config } });
}
async function make(config: object): Promise<{ id: string; url: string }> {
  const { status, json } = await create(config);
  expect(status, JSON.stringify(json)).to.equal(200);
  return json as unknown as { id: string; url: string };
}
const put = (id: string, config: object): Promise<Sent> =>
  api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`, {
    method: 'PUT',
    body: { serviceUpgradeConfig: { ...upgrade, ...config } },
  });
const get = (path: string): Promise<Sent> => api.send(`/v1-webhooks/${path}?projectId=1a5`);
const push = (url: string, headers: Record<string, string> = {}, text = body): Promise<Sent> =>
  api.trigger(url, { headers: { 'Content-Type': 'application/json', ...headers }, body: text });
const deliveryOf = async ({ headers }: Sent): Promise<Record<string, unknown>> =>
  (await get(`deliveries/${String(headers['x-webhook-delivery'])}`)).json;
function storedConfig(id: string): Record<string, unknown> {
  const data = api.rancher.object(id)?.['resourceData'] as { config: Record<string, unknown> } | undefined;
  return data?.config ?? {};
}

describe('senders that prove who they are', () => {
  describe('by a secret', () => {
    beforeEach(() => start(new SenderAuthenticity()));
    afterEach(() => api.stop());

    it('are believed with a signature, and refused without', async () => {
      const { url } = await make({ authentication: 'github', secrets: [first] });
      const good = await push(url, signed(first));
      expect(good.status).to.equal(200);
      await until(() => planned.length === 1);
      const bad: readonly (readonly [Record<string, string>, string, RegExp])[] = [
        [{}, body, /^The header X-Hub-Signature-256 is missing/],
        [signed(second), body, /^The header X-Hub-Signature-256 fits no secret of this receiver/],
        [signed(first), `${body} `, /fits no secret/],
        [{ 'X-Hub-Signature-256': 'sha256=abc' }, body, /must be sha256= and 64 hexadecimal digits/],
      ];
      for (const [headers, text, message] of bad) {
        const sent = await push(url, headers, text);
        expect(sent.status).to.equal(401);
        expect(sent.json['message']).to.match(message);
        expect(await deliveryOf(sent)).to.deep.include({ state: 'rejected', message: sent.json['message'] });
      }
      expect(planned).to.deep.equal([good.headers['x-webhook-delivery']]);
    });

    it('keep their secrets sealed in Rancher, and out of every answer, record and log', async () => {
      const made = await create({ authentication: 'header', headerName: 'X-Token', secrets: [first, second] });
      const { id, url } = made.json as unknown as { id: string; url: string };
      const sealed = storedConfig(id)['secrets'] as string[];
      expect(sealed).to.have.length(2);
      expect(sealed.every((each) => SealedValues.isSealed(each))).to.equal(true);
      expect(made.json['serviceUpgradeConfig']).to.include({ authentication: 'header', headerName: 'X-Token' });
      const hits = [await push(url, { 'X-Token': first }), await push(url, { 'X-Token': `${second}!` }), await push(url)];
      expect(hits.map(({ status }) => status)).to.deep.equal([200, 401, 401]);
      const shown = [made, ...hits, await get(`receivers/${id}`), await get('receivers'), await get('deliveries')];
      for (const hit of hits) {
        const delivery = `deliveries/${String(hit.headers['x-webhook-delivery'])}`;
        shown.push(await get(delivery), await get(`${delivery}/events`));
      }
      const all = [...shown.map(({ text }) => text), JSON.stringify(api.rancher.calls), ...api.logged].join('\n');
      expect(all).not.to.include(first).and.not.include(second);
      const [, claims = ''] = (new URL(url).searchParams.get('token') ?? '').split('.');
      expect(Buffer.from(claims, 'base64url').toString()).not.to.include(first).and.not.include('sealed:');
    });

    it('replace their secrets without a gap', async () => {
      const { id, url } = await make({ authentication: 'github', secrets: [first] });
      const statuses = async (): Promise<number[]> => [
        (await push(url, signed(first))).status,
        (await push(url, signed(second))).status,
      ];
      expect(await statuses()).to.deep.equal([200, 401]);
      await put(id, { authentication: 'github', secrets: [first, second] });
      expect(await statuses()).to.deep.equal([200, 200]);
      await put(id, { authentication: 'github' });
      expect(await statuses()).to.deep.equal([200, 200]);
      await put(id, { authentication: 'github', secrets: [second] });
      expect(await statuses()).to.deep.equal([401, 200]);
    });

    it('are asked for nothing only once somebody says so', async () => {
      const { id, url } = await make({ authentication: 'github', secrets: [first] });
      const forgotten = await put(id, {});
      expect(forgotten.status).to.equal(400);
      expect(forgotten.json['message']).to.equal('authentication not provided, but secrets; none switches it off');
      expect((await push(url)).status).to.equal(401);
      expect((await put(id, { authentication: 'none' })).status).to.equal(200);
      expect((await push(url)).status).to.equal(200);
      expect((await put(id, { authentication: 'github' })).status).to.equal(200);
      expect([(await push(url)).status, (await push(url, signed(first))).status]).to.deep.equal([401, 200]);
    });

    it('are refused at the creation where they could never be believed', async () => {
      const { status, json } = await create({ authentication: 'github' });
      expect([status, json['message'], json['fieldName']]).to.deep.equal([400, 'secrets not provided', 'secrets']);
    });

    it('are refused with a config that was written past the API', async () => {
      const bad = [
        { authentication: 'GITHUB' },
        { secrets: [first] },
        { authentication: 'github' },
        { authentication: 'github', secrets: [] },
      ];
      for (const [index, config] of bad.entries()) {
        const resourceData = { driver: 'serviceUpgrade', config: { ...upgrade, ...config }, url: 'u' };
        api.rancher.put({ key: `k${index}`, name: 'x', resourceData });
        const sent = await push(`key=k${index}&projectId=1a5`, signed(first));
        expect([sent.status, (await deliveryOf(sent))['state']]).to.deep.equal([400, 'rejected']);
      }
      expect(planned).to.deep.equal([]);
    });

    it('sign a form as it came', async () => {
      const { url } = await make({ authentication: 'github', secrets: [first] });
      const text = `payload=${encodeURIComponent(body)}`;
      const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
      expect((await push(url, { ...form, ...signed(first) }, text)).status).to.equal(401);
      const sent = await push(url, { ...form, ...signed(first, text) }, text);
      expect(sent.status).to.equal(400);
    });

    it('cannot be forged into duplicates, or by a replay', async () => {
      const { url } = await make({ authentication: 'github', secrets: [first] });
      const id = { 'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' };
      const forged = await push(url, { ...id, ...signed(second) });
      expect(forged.status).to.equal(401);
      expect(await deliveryOf(forged)).to.have.nested.property('request.bodyBytes', 0);
      const forgedId = String(forged.headers['x-webhook-delivery']);
      const replay = await api.send(`/v1-webhooks/deliveries/${forgedId}?action=replay&projectId=1a5`, { method: 'POST' });
      expect(replay.status).to.equal(202);
      expect(replay.json).to.include({ state: 'rejected' });
      const genuine = await push(url, { ...id, ...signed(first) });
      expect([genuine.status, genuine.headers['x-webhook-delivery'] === forgedId]).to.deep.equal([200, false]);
      const again = await push(url, { ...id, ...signed(first) });
      expect(again.headers['x-webhook-delivery']).to.equal(genuine.headers['x-webhook-delivery']);
      expect((await push(url, id)).status).to.equal(401);
      await until(() => planned.length > 0);
      expect(planned).to.deep.equal([genuine.headers['x-webhook-delivery']]);
    });

    it('are not asked again by a replay, or by a plan', async () => {
      const { id, url } = await make({ authentication: 'github', secrets: [first] });
      const sent = await push(url, signed(first));
      await until(() => planned.length === 1);
      await put(id, { authentication: 'github', secrets: [second] });
      const path = `deliveries/${String(sent.headers['x-webhook-delivery'])}`;
      // Asked until it has ended: the plan finds nothing to do.
      while ((await get(path)).json['state'] !== 'ignored');
      expect((await api.send(`/v1-webhooks/${path}?action=replay&projectId=1a5`, { method: 'POST' })).status).to.equal(202);
      await until(() => planned.length === 2);
      const plan = await api.act(id, 'plan', JSON.parse(body) as object);
      expect([plan.status, plan.json['state']]).to.deep.equal([200, 'ignored']);
      expect(planned).to.include('dry-run');
    });

    it('are asked for while the receiver is paused too: what it gets can be replayed', async () => {
      const { id, url } = await make({ authentication: 'github', secrets: [first] });
      await api.act(id, 'pause');
      expect((await push(url)).status).to.equal(401);
      const sent = await push(url, signed(first));
      expect([sent.status, (await deliveryOf(sent))['state']]).to.deep.equal([200, 'ignored']);
    });

    it('are kept apart from a flood: a hundred refused ones are remembered', async () => {
      const { url } = await make({ authentication: 'github', secrets: [first] });
      for (let each = 0; each < 105; each += 1) await push(url);
      const { json } = await api.send('/v1-webhooks/deliveries?projectId=1a5&limit=1000');
      expect(json['data']).to.have.length(100);
    });
  });

  describe('by a token of an issuer', () => {
    let issuer: TestIssuer;
    let distrust: () => void;
    let config: object;

    beforeEach(async () => {
      const { good } = await makeTestCertificates();
      distrust = trust(good);
      issuer = await startTestIssuer(good);
      config = {
        authentication: 'oidc',
        issuer: issuer.url,
        audience: 'us',
        claims: { repository: 'acme/web', ref: 'refs/tags/*' },
      };
      await start(new SenderAuthenticity({ issuers: [issuer.url], keys: new OidcIssuerKeys() }));
    });
    afterEach(async () => {
      await api.stop();
      await issuer.stop();
      distrust();
    });
    const bearer = (claims: Record<string, unknown>, key?: string): Record<string, string> => ({
      Authorization: `Bearer ${issuer.token(claims, key === undefined ? {} : { key })}`,
    });
    const claims = { repository: 'acme/web', ref: 'refs/tags/v1' };

    it('are believed, and others are not', async () => {
      const { url } = await make(config);
      expect((await push(url, bearer(claims))).status).to.equal(200);
      const bad = [{}, { ...claims, ref: 'refs/heads/main' }, { ...claims, aud: 'others' }, { ...claims, exp: 1 }];
      for (const each of bad) expect((await push(url, bearer(each))).status).to.equal(401);
      expect((await push(url, bearer(claims, 'stranger'))).status).to.equal(401);
      expect((await push(url)).status).to.equal(401);
      expect(issuer.asked).to.deep.equal(['/.well-known/openid-configuration', '/keys']);
    });

    it('are asked to come again while the keys cannot be had', async () => {
      const { url } = await make(config);
      issuer.fault = (_request, response) => {
        response.writeHead(500).end();
        return true;
      };
      const sent = await push(url, bearer(claims));
      expect(sent.status).to.equal(503);
      expect(Number(sent.headers['retry-after'])).to.be.within(1, 5);
      expect(sent.json['message']).to.match(/^The keys of https:\/\/127\.0\.0\.1:\d+ cannot be fetched/);
      expect(await deliveryOf(sent)).to.include({ state: 'rejected' });
      expect(planned).to.deep.equal([]);
    });

    it('leave no part of the token behind', async () => {
      const { url } = await make(config);
      const sent = [await push(url, bearer(claims)), await push(url, bearer({ ...claims, repository: 'acme/other' }))];
      const shown = [...sent.map(({ text }) => text), (await get('deliveries')).text];
      for (const each of sent) shown.push(JSON.stringify(await deliveryOf(each)));
      expect(shown.join('\n') + api.logged.join('\n'))
        .not.to.include('eyJ')
        .and.not.include('acme/other');
    });

    it('must be of an issuer that the operator lists', async () => {
      const { status, json } = await create({ ...config, issuer: 'https://169.254.169.254' });
      expect([status, json['fieldName']]).to.deep.equal([400, 'issuer']);
      const resourceData = {
        driver: 'serviceUpgrade',
        config: { ...upgrade, ...config, issuer: 'http://127.0.0.1:1' },
        url: 'u',
      };
      api.rancher.put({ key: 'k', name: 'x', resourceData });
      expect((await push('key=k&projectId=1a5', bearer(claims))).status).to.equal(400);
      expect(issuer.asked).to.deep.equal([]);
    });
  });
});
