import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { itUpdatesDeployments } from '../../contracts/deployment-update.ts';
import { driverUnderTest, Push } from '../../contracts/deployment-update-driver.ts';
import { itUpdatesOtherKinds } from '../../contracts/deployment-update-kinds.ts';
import { itRefusesSwitches } from '../../contracts/blue-green-refusals.ts';
import { itSwitchesServices } from '../../contracts/deployment-update-blue-green.ts';
import { itFindsBySelector } from '../../contracts/deployment-update-selector.ts';
import { itChangesStrategies, itChangesStrategiesOfOtherKinds } from '../../contracts/deployment-update-strategies.ts';
import { itFreesStuckSets, itTellsWhatToDelete } from '../../contracts/deployment-update-stuck.ts';
import { itHeedsUndo, itHeedsUndoOfOtherKinds } from '../../contracts/deployment-update-undo.ts';
import { testCluster, Workload, type TestCluster } from '../../contracts/deployment-update-workload.ts';
import { useControlPlane, type ControlPlane } from '../../support/control-plane.ts';
import { at } from '../../support/rancher-emulator-client.ts';

describe('deploymentUpdate on a real Kubernetes control plane', function () {
  this.timeout(180_000);

  const use = async (test: Mocha.Context): Promise<TestCluster> => testCluster((await useControlPlane(test)).kubeconfig);
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

  it('an update that kubectl undoes is put on hold by the next push', async function () {
    const plane = await useControlPlane(this);
    const workload = await Workload.create(await testCluster(plane.kubeconfig), { replicas: 1 });
    const { namespace, name } = workload;
    const pushOf = (tag: string): Push =>
      new Push(driverUnderTest({ kubeconfig: plane.kubeconfig }), { namespace, name }, { tag });
    await pushOf('2').run();
    await plane.kubectl('-n', namespace, 'rollout', 'undo', `deployment/${name}`);
    expect(await workload.image()).to.equal('acme/web:1');
    const { holds = [] } = await pushOf('2').plan();
    expect(holds.map(({ image }) => image)).to.deep.equal(['acme/web:2']);
  });

  describe('with the rights of control-plane/restricted.yaml', () => {
    let plane: ControlPlane;
    let cluster: TestCluster;
    before(async function () {
      plane = await useControlPlane(this);
      cluster = await testCluster(plane.kubeconfig);
    });
    const pushTo = ({ namespace, name }: Workload, body: object): Push =>
      new Push(driverUnderTest({ kubeconfig: plane.restrictedKubeconfig }), { namespace, name }, body);
    const unique = (): string => `web-${Math.random().toString(36).slice(2, 8)}`;

    it('everything works in its namespace', async () => {
      const workload = await Workload.create(cluster, { namespace: 'default', name: unique() });
      expect(await pushTo(workload, { tag: '2' }).run()).to.have.property('outcome', 'succeeded');
      await workload.patch({ spec: { progressDeadlineSeconds: 3 } });
      expect(await pushTo(workload, { tag: '3-bad' }).run()).to.have.property('outcome', 'rolledBack');
      await cluster.call('DELETE', workload.path);
    });

    itTellsWhatToDelete(async () => ({ cluster, restricted: plane.restrictedKubeconfig }));

    it('nothing works elsewhere, and the error names verb and resource', async () => {
      const workload = await Workload.create(cluster, { replicas: 0 });
      const error = await pushTo(workload, { tag: '2' })
        .plan()
        .catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'Forbidden');
      expect(error)
        .to.have.property('message')
        .that.matches(/User "system:serviceaccount:default:restricted" cannot get resource "deployments" in API group "apps"/);
    });

    it('wrong credentials are told apart from missing rights', async () => {
      const kubeconfig = path.join(plane.folder, 'wrong.kubeconfig');
      const text = await readFile(plane.restrictedKubeconfig, 'utf8');
      await writeFile(kubeconfig, text.replace(/token: [^}]+/, 'token: wrong'));
      const push = new Push(driverUnderTest({ kubeconfig }), { name: 'web' }, { tag: '2' });
      const error = await push.plan().catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: 'Unauthorized', message: 'Kubernetes cluster test: the credentials are not accepted' });
      await writeFile(kubeconfig, text);
      const again = await push.plan().catch((thrown: unknown) => thrown);
      expect(again, 'the file is read again').to.include({ code: 'NotFound' });
    });
  });

  describe('when parts of the cluster fail', function () {
    // An API server that was killed may take a minute to come back on a machine that is busy.
    this.timeout(180_000);
    let plane: ControlPlane;
    let workload: Workload;
    beforeEach(async function () {
      plane = await useControlPlane(this);
      workload = await Workload.create(await testCluster(plane.kubeconfig), { replicas: 2 });
    });
    const pushTo = ({ namespace, name }: Workload, body: object): Push =>
      new Push(driverUnderTest({ kubeconfig: plane.kubeconfig }), { namespace, name }, body);

    it('a rollout is followed past a restart of the API server', async () => {
      const push = pushTo(workload, { tag: '2-slow5s' });
      const running = push.run();
      await push.told(/of 2 updated/);
      await plane.process('restart', 'kube-apiserver');
      expect(await running).to.have.property('outcome', 'succeeded');
    });

    it('a rollout is followed past the sudden death of the API server', async () => {
      const push = pushTo(workload, { tag: '2-slow5s' });
      const running = push.run();
      await push.told(/of 2 updated/);
      await plane.process('kill', 'kube-apiserver');
      await plane.process('restart', 'kube-apiserver');
      expect(await running).to.have.property('outcome', 'succeeded');
      expect(push.steps).to.deep.equal(['write acme/web:2-slow5s']);
    });

    it('a rollout is followed past credentials that are not accepted for a while', async () => {
      const kubeconfig = path.join(plane.folder, 'rotated.kubeconfig');
      const good = await readFile(path.join(plane.folder, 'admin-token.kubeconfig'), 'utf8');
      await writeFile(kubeconfig, good);
      const { namespace, name } = workload;
      const push = new Push(driverUnderTest({ kubeconfig }), { namespace, name }, { tag: '2-slow3s' });
      const running = push.run();
      await push.told(/of 2 updated/);
      await writeFile(kubeconfig, good.replace(/token: [^}\s]+/, 'token: expired'));
      await sleep(500);
      await writeFile(kubeconfig, good);
      expect(await running).to.have.property('outcome', 'succeeded');
    });

    it('a rollout is followed past a while in which the API server hangs', async () => {
      const push = pushTo(workload, { tag: '2-slow3s' });
      const running = push.run();
      await push.told(/of 2 updated/);
      await plane.process('pause', 'kube-apiserver');
      const resumed = sleep(5000).then(() => plane.process('resume', 'kube-apiserver'));
      expect(await running).to.have.property('outcome', 'succeeded');
      await resumed;
    });

    it('the status of the former template is not taken for that of the new one', async () => {
      const push = pushTo(workload, { tag: '2' });
      await plane.process('pause', 'kube-controller-manager');
      const running = push.run();
      await push.told(/^the change has not been observed yet$/);
      await plane.process('resume', 'kube-controller-manager');
      expect(await running).to.have.property('outcome', 'succeeded');
      expect((await workload.read()).status?.updatedReplicas).to.equal(2);
    });
  });

  it('names a quota that lets no pod be made', async function () {
    const cluster = await testCluster((await useControlPlane(this)).kubeconfig);
    const workload = await Workload.create(cluster, { replicas: 1, progressDeadlineSeconds: 5 });
    const quotas = `/api/v1/namespaces/${workload.namespace}/resourcequotas`;
    await cluster.call('POST', quotas, { metadata: { name: 'none' }, spec: { hard: { pods: '1' } } });
    // Before its controller has counted, pods are refused for another reason.
    while (at((await cluster.call('GET', `${quotas}/none`)).body, 'status', 'used', 'pods') !== '1') await sleep(20);
    const push = new Push(
      driverUnderTest({ kubeconfig: cluster.kubeconfig }),
      { namespace: workload.namespace, name: 'web' },
      { tag: '2' },
    );
    const { outcome, message } = await push.run();
    expect(outcome).to.equal('rolledBack');
    expect(message).to.match(/FailedCreate.*exceeded quota/);
  });
});
