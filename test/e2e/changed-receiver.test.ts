import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { type KubernetesEmulator, startKubernetesEmulator } from '../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { BlueGreenSetUp } from '../contracts/blue-green-set-up.ts';
import { testCluster } from '../contracts/deployment-update-workload.ts';
import { type EmbeddedService, startEmbeddedService } from '../support/embedded-service.ts';

const blueGreen = { name: 'web', strategy: 'blueGreen', service: 'web', promote: 'manual', payloadFormat: 'generic' };

describe('what waits for a receiver', function () {
  this.timeout(180_000);
  let emulator: KubernetesEmulator;
  let folder: string;
  let world: BlueGreenSetUp;
  let service: EmbeddedService;

  before(async () => {
    emulator = await startKubernetesEmulator({ speed: 10 });
    folder = await mkdtemp(path.join(os.tmpdir(), 'kubeconfig-'));
    const kubeconfig = path.join(folder, 'config');
    await writeFile(kubeconfig, emulator.kubeconfig());
    world = await BlueGreenSetUp.create(await testCluster(kubeconfig), { replicas: 1 });
    service = await startEmbeddedService({ KUBECONFIG: kubeconfig });
  });
  after(async () => {
    await service.stop();
    await emulator.stop();
    await rm(folder, { recursive: true });
  });

  it('is taken back as soon as the receiver is removed', async () => {
    const { namespace } = world;
    const url = await service.createReceiver('web', { namespace, ...blueGreen });
    const { status } = await fetch(url, { method: 'POST', body: JSON.stringify({ image: 'acme/web:2' }) });
    expect(status).to.equal(200);
    await service.deliveriesWhen(([delivery]) => delivery?.state === 'waiting' && delivery.message.includes('is ready with'));
    const { data } = (await service.call('GET', 'receivers')).body as { readonly data: readonly { readonly id: string }[] };
    expect((await service.call('DELETE', `receivers/${String(data[0]?.id)}`)).status).to.equal(204);
    const [ended] = await service.deliveriesWhen(([delivery]) => delivery?.state !== 'waiting' && delivery?.state !== 'running');
    expect(ended).to.include({ state: 'cancelled' });
    expect(ended?.message).to.match(/^aborted by the removal of the receiver; /);
    expect(await world.standing()).to.deep.equal({ web: 'acme/web:1 live' });
  });
});
