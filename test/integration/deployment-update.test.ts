import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { KubernetesEmulator } from '../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { driverUnderTest } from '../contracts/deployment-update-driver.ts';
import { type TestCluster, testCluster, Workload } from '../contracts/deployment-update-workload.ts';
import { startKubernetesEmulator } from '../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

type Json = Record<string, unknown>;

const ended = new Set(['succeeded', 'failed', 'rolledBack', 'superseded', 'cancelled', 'dead', 'ignored', 'rejected']);

describe('deploymentUpdate behind the API', function () {
  this.timeout(180_000);
  let emulator: KubernetesEmulator;
  let cluster: TestCluster;
  let folder: string;
  let api: TestApi;
  before(async () => {
    emulator = await startKubernetesEmulator({ speed: 10 });
    folder = await mkdtemp(path.join(os.tmpdir(), 'kubeconfig-'));
    const kubeconfig = path.join(folder, 'config');
    await writeFile(kubeconfig, emulator.kubeconfig());
    cluster = await testCluster(kubeconfig);
    api = await startApi({ drivers: [driverUnderTest({ kubeconfig, graceMs: 300 })] });
  });
  after(async () => {
    await api.stop();
    await emulator.stop();
    await rm(folder, { recursive: true });
  });

  const receiver = async (config: Json): Promise<{ id: string; url: string }> => {
    const name = `r-${Math.random().toString(36).slice(2)}`;
    const { status, json } = await api.create({ name, driver: 'deploymentUpdate', deploymentUpdateConfig: config });
    if (status !== 200) throw new Error(JSON.stringify(json));
    return { id: String(json['id']), url: String(json['url']) };
  };
  const resource = async (location: string): Promise<Json> => (await api.send(`/v1-webhooks/${location}?projectId=1a5`)).json;
  /** A push, once it has come to its end. */
  const push = async (url: string, body: object): Promise<Json> => {
    const { status, headers } = await api.trigger(url, { body: JSON.stringify(body) });
    expect(status).to.equal(200);
    for (;;) {
      const delivery = await resource(`deliveries/${String(headers['x-webhook-delivery'])}`);
      if (ended.has(String(delivery['state']))) return delivery;
    }
  };
  const targetOf = async ({ namespace, name }: Workload): Promise<Json> => {
    const targets = (await resource('targets'))['data'] as Json[];
    const found = targets.find((target) => String(target['name']).endsWith(`/${namespace}/deployment/${name}`));
    if (found === undefined) throw new Error('there is no such target');
    return found;
  };

  it('plans over the API what a real run then does', async () => {
    const labels = { tier: 'web' };
    const first = await Workload.create(cluster, { name: 'a', replicas: 1, labels });
    const { namespace } = first;
    await Workload.create(cluster, { namespace, name: 'b', replicas: 1, labels });
    await Workload.create(cluster, { namespace, name: 'c', replicas: 1, labels, image: 'acme/other:1' });
    const paused = await Workload.create(cluster, { namespace, name: 'd', replicas: 1, labels });
    await paused.patch({ spec: { paused: true } });
    const config = { namespace, selector: labels, strategy: 'rollingUpdate', maxSurge: '1' };
    const { id, url } = await receiver(config);
    for (const tag of ['2', '1']) {
      const before = await first.read();
      const { json: dry } = await api.act(id, 'plan', { tag });
      expect((await first.read()).metadata, 'nothing is written').to.deep.equal(before.metadata);
      const real = await push(url, { tag });
      const done = (real['deliveryActions'] as Json[]).map(({ target, description, images }) => ({
        target,
        description,
        images,
      }));
      expect(dry['plannedActions'], tag).to.deep.equal(done);
      expect(dry['skipped'], tag).to.deep.equal(real['skipped']);
      expect(dry['images'], tag).to.deep.equal(real['images']);
      expect([done.length, (real['skipped'] as Json[]).length, real['state']]).to.deep.equal([2, 2, 'succeeded']);
    }
    const ignored = (await api.act(id, 'plan', { repository: 'acme/nobody', tag: '2' })).json;
    const real = await push(url, { repository: 'acme/nobody', tag: '2' });
    expect([ignored['state'], ignored['message']]).to.deep.equal([real['state'], real['message']]);
    expect(real['state']).to.equal('ignored');
  });

  it('ignores what is on hold after a failure until it is released, over the API too', async () => {
    const workload = await Workload.create(cluster, { replicas: 1 });
    const { namespace, name } = workload;
    const { id, url } = await receiver({ namespace, name });
    expect(await push(url, { tag: '2-bad' })).to.include({ state: 'rolledBack' });
    const again = await push(url, { tag: '2-bad' });
    expect(again['state']).to.equal('ignored');
    expect(again['message']).to.match(/^on hold by delivery \w+ for acme\/web:2-bad: acme\/web:2-bad failed: .*ImagePullBackOff/);
    expect((await api.act(id, 'plan', { tag: '2-bad' })).json).to.include({ state: 'ignored', message: again['message'] });
    expect(await push(url, { tag: '3' })).to.include({ state: 'succeeded' });
    const target = await targetOf(workload);
    await api.send(`/v1-webhooks/targets/${String(target['id'])}?action=release&projectId=1a5`, { method: 'POST' });
    expect(await push(url, { tag: '2-bad' })).to.include({ state: 'rolledBack' });
  });

  it('ignores what somebody took back until it is released, and no longer', async () => {
    const workload = await Workload.create(cluster, { replicas: 1 });
    const { namespace, name } = workload;
    const { url } = await receiver({ namespace, name });
    expect(await push(url, { tag: '2' })).to.include({ state: 'succeeded' });
    await workload.setImage('acme/web:1');
    const held = await push(url, { tag: '2' });
    expect(held['state']).to.equal('ignored');
    expect(held['message']).to.match(/^on hold by delivery \w+ for acme\/web:2: somebody put acme\/web:1 back$/);
    const target = await targetOf(workload);
    await api.send(`/v1-webhooks/targets/${String(target['id'])}?action=release&projectId=1a5`, { method: 'POST' });
    expect(await push(url, { tag: '2' })).to.include({ state: 'succeeded' });
    expect(await workload.image()).to.equal('acme/web:2');
  });

  describe('a receiver that was written past the API', () => {
    const elsewhere: readonly [string, Json, RegExp][] = [
      ['another cluster', { cluster: 'other' }, /^Project 1a5 may not touch a deployment in namespace ".*" of cluster "other"/],
      ['the cluster of a Rancher', { cluster: 'rancher' }, /^Project 1a5 may not touch a deployment/],
      ['a namespace that is a path', { namespace: '../kube-system' }, /^Invalid namespace/],
      ['a name that is a path', { name: '../../other/deployments/web' }, /^Invalid name/],
      ['every workload', { name: '', selector: {} }, /^Name or selector not provided/],
      ['a kind that is none', { kind: 'secret' }, /^Invalid kind "secret"/],
    ];
    for (const [what, change, reason] of elsewhere) {
      it(`reaches not ${what}`, async () => {
        const workload = await Workload.create(cluster, { replicas: 1 });
        const { namespace, name } = workload;
        const key = `key-of-${namespace}`;
        const stored = { driver: 'deploymentUpdate', url: 'http://host/', config: { namespace, name, ...change } };
        api.rancher.put({ name: what, key, resourceData: stored });
        const url = `?key=${key}&projectId=1a5`;
        const delivery = await push(url, { tag: '2' });
        expect(delivery['state']).to.equal('dead');
        expect(delivery['message']).to.match(reason);
        expect(await workload.image()).to.equal('acme/web:1');
      });
    }

    it('reaches nothing for a project without a rule', async () => {
      const workload = await Workload.create(cluster, { replicas: 1 });
      const { namespace, name } = workload;
      const config = { namespace, name };
      const created = await api.send('/v1-webhooks/receivers?projectId=1a7', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: { name: 'theirs', driver: 'deploymentUpdate', deploymentUpdateConfig: config },
      });
      expect([created.status, created.json['message']]).to.deep.equal([
        403,
        `Project 1a7 may not touch a deployment in namespace "${namespace}" of the default cluster (WEBHOOK_KUBERNETES_ALLOW)`,
      ]);
    });
  });
});
