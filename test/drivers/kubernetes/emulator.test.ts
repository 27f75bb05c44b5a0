import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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
});
