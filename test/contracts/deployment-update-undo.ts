import { expect } from 'chai';
import type { ObjectMeta, Workload as WorkloadObject } from '../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { templateContainers } from '../../src/drivers/kubernetes/workload/pod-template.ts';
import { templateOf } from '../../src/drivers/kubernetes/workload/workload.ts';
import type { FoundHold } from '../../src/framework/driver.ts';
import { type Push, setUpWith, type SetUp } from './deployment-update-driver.ts';
import type { TestCluster, Workload } from './deployment-update-workload.ts';

/**
 * What `kubectl rollout undo` does to a Deployment: it gets the template and the annotations of a ReplicaSet.
 * @see https://github.com/kubernetes/kubectl/blob/v0.34.4/pkg/polymorphichelpers/rollback.go
 */
async function undo(cluster: TestCluster, workload: Workload, image: string): Promise<void> {
  const { body } = await cluster.call('GET', `/apis/apps/v1/namespaces/${workload.namespace}/replicasets`);
  const former = (body['items'] as (WorkloadObject & { metadata: ObjectMeta })[]).find((each) =>
    templateContainers(templateOf(each)).some((container) => container.image === image),
  );
  if (former === undefined) throw new Error(`no ReplicaSet has ${image}`);
  const current = await workload.read();
  const template = structuredClone(former.spec?.template) as { metadata: { labels: Record<string, string> } };
  delete template.metadata.labels['pod-template-hash'];
  const { 'deployment.kubernetes.io/revision': revision = '' } = current.metadata?.annotations ?? {};
  const annotations = { ...former.metadata.annotations, 'deployment.kubernetes.io/revision': revision };
  const { resourceVersion: _, ...metadata } = current.metadata ?? {};
  const undone = { ...current, metadata: { ...metadata, annotations }, spec: { ...current.spec, template } };
  const { status } = await cluster.call('PUT', workload.path, undone);
  if (status !== 200) throw new Error(`the Deployment was not undone: ${status}`);
}

/** What `deploymentUpdate` makes of an update that somebody takes back by hand. */
export function itHeedsUndo(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });
  const setUp: SetUp = (options) => setUpWith(cluster, { replicas: 1, ...options });
  const reason = 'somebody put acme/web:1 back';
  const holdsOf = async (push: Push): Promise<Omit<FoundHold, 'since'>[]> => {
    const { holds = [] } = await push.plan();
    return holds.map(({ image, reason, target }) => ({ image, reason, target: target.split('/').at(-1) ?? '' }));
  };
  const held = [{ image: 'acme/web:2', reason, target: 'web' }];

  describe('an update that is undone', () => {
    it('during its rollout is on hold', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2-slow20s' });
      const running = update.run();
      await update.told(/of 1 updated/);
      await undo(cluster, workload, 'acme/web:1');
      expect(await running).to.deep.equal({
        outcome: 'superseded',
        message: 'somebody put acme/web:1 back during the rollout of acme/web:2-slow20s',
        hold: { images: ['acme/web:2-slow20s'], reason },
      });
      expect(await workload.image()).to.equal('acme/web:1');
    });

    it('later is put on hold by the next push', async () => {
      const { workload, push } = await setUp();
      await push({ tag: '2' }).run();
      expect(await holdsOf(push({ tag: '3' })), 'as long as it runs').to.deep.equal([]);
      await undo(cluster, workload, 'acme/web:1');
      expect(await holdsOf(push({ tag: '2' }))).to.deep.equal(held);
      expect(await holdsOf(push({ tag: '3' }))).to.deep.equal(held);
      await push({ tag: '3' }).run();
      expect(await holdsOf(push({ tag: '2' })), 'once something newer runs').to.deep.equal([]);
    });

    it('by more than one revision is put on hold too', async () => {
      const { workload, push } = await setUp();
      await push({ tag: '2' }).run();
      await push({ tag: '3' }).run();
      await undo(cluster, workload, 'acme/web:1');
      expect(await holdsOf(push({ tag: '4' }))).to.deep.equal([{ image: 'acme/web:3', reason, target: 'web' }]);
    });

    it('and had been pushed before, too, is put on hold', async () => {
      const { workload, push } = await setUp();
      for (const tag of ['2', '1', '2']) await push({ tag }).run();
      await undo(cluster, workload, 'acme/web:1');
      expect(await holdsOf(push({ tag: '2' }))).to.deep.equal(held);
    });

    it('is not written again by an attempt that goes on after it', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2' });
      const [action] = (await update.plan()).actions;
      if (action === undefined) throw new Error('nothing was planned');
      await update.execute(action);
      await undo(cluster, workload, 'acme/web:1');
      const again = push({ tag: '2' });
      expect(await again.execute(action, { resumed: true })).to.deep.equal({
        outcome: 'superseded',
        message: reason,
        hold: { images: ['acme/web:2'], reason },
      });
      expect(again.steps).to.deep.equal([]);
    });
  });

  describe('no hold', () => {
    it('comes of somebody else bringing something newer', async () => {
      const { workload, push } = await setUp();
      await push({ tag: '2' }).run();
      await workload.setImage('acme/web:2.1');
      expect(await holdsOf(push({ tag: '3' }))).to.deep.equal([]);
    });

    it('comes of our own rollback, nor of what somebody brings after it', async () => {
      const { workload, push } = await setUp({ progressDeadlineSeconds: 1 });
      await push({ tag: '2-bad' }).run();
      expect(await holdsOf(push({ tag: '3' }))).to.deep.equal([]);
      await workload.setImage('acme/web:2-bad');
      expect(await holdsOf(push({ tag: '3' }))).to.deep.equal([]);
    });

    it('comes of annotations that are not ours', async () => {
      const { workload, push } = await setUp();
      for (const text of ['', '{', '[]', '{"at":"1","images":[]}', '{"at":1,"images":[{"container":"web"}]}', 'null']) {
        await workload.patch({ metadata: { annotations: { 'webhook-service/wrote': text } } });
        expect(await holdsOf(push({ tag: '3' })), text).to.deep.equal([]);
      }
    });
  });
}

/** The same for kinds whose annotations nobody takes back. */
export function itHeedsUndoOfOtherKinds(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  for (const kind of ['statefulSet', 'daemonSet', 'cronJob'] as const) {
    it(`an update of a ${kind} that is undone is put on hold by the next push`, async function () {
      const { workload, push } = await setUpWith(await use(this), { kind, replicas: 1 });
      await push({ tag: '2' }).run();
      await workload.setImage('acme/web:1');
      const { holds = [] } = await push({ tag: '2' }).plan();
      expect(holds.map(({ image, reason }) => [image, reason])).to.deep.equal([['acme/web:2', 'somebody put acme/web:1 back']]);
    });
  }
}
