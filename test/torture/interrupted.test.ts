import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { RancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { type GateProxy, type ProxiedRequest, startGateProxy } from '../support/gate-proxy.ts';
import { type Program, startWebhookService } from '../support/program.ts';
import { at, callerOf, serviceKey, startSample } from '../support/rancher-emulator-client.ts';
import { type Sent, sendRequest } from '../support/send-request.ts';

const project = '?projectId=1a5';

describe('an inline delivery that is cut off by kill -9', () => {
  const rsaPrivateKey = generatePrivateKeyPem();
  let rancher: RancherEmulator;
  let proxy: GateProxy;
  let folder: string;
  let service: Program;
  let url: string;

  beforeEach(async () => {
    rancher = await startSample();
    proxy = await startGateProxy(rancher.url);
    folder = await mkdtemp(path.join(os.tmpdir(), 'interrupted-'));
    await start();
  });

  afterEach(async () => {
    await service.stop();
    await proxy.stop();
    await rancher.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    service = startWebhookService(['serve'], {
      CATTLE_URL: `${proxy.url}/v1`,
      CATTLE_ACCESS_KEY: serviceKey.accessKey,
      CATTLE_SECRET_KEY: serviceKey.secretKey,
      RSA_PRIVATE_KEY_CONTENTS: rsaPrivateKey,
      WEBHOOK_AUTH: 'none',
      WEBHOOK_LISTEN: '127.0.0.1:0',
      WEBHOOK_DATA_DIR: folder,
    });
    [, url = ''] = await service.says(/"message":"listening","url":"([^"]+)"/);
  }

  async function scale(): Promise<unknown> {
    const { body } = await callerOf(rancher.url)('GET', '/v2-beta/projects/1a5/services/1s1');
    return at(body, 'scale');
  }

  const send = (target: string, method = 'GET', body?: object): Promise<Sent> =>
    sendRequest(url, target, { method, ...(body && { body }) });

  /** Hits a scaleService receiver, kills the service when the request has reached Rancher, and starts it again. */
  async function cutOff(matches: (request: ProxiedRequest) => boolean): Promise<Sent> {
    const scaleServiceConfig = { serviceId: '1s1', action: 'up', amount: 1, min: 1, max: 9 };
    const created = await send(`/v1-webhooks/receivers${project}`, 'POST', {
      name: 'more',
      driver: 'scaleService',
      scaleServiceConfig,
    });
    expect(created.status, created.text).to.equal(200);
    const gate = proxy.hold(matches);
    const hit = send(`/v1-webhooks/endpoint${String(created.json['url']).replace(/^[^?]*/, '')}`, 'POST').catch(() => undefined);
    await gate.reached;
    service.process.kill('SIGKILL');
    await service.ended();
    expect(await hit, 'nobody was told anything').to.equal(undefined);
    gate.open();
    await start();
    const list = await send(`/v1-webhooks/deliveries${project}`);
    const id = at(list.json, 'data', 0, 'id');
    return send(`/v1-webhooks/deliveries/${String(id)}${project}`);
  }

  async function replay(id: unknown): Promise<void> {
    const replayed = await send(`/v1-webhooks/deliveries/${String(id)}?action=replay&projectId=1a5`, 'POST');
    expect(replayed.status, replayed.text).to.be.below(300);
    const path = `/v1-webhooks/deliveries/${String(replayed.json['id'])}${project}`;
    for (let found = await send(path); found.json['state'] !== 'succeeded'; found = await send(path)) {
      expect(found.json['state'], found.text).to.be.oneOf(['queued', 'running']);
      await delay(10);
    }
  }

  it('before anything was written: nothing is, and a replay is the step that it would have been', async () => {
    const before = Number(await scale());
    const { json } = await cutOff(({ method, url: target }) => method === 'GET' && target.endsWith('/services/1s1'));
    expect(json['state']).to.equal('interrupted');
    expect(await scale()).to.equal(before);
    await replay(json['id']);
    expect(await scale()).to.equal(before + 1);
  });

  it('after Rancher has taken the write: it is not made again, and a replay sets the same scale', async () => {
    const before = Number(await scale());
    const { json } = await cutOff(({ method }) => method === 'PUT');
    expect(json['state']).to.equal('interrupted');
    for (let now = await scale(); now !== before + 1; now = await scale()) await delay(10);
    await replay(json['id']);
    expect(await scale()).to.equal(before + 1);
    expect(proxy.requests.filter(({ method }) => method === 'PUT')).to.have.length(2);
  });
});
