import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { textOf } from '../../../src/emulators/shared/json-value.ts';
import { type Call, callerOf, startSample } from '../../support/rancher-emulator-client.ts';
import { type EchoServer, startEcho } from '../../support/rancher-emulator-echo.ts';

describe('Rancher emulator: proxies', () => {
  let echo: EchoServer;
  let emulator: RancherEmulator;
  let owner: Call;
  beforeEach(async () => {
    echo = await startEcho();
    emulator = await startSample({ webhookServiceUrl: () => echo.url });
    owner = callerOf(emulator.url, 'owner', 'owner-secret');
  });
  afterEach(async () => {
    await emulator.stop();
    await echo.stop();
  });
  const last = () => echo.received.at(-1);

  describe('/v1-webhooks', () => {
    it('lets anybody reach the endpoint and takes away what could be forged', async () => {
      const nobody = callerOf(emulator.url, '');
      const answer = await nobody('POST', '/v1-webhooks/endpoint?key=k&projectId=1a5', '{"a":1}', {
        authorization: 'Bearer x',
        'x-api-project-id': '1a7',
        'x-api-roles': 'admin',
        cookie: 'token=t',
      });
      expect(answer.status).to.equal(299);
      expect(answer.text).to.equal('echoed');
      expect(answer.headers.get('x-echo')).to.equal('yes');
      expect(last()).to.include({ method: 'POST', url: '/v1-webhooks/endpoint?key=k&projectId=1a5', body: '{"a":1}' });
      expect(last()?.headers).to.include({
        'x-api-project-id': '',
        'x-api-roles': '',
        cookie: 'token=t',
        host: new URL(emulator.url).host,
      });
      expect(last()?.headers).to.not.have.property('authorization');
    });

    it('asks everybody else for a key and tells who they are', async () => {
      const refused = await callerOf(emulator.url, '')('GET', '/v1-webhooks/receivers?projectId=1a5');
      expect(refused.body).to.include({ status: 401, code: 'Unauthorized' });
      expect(echo.received).to.have.length(0);
      await owner('GET', '/v1-webhooks/receivers?projectId=1a5', undefined, { 'x-api-roles': 'admin' });
      expect(last()?.headers).to.include({ 'x-api-project-id': '1a5', 'x-api-roles': 'owner' });
      expect((await owner('GET', '/v1-webhooks/receivers?projectId=1a7')).status).to.equal(403);
    });

    it('gives a caller-chosen Authorization only through X-API-Auth-Header', async () => {
      await owner('GET', '/v1-webhooks/receivers', undefined, { 'x-api-auth-header': 'Basic abc' });
      expect(last()?.headers.authorization).to.equal('Basic abc');
      expect(last()?.headers).to.not.have.property('x-api-auth-header');
    });

    it('decodes the query once', async () => {
      await owner('GET', '/v1-webhooks/endpoint?a=1%262=b&c=%2525');
      expect(last()?.url).to.equal('/v1-webhooks/endpoint?a=1&2=b&c=%2525');
    });

    it('rebuilds a form from query and body', async () => {
      await owner('POST', '/v1-webhooks/endpoint?key=k', 'a=1&b=x%20y', { 'content-type': 'application/x-www-form-urlencoded' });
      expect(last()?.body).to.equal('key=k&a=1&b=x+y');
    });

    it('knows five methods', async () => {
      const answer = await owner('PATCH', '/v1-webhooks/endpoint');
      expect(answer.body).to.include({ status: 400, code: 'Invalid method' });
    });

    it('answers 503 while there is no service', async () => {
      const url = echo.url;
      await echo.stop();
      expect((await owner('POST', '/v1-webhooks/endpoint', '{}')).status).to.equal(503);
      echo = await startEcho();
      expect(echo.url).to.not.equal(url);
    });
  });

  describe('/r/projects', () => {
    it('passes method, path, query, headers and body to the target of a service', async () => {
      emulator.setServiceTarget('1s1', `${echo.url}/base/`);
      const answer = await owner('PUT', '/r/projects/1a5/web:8080/hooks//x?a=%20b&key=k', 'payload', { 'x-own': '1' });
      expect(answer.status).to.equal(299);
      expect(answer.headers.get('x-echo')).to.equal('yes');
      expect(last()).to.include({ method: 'PUT', url: '/base/hooks//x?a=%20b&key=k', body: 'payload' });
      expect(last()?.headers).to.include({ 'x-own': '1' });
    });

    it('finds a service with its stack in the name, and by a label', async () => {
      emulator.setServiceTarget('web', echo.url);
      expect((await owner('GET', '/r/projects/1a5/web.default')).status).to.equal(299);
      const labels = { 'emulator.target': echo.url };
      await owner('POST', '/v2-beta/projects/1a5/services', { name: 'labelled', stackId: '1st1', launchConfig: { labels } });
      expect((await owner('GET', '/r/projects/1a5/labelled/x')).status).to.equal(299);
    });

    it('does not listen to labels where they are not trusted', async () => {
      await emulator.stop();
      emulator = await startSample({ targetLabels: false });
      owner = callerOf(emulator.url, 'owner', 'owner-secret');
      const labels = { 'emulator.target': echo.url };
      await owner('POST', '/v2-beta/projects/1a5/services', { name: 'labelled', stackId: '1st1', launchConfig: { labels } });
      expect((await owner('GET', '/r/projects/1a5/labelled/x')).status).to.equal(503);
    });

    it('answers 503 without a target, and sends strangers to the login', async () => {
      const unavailable = await owner('GET', '/r/projects/1a5/web/x');
      expect([unavailable.status, unavailable.text]).to.deep.equal([503, 'Service unavailable']);
      expect((await owner('GET', '/r/projects/1a7/web/x')).status).to.equal(503);
      const stranger = await callerOf(emulator.url, '')('GET', '/r/projects/1a5/web/x');
      expect(stranger.status).to.equal(302);
      expect(stranger.headers.get('location')).to.match(/^\/login\?redirectTo=/);
    });

    it('opens a service by a token instead of a key', async () => {
      emulator.setServiceTarget('1s1', echo.url);
      const made = await owner('POST', '/v2-beta/projects/1a5/serviceproxies', { service: 'web', port: 8080, scheme: 'http' });
      expect(made.status).to.equal(201);
      const { url, token } = made.body;
      const nobody = callerOf(emulator.url, '');
      const answer = await nobody('POST', `${textOf(url)}/hook?token=${textOf(token)}&a=b`, 'body');
      expect(answer.status).to.equal(299);
      expect(last()).to.include({ url: '/hook?a=b', body: 'body' });
      expect((await nobody('POST', `${textOf(url)}/hook?token=wrong`, 'body')).status).to.equal(401);
      expect((await owner('POST', '/v2-beta/projects/1a5/serviceproxies', { service: 'nothing' })).status).to.equal(422);
    });
  });
});
