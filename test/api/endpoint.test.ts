import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';
import { testKey } from '../support/keys.ts';
import { rancherToken, rs256 } from '../support/make-token.ts';
import { startApi, type TestApi } from '../support/start-api.ts';
import { type TestDriver, testDriver } from '../support/test-drivers.ts';

const key = 'K'.repeat(40);
const revokedKey = 'Requested webhook has been revoked/does not exist for this account';

function multipart(fields: Record<string, string>): { headers: Record<string, string>; body: string } {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return { headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, body: `${parts.join('')}--b--\r\n` };
}

function urlencoded(body: string): { headers: Record<string, string>; body: string } {
  return { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body };
}

describe('POST /v1-webhooks/endpoint', () => {
  let api: TestApi;
  let inline: TestDriver;

  beforeEach(async () => {
    inline = testDriver('inline', 'inline');
    api = await startApi({ drivers: [inline, testDriver('queued', 'queued')] });
    api.rancher.put({ key, name: 'wh', resourceData: { driver: 'inline', config: { amount: 1 }, url: 'u' } });
  });
  afterEach(() => api.stop());

  const delivered = () => inline.deliveries.at(-1)?.delivery;

  it('answers 200 with an empty body', async () => {
    const { status, text, headers } = await api.trigger(`key=${key}&projectId=1a5`, { body: '{"a":1}' });
    expect([status, text, headers['content-length']]).to.deep.equal([200, '', '0']);
    expect(delivered()?.request.body.toString()).to.equal('{"a":1}');
    expect(inline.deliveries[0]?.config).to.deep.equal({ amount: 1 });
  });

  it('answers a queued driver before its work ends', async () => {
    const queued = testDriver('queued', 'queued');
    const { promise, resolve } = Promise.withResolvers<void>();
    queued.work = () => promise;
    const other = await startApi({ drivers: [queued] });
    other.rancher.put({ key, resourceData: { driver: 'queued', config: {} } });
    expect((await other.trigger(`key=${key}&projectId=1a5`)).status).to.equal(200);
    resolve();
    await other.stop();
  });

  const asked: [string, string, object, number, string][] = [
    ['neither token nor key', 'projectId=1a5', {}, 400, "Invalid execute url, should have 'token' or 'key'"],
    ['an empty key', 'key=&projectId=1a5', {}, 400, "Invalid execute url, should have 'token' or 'key'"],
    ['a key in a JSON body', 'projectId=1a5', { body: { key } }, 400, "Invalid execute url, should have 'token' or 'key'"],
    ['no project', `key=${key}`, {}, 400, 'Invalid execute url, url must contain projectId'],
    [
      'a bad token beside a good key',
      `key=${key}&projectId=1a5&token=x`,
      {},
      400,
      'Invalid token error: token contains an invalid number of segments',
    ],
    ['a project that does not exist', `key=${key}&projectId=1a9`, {}, 500, 'Error in creating API client'],
    ['a project of dots', `key=${key}&projectId=..`, {}, 500, 'Error in creating API client'],
    ['an unknown key', 'key=unknown&projectId=1a5', {}, 403, revokedKey],
    ['the key of another project', `key=${key}&projectId=1a7`, {}, 403, revokedKey],
    ['the key in another case', `key=${key.toLowerCase()}&projectId=1a5`, {}, 403, revokedKey],
    ['a key that is too long', `key=${'k'.repeat(256)}&projectId=1a5`, {}, 403, revokedKey],
    ['a key with a wildcard', 'key=%25&projectId=1a5', {}, 403, revokedKey],
  ];
  for (const [name, query, options, status, message] of asked) {
    it(`has the text for ${name}`, async () => {
      const answer = await api.trigger(query, options);
      expect([answer.status, answer.json['message']]).to.deep.equal([status, message]);
      expect(inline.deliveries).to.have.length(0);
    });
  }

  const stored: [string, unknown, number, string][] = [
    ['no driver', { config: {} }, 400, 'No driver provided'],
    ['a number for its driver', { driver: 5, config: {} }, 400, 'No driver provided'],
    ['an unknown driver', { driver: 'gone', config: {} }, 400, 'Driver gone is not registered'],
    ['no config', { driver: 'inline' }, 400, 'Driver config not found'],
    [
      'a config of the wrong type',
      { driver: 'inline', config: { amount: '1' } },
      400,
      "Error Couldn't unmarshal config: 1 error(s) decoding:\n\n* 'amount' expected type 'int64', got unconvertible type 'string' in executing driver for inline",
    ],
  ];
  for (const [name, resourceData, status, message] of stored) {
    it(`has the text for a receiver of ${name}`, async () => {
      api.rancher.put({ key: 'odd', resourceData });
      const answer = await api.trigger('key=odd&projectId=1a5');
      expect([answer.status, answer.json['message']]).to.deep.equal([status, message]);
    });
  }

  it('has the text for a lookup that Rancher refuses, less the key', async () => {
    api.rancher.fault = (call, response) =>
      call.path.endsWith('genericobjects') && (api.rancher.json(response, 500, { code: 'Odd' }), true);
    const { status, text } = await api.trigger(`key=${key}&projectId=1a5`);
    expect(status).to.equal(500);
    expect(text).to.match(/"Error Bad response statusCode \[500\].* Body: \[code=Odd\] from .* filtering genericObjects by key"/);
    expect(text).not.to.include(key);
  });

  it("wraps what a driver says and keeps the driver's status", async () => {
    inline.work = () => Promise.reject(new ServiceError('Upstream', 'said no', { status: 502 }));
    const { status, json } = await api.trigger(`key=${key}&projectId=1a5`);
    expect([status, json['message']]).to.deep.equal([502, 'Error said no in executing driver for inline']);
  });

  it('tells the log alone of a fault of its own', async () => {
    inline.work = () => Promise.reject(new TypeError('cannot read properties'));
    const { status, json } = await api.trigger(`key=${key}&projectId=1a5`);
    expect([status, json['message']]).to.deep.equal([500, 'Internal error']);
    expect(api.logged.join('')).to.include('cannot read properties').and.not.to.include(key);
  });

  it('answers where an upstream has a status that is none', async () => {
    for (const status of [0, 99, 200, 302, 999]) {
      inline.work = () => Promise.reject(new ServiceError('Upstream', 'odd', { status }));
      expect((await api.trigger(`key=${key}&projectId=1a5`)).status).to.equal(500);
    }
  });

  it('has no credential in an error', async () => {
    const { text } = await api.trigger(`key=${key}&projectId=1a9`);
    expect(text).to.include(`"self":"${api.url}/v1-webhooks/endpoint"`).and.not.to.include(key);
  });

  it('ignores what a paused receiver gets', async () => {
    api.rancher.put({ key: 'paused', resourceData: { driver: 'inline', config: {}, paused: true } });
    expect((await api.trigger('key=paused&projectId=1a5')).status).to.equal(200);
    expect(api.ignored).to.deep.equal(['receiver is paused']);
    expect(inline.deliveries).to.have.length(0);
  });

  it('gives the driver neither credentials nor what a proxy repeats of them', async () => {
    const headers = {
      authorization: 'Basic x',
      cookie: 'a=b',
      'x-original-uri': `/v1-webhooks/endpoint?key=${key}`,
      'x-kept': 'a',
    };
    await api.trigger(`a=1&key=${key}&projectId=1a5&b=%20`, { headers, body: 'x' });
    expect(delivered()?.request.query).to.equal('a=1&b=%20');
    expect(delivered()?.request.headers).to.have.keys('host', 'content-length', 'x-kept');
  });

  for (const form of [urlencoded(`key=${key}&projectId=1a5`), multipart({ key, projectId: '1a5' })]) {
    const type = form.headers['Content-Type'] ?? '';
    it(`reads ${type}, which wins over the query, and gives the driver an empty body`, async () => {
      expect((await api.trigger('key=wrong&projectId=1a7&a=1', form)).status).to.equal(200);
      expect(delivered()?.request.body).to.have.length(0);
      expect(delivered()?.request.query).to.equal('a=1');
    });
  }

  it('reads the query beside a form that has no credentials, or cannot be read', async () => {
    for (const form of [
      urlencoded('a=1'),
      urlencoded(''),
      urlencoded('%zz=%'),
      multipart({ a: '1' }),
      { headers: { 'Content-Type': 'multipart/form-data' }, body: 'x' },
      { headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, body: '--b\r\nnonsense' },
    ]) {
      expect((await api.trigger(`key=${key}&projectId=1a5`, form)).status, form.body).to.equal(200);
    }
  });

  it('takes an empty value of a form over the query', async () => {
    const { status } = await api.trigger(`key=${key}&projectId=1a5`, urlencoded('projectId='));
    expect(status).to.equal(400);
  });

  it('takes a token from a form', async () => {
    const token = rancherToken({ driver: 'inline', projectId: '1a5', uuid: key }, testKey().privateKey);
    expect((await api.trigger('', urlencoded(`token=${token}`))).status).to.equal(200);
  });

  it('takes the slash at the end', async () => {
    expect((await api.send(`/v1-webhooks/endpoint/?key=${key}&projectId=1a5`, { method: 'POST' })).status).to.equal(200);
  });

  it('executes a token that Rancher 1.4 made, with the config that is stored', async () => {
    const token = rancherToken({ driver: 'inline', projectId: '1a5', uuid: key, config: { amount: 99 } }, testKey().privateKey);
    expect((await api.trigger(`token=${token}`)).status).to.equal(200);
    expect(inline.deliveries[0]?.config).to.deep.equal({ amount: 1 });
  });

  it('asks for the receiver of a token every time', async () => {
    const { json } = await api.create({ name: 'mine', driver: 'inline' });
    const url = String(json['url']);
    const { id } = json as { id: string };
    expect(new URL(url).search).to.match(/^\?token=/);
    expect((await api.trigger(url)).status).to.equal(200);
    await api.act(id, 'pause');
    expect((await api.trigger(url)).status).to.equal(200);
    expect(api.ignored).to.have.length(1);
    await api.send(`/v1-webhooks/receivers/${id}?projectId=1a5`, { method: 'DELETE' });
    const { status, json: error } = await api.trigger(url);
    expect([status, error['message']]).to.deep.equal([403, revokedKey]);
  });

  it('has the text of tokens for a token of Rancher whose receiver is gone', async () => {
    const token = rancherToken({ driver: 'inline', projectId: '1a5', uuid: 'gone' }, testKey().privateKey);
    const { status, json } = await api.trigger(`token=${token}`);
    expect([status, json['message']]).to.deep.equal([403, 'Requested webhook has been revoked']);
  });

  it('checks the claims in the order of the Go service', async () => {
    const claims: [object, string][] = [
      [{}, 'Driver not found after decode'],
      [{ driver: 5 }, 'Driver not found after decode'],
      [{ driver: 'gone' }, 'Driver gone is not registered'],
      [{ driver: 'inline' }, 'ProjectId not provided by server'],
      [{ driver: 'inline', projectId: 5 }, 'ProjectId not provided by server'],
      [{ driver: 'inline', projectId: '1a5' }, 'Uuid not found after decode'],
      [{ driver: 'inline', projectId: '1a5', uuid: {} }, 'Uuid not found after decode'],
    ];
    for (const [payload, message] of claims) {
      const { status, json } = await api.trigger(`token=${rs256({ alg: 'RS256' }, payload, testKey().privateKey)}`);
      expect([status, json['message']]).to.deep.equal([400, message]);
    }
    expect(api.rancher.calls).to.have.length(0);
  });

  it('never repeats a token', async () => {
    const token = rancherToken({ driver: 'inline', projectId: '1a5', uuid: 'gone' }, testKey('stranger').privateKey);
    const { text, status } = await api.trigger(`token=${token}`);
    expect(status).to.equal(400);
    for (const part of token.split('.')) expect(text + api.logged.join('')).not.to.include(part);
  });
});
