import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { startKubernetesEmulator } from '../../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { deployment, deployments, EmulatorClient, images, isComplete, pods } from '../../support/kubernetes-emulator-client.ts';

describe('options of the Kubernetes emulator', () => {
  it('offer an old version of apps alone', async () => {
    const client = await EmulatorClient.start({ appsVersions: ['v1beta2', 'v1beta1'] });
    try {
      const { body } = await client.get('/apis/apps');
      expect(body).to.deep.include({ preferredVersion: { groupVersion: 'apps/v1beta2', version: 'v1beta2' } });
      expect((await client.call('POST', deployments, deployment('web'))).status).to.equal(404);
      const old = deployments.replace('/v1/', '/v1beta1/');
      const created = await client.call('POST', old, { ...deployment('web'), apiVersion: 'apps/v1beta1' });
      expect([created.status, created.body.apiVersion]).to.deep.equal([201, 'apps/v1beta1']);
      await client.until(`${old}/web`, isComplete);
      const list = (await client.get(old)).body;
      expect([list.apiVersion, list.items[0]?.apiVersion]).to.deep.equal(['apps/v1beta1', 'apps/v1beta1']);
      const patched = await client.setImage(`${old}/web`, 'acme/web:2');
      expect([patched.body.apiVersion, images(patched.body)[1]]).to.deep.equal(['apps/v1beta1', 'acme/web:2']);
    } finally {
      await client.stop();
    }
  });

  it('keep the state in a folder, and finish what was under way', async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'kubernetes-emulator-'));
    try {
      const first = await EmulatorClient.start({ dataDir, objects: [deployment('web')] });
      const web = `${deployments}/web`;
      await first.until(web, isComplete);
      const { body } = await first.setImage(web, 'acme/web:2-slow2s');
      await first.stop();
      const second = await EmulatorClient.start({ dataDir, objects: [deployment('web')] });
      try {
        const done = await second.until(web, isComplete);
        expect(images(done)[1]).to.equal('acme/web:2-slow2s');
        expect(done.metadata.uid).to.equal(body.metadata.uid);
        expect(Number(done.metadata.resourceVersion)).to.be.greaterThan(Number(body.metadata.resourceVersion));
        expect((await second.get(pods)).body.items.filter(({ metadata }) => !metadata.deletionTimestamp)).to.have.length(2);
      } finally {
        await second.stop();
      }
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it('are refused where they make no sense', async () => {
    const refusal = (options: object): Promise<unknown> => startKubernetesEmulator(options).catch((thrown: unknown) => thrown);
    expect(await refusal({ speed: 0 })).to.be.an.instanceOf(RangeError);
    expect(await refusal({ objects: [{ ...deployment('web'), spec: {} }] })).to.have.property('code', 422);
  });
});
