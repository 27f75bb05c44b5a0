import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { setUpWith } from '../../contracts/deployment-update-driver.ts';
import { itUpdatesDeployments } from '../../contracts/deployment-update.ts';
import { itUpdatesOtherKinds } from '../../contracts/deployment-update-kinds.ts';
import { itRefusesSwitches } from '../../contracts/blue-green-refusals.ts';
import { itSwitchesServices } from '../../contracts/deployment-update-blue-green.ts';
import { itFindsBySelector } from '../../contracts/deployment-update-selector.ts';
import { itChangesStrategies, itChangesStrategiesOfOtherKinds } from '../../contracts/deployment-update-strategies.ts';
import { itFreesStuckSets } from '../../contracts/deployment-update-stuck.ts';
import { itHeedsUndo, itHeedsUndoOfOtherKinds } from '../../contracts/deployment-update-undo.ts';
import { type TestCluster, testCluster } from '../../contracts/deployment-update-workload.ts';

describe('deploymentUpdate on the Kubernetes emulator', function () {
  this.timeout(180_000);
  const releases: (() => Promise<void>)[] = [];
  after(async () => {
    for (const release of releases.toReversed()) await release();
  });

  const use = async (): Promise<TestCluster> => {
    const { startKubernetesEmulator } = await import('../../../src/emulators/kubernetes/kubernetes-emulator.ts');
    const emulator = await startKubernetesEmulator({ speed: 1 });
    releases.push(() => emulator.stop());
    const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeconfig-'));
    releases.push(() => rm(folder, { recursive: true }));
    const kubeconfig = path.join(folder, 'config');
    await writeFile(kubeconfig, emulator.kubeconfig());
    return testCluster(kubeconfig);
  };
  itUpdatesDeployments(use);
  itSwitchesServices(use);
  itRefusesSwitches(use);
  itUpdatesOtherKinds(use);
  itChangesStrategies(use);
  itChangesStrategiesOfOtherKinds(use);
  itFindsBySelector(use);
  itFreesStuckSets(use);
  itHeedsUndo(use);
  itHeedsUndoOfOtherKinds(use);

  it('takes back an init container that does not start, and holds its image', async () => {
    const { workload, push } = await setUpWith(await use(), { initImage: 'acme/migrate:1' });
    const config = { container: 'migrate' };
    const { outcome, message, hold } = await push({ repository: 'acme/migrate', tag: '2-bad' }, config, { graceMs: 1500 }).run();
    expect(message).to.match(/ImagePullBackOff \(\S+, container migrate\): .*; rolled back to acme\/migrate:1 /);
    expect([outcome, hold?.images]).to.deep.equal(['rolledBack', ['acme/migrate:2-bad']]);
    expect(await workload.image('migrate')).to.equal('acme/migrate:1');
  });
});
