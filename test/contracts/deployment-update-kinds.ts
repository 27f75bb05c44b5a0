import { expect } from 'chai';
import type { WorkloadKind } from '../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type { Workload } from '../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { templateContainers } from '../../src/drivers/kubernetes/workload/pod-template.ts';
import { kindNames, templateOf } from '../../src/drivers/kubernetes/workload/workload.ts';
import { setUpWith, type SetUp } from './deployment-update-driver.ts';
import type { TestCluster } from './deployment-update-workload.ts';

/** A workload's spec without the image of `web`. */
function specWithoutImage(workload: Workload): unknown {
  const copy = structuredClone(workload);
  const web = templateContainers(templateOf(copy)).find(({ name }) => name === 'web');
  return JSON.parse(JSON.stringify(copy.spec).replaceAll(`"${web?.image}"`, '""'));
}

/** What `deploymentUpdate` does to StatefulSets, DaemonSets and CronJobs. */
export function itUpdatesOtherKinds(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });
  const setUp: SetUp = (options) => setUpWith(cluster, options);
  const counts: Partial<Record<WorkloadKind, string>> = { statefulSet: '2 of 2', daemonSet: '1 of 1' };

  for (const kind of ['statefulSet', 'daemonSet'] as const) {
    describe(`a ${kindNames[kind]}`, () => {
      it('is rolled out to the end, and nothing but the image and our annotations changes', async () => {
        const { workload, push } = await setUp({ kind, replicas: 2 });
        const before = await workload.read();
        const update = push({ tag: '2-slow2s' });
        const { outcome, message } = await update.run();
        const [wanted = ''] = counts[kind]?.split(' ') ?? [];
        expect(message).to.equal(
          `${workload.namespace}/web runs acme/web:2-slow2s (${counts[kind]} updated, ${wanted} available)`,
        );
        expect(outcome).to.equal('succeeded');
        expect(update.messages[0]).to.equal('wrote acme/web:2-slow2s');
        expect(update.messages.slice(1).some((text) => /^\d of \d updated, /.test(text))).to.equal(true);
        const after = await workload.read();
        expect(specWithoutImage(after)).to.deep.equal(specWithoutImage(before));
        expect(after.metadata?.annotations).to.include({ 'webhook-service/delivery': 'delivery-1' });
      });

      it('is restarted where the same tag is pulled again', async () => {
        const { workload, push } = await setUp({ kind, replicas: 1, imagePullPolicy: 'Always' });
        expect(await push({ tag: '1' }).run()).to.include({ outcome: 'succeeded' });
        const annotations = (await workload.read()).spec?.template?.metadata?.annotations;
        expect(annotations).to.have.all.keys('kubectl.kubernetes.io/restartedAt');
      });

      it('ends early when the cause is definite, and names the pod', async () => {
        const { workload, push } = await setUp({ kind, replicas: 1 });
        const { outcome, message } = await push({ tag: '2-bad' }, { onFailure: 'keep' }, { graceMs: 1500 }).run();
        expect(outcome).to.equal('failed');
        expect(message).to.match(/^acme\/web:2-bad failed: .*ImagePullBackOff \(web-\w+, container web\)/);
        expect(await workload.image()).to.equal('acme/web:2-bad');
      });

      it('ends when its time is over', async () => {
        const { push } = await setUp({ kind, replicas: 1 });
        const { outcome, message } = await push({ tag: '2-unready' }, { timeoutSeconds: 1, onFailure: 'keep' }).run();
        expect([outcome, message.includes('not complete after 1 s')]).to.deep.equal(['failed', true]);
      });

      it('is superseded by what others write', async () => {
        const { workload, push } = await setUp({ kind, replicas: 1 });
        const update = push({ tag: '2-slow20s' });
        const running = update.run();
        await update.told(/of 1 updated/);
        await workload.setImage('acme/web:7');
        expect(await running).to.include({
          outcome: 'superseded',
          message: 'somebody else changed the pod template during the rollout of acme/web:2-slow20s',
        });
      });

      it('may be deleted meanwhile', async () => {
        const { workload, push } = await setUp({ kind, replicas: 1 });
        const update = push({ tag: '2-slow20s' });
        const running = update.run();
        await update.told(/of 1 updated/);
        await cluster.call('DELETE', workload.path);
        expect(await running).to.include({
          outcome: 'failed',
          message: `the ${kindNames[kind]} was deleted during the rollout of acme/web:2-slow20s`,
        });
      });

      it('that replaces its pods only once they are deleted is written, and says so', async () => {
        const { workload, push } = await setUp({ kind, replicas: 1, spec: { updateStrategy: { type: 'OnDelete' } } });
        expect(await push({ tag: '2' }).run()).to.deep.equal({
          outcome: 'succeeded',
          message: `${workload.namespace}/web is set to acme/web:2; its update strategy is OnDelete: each pod gets it once that pod is deleted`,
        });
        expect(await workload.image()).to.equal('acme/web:2');
      });

      it('that is not there is named', async () => {
        const { workload, push } = await setUp({ kind, replicas: 1 });
        const error = await push({ tag: '2' }, { name: 'missing' })
          .plan()
          .catch((thrown: unknown) => thrown);
        expect(error).to.include({
          code: 'NotFound',
          message: `${kind} "missing" not found in namespace "${workload.namespace}"`,
        });
      });
    });
  }

  describe('a StatefulSet', () => {
    it('keeps what its partition keeps', async () => {
      const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
      const { workload, push } = await setUp({ kind: 'statefulSet', replicas: 2, spec: { updateStrategy } });
      const { outcome, message } = await push({ tag: '2' }).run();
      expect(outcome).to.equal('succeeded');
      expect(message).to.contain('(1 of 2 updated, 2 available, 1 kept by the partition)');
      const images = await Promise.all(
        ['web-0', 'web-1'].map(async (name) => {
          const { body } = await cluster.call('GET', `/api/v1/namespaces/${workload.namespace}/pods/${name}`);
          return templateContainers(body).find((each) => each.name === 'web')?.image;
        }),
      );
      expect(images).to.deep.equal(['acme/web:1', 'acme/web:2']);
    });

    it('whose partition keeps every pod is written, and says so', async () => {
      const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 3 } };
      const { workload, push } = await setUp({ kind: 'statefulSet', replicas: 1, spec: { updateStrategy } });
      expect(await push({ tag: '2' }).run()).to.deep.equal({
        outcome: 'succeeded',
        message: `${workload.namespace}/web is set to acme/web:2; its partition keeps all pods as they are`,
      });
    });

    it('may be scaled to 0 meanwhile', async () => {
      const { workload, push } = await setUp({ kind: 'statefulSet', replicas: 1 });
      const update = push({ tag: '2-slow20s' });
      const running = update.run();
      await update.told(/of 1 updated/);
      await workload.patch({ spec: { replicas: 0 } });
      expect((await running).message).to.contain('it is scaled to 0, so nothing runs');
    });
  });

  it('a DaemonSet is rolled back', async () => {
    const { workload, push } = await setUp({ kind: 'daemonSet' });
    const before = await workload.read();
    const { outcome, message } = await push({ tag: '2-crash' }, {}, { graceMs: 1500 }).run();
    expect([outcome, message.includes('CrashLoopBackOff')]).to.deep.equal(['rolledBack', true]);
    expect((await workload.read()).spec).to.deep.equal(before.spec);
  });

  it('a DaemonSet that no node is to run is written, and says so', async () => {
    const { workload, push } = await setUp({ kind: 'daemonSet' });
    await workload.patch({ spec: { template: { spec: { nodeSelector: { disk: 'none' } } } } });
    await workload.until('no pod is wanted', ({ status }) => status?.desiredNumberScheduled === 0);
    expect(await push({ tag: '2' }).run()).to.deep.equal({
      outcome: 'succeeded',
      message: `${workload.namespace}/web is set to acme/web:2; no node is to have a pod of it`,
    });
  });

  describe('a CronJob', () => {
    for (const [suspend, still] of [
      [false, 'its next job runs it'],
      [true, 'it is suspended, so no job runs'],
    ] as const) {
      it(`gets the image, and ${still}`, async () => {
        const { workload, push } = await setUp({ kind: 'cronJob', spec: { suspend } });
        const before = await workload.read();
        expect(await push({ tag: '2' }).run()).to.deep.equal({
          outcome: 'succeeded',
          message: `${workload.namespace}/web is set to acme/web:2; ${still}`,
        });
        const after = await workload.read();
        expect(await workload.image()).to.equal('acme/web:2');
        expect(specWithoutImage(after)).to.deep.equal(specWithoutImage(before));
      });
    }
  });
}
