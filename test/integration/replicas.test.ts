import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import type { RancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { type GateProxy, type ProxiedRequest, startGateProxy } from '../support/gate-proxy.ts';
import { startPostgres } from '../support/postgres.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { type Program, startWebhookService } from '../support/program.ts';
import { at, callerOf, serviceKey, startSample } from '../support/rancher-emulator-client.ts';
import { type Sent, sendRequest } from '../support/send-request.ts';
import { until } from '../support/until.ts';

/** A process of the service, with a proxy of its own before the Rancher that all share. */
interface Replica {
  readonly url: string;
  readonly program: Program;
  readonly rancher: GateProxy;
}

const project = '?projectId=1a5';
const json = { 'Content-Type': 'application/json' };
const image = (tag: string): string => `acme/web:${tag}`;
const isUpgrade = ({ method, url }: ProxiedRequest): boolean => method === 'POST' && url.includes('action=upgrade');
const readsService =
  (id: string) =>
  ({ method, url }: ProxiedRequest) =>
    method === 'GET' && new RegExp(`/services/${id}$`, 'i').test(url);

describe('several replicas on PostgreSQL', () => {
  let database: PostgresServer;
  let url: string;
  let rancher: RancherEmulator;
  const rsaPrivateKey = generatePrivateKeyPem();
  const replicas: Replica[] = [];

  beforeEach(async function () {
    database = await startPostgres(this);
    url = await database.createDatabase();
    rancher = await startSample();
  });

  afterEach(async () => {
    for (const { program, rancher: proxy } of replicas.splice(0)) {
      program.process.kill('SIGCONT');
      await program.stop();
      await proxy.stop();
    }
    await rancher.stop();
    await database.stop();
  });

  async function startReplica(): Promise<Replica> {
    const proxy = await startGateProxy(rancher.url);
    const program = startWebhookService(['serve'], {
      CATTLE_URL: `${proxy.url}/v1`,
      CATTLE_ACCESS_KEY: serviceKey.accessKey,
      CATTLE_SECRET_KEY: serviceKey.secretKey,
      RSA_PRIVATE_KEY_CONTENTS: rsaPrivateKey,
      DATABASE_URL: url,
      WEBHOOK_AUTH: 'none',
      WEBHOOK_LISTEN: '127.0.0.1:0',
    });
    const [, address = ''] = await program.says(/"message":"listening","url":"([^"]+)"/);
    const replica = { url: address, program, rancher: proxy };
    replicas.push(replica);
    return replica;
  }

  /** A service with a label of its own, and a receiver that upgrades it. @returns its id and the query of its URL. */
  async function target(replica: Replica, name: string): Promise<{ id: string; query: string }> {
    const call = callerOf(rancher.url);
    const launchConfig = { imageUuid: `docker:${image('1')}`, labels: { app: name } };
    const service = await call('POST', '/v2-beta/projects/1a5/services', { name, stackId: '1st1', scale: 1, launchConfig });
    const config = { serviceSelector: { app: name }, tag: '', batchSize: 1, intervalMillis: 2, payloadFormat: 'dockerhub' };
    const body = JSON.stringify({ name, driver: 'serviceUpgrade', serviceUpgradeConfig: { ...config, tag: 'new' } });
    const created = await sendRequest(replica.url, `/v1-webhooks/receivers${project}`, { method: 'POST', headers: json, body });
    expect(created.status, created.text).to.equal(200);
    return { id: String(at(service.body, 'id')), query: String(created.json['url']).replace(/^[^?]*/, '') };
  }

  function push({ url: address }: Replica, query: string, pushedAt?: number): Promise<Sent> {
    const body = JSON.stringify({
      push_data: { tag: 'new', ...(pushedAt !== undefined && { pushed_at: pushedAt }) },
      repository: { repo_name: 'acme/web' },
    });
    return sendRequest(address, `/v1-webhooks/endpoint${query}`, { method: 'POST', headers: json, body });
  }

  async function serviceOf(id: string): Promise<{ state: unknown; image: unknown }> {
    const { body } = await callerOf(rancher.url)('GET', `/v2-beta/projects/1a5/services/${id}`);
    return { state: at(body, 'state'), image: at(body, 'launchConfig', 'imageUuid') };
  }

  /** Waits until it is upgraded; the limit only keeps a broken test from hanging. */
  async function settled(id: string): Promise<void> {
    const end = performance.now() + 60_000;
    const wanted = { state: 'active', image: `docker:${image('new')}` };
    for (let found = await serviceOf(id); !isDeepStrictEqual(found, wanted); found = await serviceOf(id)) {
      if (performance.now() > end) throw new Error(`it still is ${JSON.stringify(found)}`);
      await delay(20);
    }
  }

  it('take over what a killed and a paused one were doing, and the paused one writes nothing more', async function () {
    this.timeout(180_000);
    const paused = await startReplica();
    const first = await target(paused, 'first');
    const gate = paused.rancher.hold(readsService(first.id));
    expect((await push(paused, first.query)).status).to.equal(200);
    await gate.reached;
    paused.program.process.kill('SIGSTOP');

    const killed = await startReplica();
    const second = await target(killed, 'second');
    const secondGate = killed.rancher.hold(readsService(second.id));
    expect((await push(killed, second.query)).status).to.equal(200);
    await secondGate.reached;
    killed.program.process.kill('SIGKILL');
    await killed.program.ended();
    secondGate.open();

    const survivor = await startReplica();
    await settled(first.id);
    await settled(second.id);

    // What it asked for is there at once when it wakes up, and the next thing that it would do is the upgrade.
    gate.open();
    paused.program.process.kill('SIGCONT');
    const third = await target(paused, 'third');
    expect((await push(paused, third.query)).status).to.equal(200);
    await settled(third.id);
    const upgrades = (replica: Replica, id: string): number =>
      replica.rancher.requests.filter((request) => isUpgrade(request) && request.url.includes(`/${id}`)).length;
    expect(upgrades(paused, first.id), 'by the paused one').to.equal(0);
    expect(upgrades(killed, second.id), 'by the killed one').to.equal(0);
    // On a slow machine the lease is over while the other one still lives.
    expect(upgrades(killed, first.id) + upgrades(survivor, first.id)).to.equal(1);
    expect(upgrades(survivor, second.id)).to.equal(1);
  });

  it('do one action at a time to a target, whichever of them took the push', async function () {
    this.timeout(180_000);
    const one = await startReplica();
    const two = await startReplica();
    const service = await target(one, 'shared');
    const gate = one.rancher.hold(isUpgrade);
    const otherGate = two.rancher.hold(isUpgrade);
    expect((await push(one, service.query, 1)).status).to.equal(200);
    const holder = await Promise.race([gate.reached.then(() => one), otherGate.reached.then(() => two)]);
    for (let pushedAt = 2; pushedAt < 12; pushedAt += 1) {
      expect((await push(pushedAt % 2 === 0 ? one : two, service.query, pushedAt)).status).to.equal(200);
    }
    gate.open();
    otherGate.open();
    await settled(service.id);
    const all = (): number => [...one.rancher.requests, ...two.rancher.requests].filter(isUpgrade).length;
    await until(() => all() === 2);
    await settled(service.id);
    expect([one, two]).to.include(holder);
    expect(all(), 'the one that ran, and the newest').to.equal(2);
  });

  it('lose nothing that they answered 200 while PostgreSQL is killed and started again', async function () {
    this.timeout(180_000);
    const both = [await startReplica(), await startReplica()];
    const [one] = both;
    if (one === undefined) throw new Error('no replica');
    const service = await target(one, 'loaded');
    const acknowledged: string[] = [];
    const refused = new Set<number>();
    const over = new AbortController();
    const senders = Array.from({ length: 16 }, async (_, number) => {
      for (let count = 0; !over.signal.aborted; count += 1) {
        const replica = both[number % 2] ?? one;
        const sent = await push(replica, service.query, number * 100_000 + count).catch(() => undefined);
        const id = sent?.headers['x-webhook-delivery'];
        if (sent?.status === 200 && typeof id === 'string') acknowledged.push(id);
        else if (sent) refused.add(sent.status);
      }
    });
    await until(() => acknowledged.length > 200);
    await database.kill();
    await until(() => refused.has(503));
    await database.start();
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 200);
    over.abort();
    await Promise.all(senders);
    expect([...refused], 'what was answered instead of 200').to.deep.equal([503]);
    await settled(service.id);
    for (const id of acknowledged) {
      const { status, text } = await sendRequest(one.url, `/v1-webhooks/deliveries/${id}${project}`);
      expect(status, `${id}: ${text}`).to.equal(200);
    }
  });
});
