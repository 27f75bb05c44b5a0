import { constants } from 'node:fs';
import { access, mkdir, rename, rm, symlink, writeFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { load } from 'js-yaml';
import { testCluster, type TestCluster, Workload } from '../contracts/deployment-update-workload.ts';
import { type ControlPlane, useControlPlane } from '../support/control-plane.ts';
import { type EmbeddedService, startEmbeddedService } from '../support/embedded-service.ts';
import { documentedRules, grant, kubeconfigWith } from '../support/role.ts';
import { skip } from '../support/skip.ts';

/** Where every pod finds its credentials; the path cannot be changed. */
const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

describe('the service in a pod', function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let cluster: TestCluster;
  let service: EmbeddedService | undefined;
  let made: string | undefined;

  before(async function () {
    plane = await useControlPlane(this);
    cluster = await testCluster(plane.kubeconfig);
    try {
      // What there is already belongs to a pod that we really are in.
      made = await mkdir(folder, { recursive: true });
      if (made === undefined) throw new Error('it is there already');
      await access(folder, constants.W_OK);
    } catch (thrown) {
      skip(this, `${folder} cannot be made: ${String(thrown)}`);
    }
  });

  after(async () => {
    await service?.stop();
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  });

  /** As kubelet does it: a new folder, and a link that is replaced at once. */
  async function project(files: Readonly<Record<string, string>>): Promise<void> {
    const version = `..${Math.random().toString(36).slice(2)}`;
    await mkdir(path.join(folder, version));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(folder, version, name), text);
      await symlink(`..data/${name}`, path.join(folder, name)).catch(() => undefined);
    }
    await symlink(version, path.join(folder, '..data.new'));
    await rename(path.join(folder, '..data.new'), path.join(folder, '..data'));
  }

  it('uses its ServiceAccount, and the token that takes the place of the first one', async () => {
    const workload = await Workload.create(cluster, { replicas: 1 });
    const { namespace } = workload;
    const rules = await documentedRules('roles/deployment.yaml');
    const config = load(await readFile(plane.kubeconfig, 'utf8')) as {
      readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    };
    const { server = '', 'certificate-authority-data': authority = '' } = config.clusters[0]?.cluster ?? {};
    const ca = Buffer.from(authority, 'base64').toString();
    const first = await grant(cluster, namespace, rules);
    await project({ token: first, 'ca.crt': ca, namespace });
    const { hostname, port } = new URL(server);
    service = await startEmbeddedService({ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port });
    const url = await service.createReceiver('web', { namespace, name: 'web' });
    const push = async (tag: string): Promise<number> => {
      const body = { push_data: { tag }, repository: { repo_name: 'acme/web' } };
      return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;
    };
    expect(await push('2')).to.equal(200);
    await service.deliveriesWhen(([newest]) => newest?.state === 'succeeded');
    expect(await workload.image()).to.equal('acme/web:2');

    await project({ token: await grant(cluster, namespace, rules), 'ca.crt': ca, namespace });
    await revoke(namespace, first);
    expect(await push('3')).to.equal(200);
    const { program } = service;
    await service.deliveriesWhen(([newest]) => newest?.state === 'succeeded' || program.output().includes('attempt failed'));
    expect(program.output(), 'at once, not by a later attempt').not.to.contain('attempt failed');
    expect(await workload.image()).to.equal('acme/web:3');
  });

  /** Deletes the ServiceAccount of a token, and waits until the API server, which remembers for a while, refuses it. */
  async function revoke(namespace: string, token: string): Promise<void> {
    const { sub = '' } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub?: string };
    await cluster.call('DELETE', `/api/v1/namespaces/${namespace}/serviceaccounts/${sub.split(':').at(-1)}`);
    const holder = await testCluster(await kubeconfigWith(plane.kubeconfig, token));
    const end = performance.now() + 60_000;
    while ((await holder.call('GET', '/apis/apps')).status !== 401) {
      if (performance.now() > end) throw new Error('the token of a deleted ServiceAccount is still accepted');
      await sleep(100);
    }
  }
});
