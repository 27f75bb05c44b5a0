import { expect } from 'chai';
import type { KubernetesClusters, StrategicMergePatch } from '../../src/drivers/kubernetes/kubernetes-clusters.ts';
import type { Deployment } from '../../src/drivers/kubernetes/kubernetes-objects.ts';
import {
  driverUnderTest,
  Push,
  Workload,
  type DriverOptions,
  type TestCluster,
  type WorkloadOptions,
} from './deployment-update-harness.ts';

const digest = `sha256:${'5'.repeat(64)}`;
const restartedAt = 'kubectl.kubernetes.io/restartedAt';

/** A Deployment's spec with the image of one container blanked. */
function specWithout(deployment: Deployment, ...containers: string[]): unknown {
  const spec = structuredClone(deployment.spec) as { template: { spec: Record<string, { name: string; image?: string }[]> } };
  for (const each of [...(spec.template.spec['containers'] ?? []), ...(spec.template.spec['initContainers'] ?? [])]) {
    if (containers.includes(each.name)) each.image = '';
  }
  return spec;
}

/** Calls `before` ahead of every patch that the driver sends, and counts them. */
function onPatch(before: (count: number) => Promise<void>): NonNullable<DriverOptions['wrap']> {
  return (clusters): KubernetesClusters => ({
    async connect(cluster, projectId) {
      const inner = await clusters.connect(cluster, projectId);
      let count = 0;
      return {
        name: inner.name,
        get: inner.get.bind(inner),
        list: inner.list.bind(inner),
        watch: inner.watch.bind(inner),
        async patch(kind, namespace, name, patch: StrategicMergePatch, signal) {
          count += 1;
          await before(count);
          return inner.patch(kind, namespace, name, patch, signal);
        },
      };
    },
  });
}

/**
 * What `deploymentUpdate` does to a cluster, the same on every one that obeys the words in image tags.
 * @param use gives the cluster, or skips the test.
 */
export function itUpdatesDeployments(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });

  interface Setup {
    readonly workload: Workload;
    readonly push: (body: object, config?: object, options?: Partial<DriverOptions>) => Push;
  }

  async function setUp(options: WorkloadOptions = {}): Promise<Setup> {
    const workload = await Workload.create(cluster, options);
    const { namespace, name } = workload;
    return {
      workload,
      push: (body, config = {}, driver = {}) =>
        new Push(driverUnderTest({ kubeconfig: cluster.kubeconfig, ...driver }), { namespace, name, ...config }, body),
    };
  }

  describe('a good image', () => {
    it('is rolled out to the end, and nothing but the image and our annotations changes', async () => {
      const { workload, push } = await setUp();
      const before = await workload.read();
      const update = push({ tag: '2' });
      expect(await update.run()).to.deep.equal({
        outcome: 'succeeded',
        message: `${workload.namespace}/web runs acme/web:2 (3 of 3 updated, 3 available)`,
      });
      const after = await workload.read();
      expect(await workload.image()).to.equal('acme/web:2');
      expect(specWithout(after, 'web')).to.deep.equal(specWithout(before, 'web'));
      expect(after.metadata?.labels).to.deep.equal(before.metadata?.labels);
      expect(after.metadata?.generation).to.equal((before.metadata?.generation ?? 0) + 1);
      expect(after.metadata?.annotations).to.include({
        'kubernetes.io/change-cause': 'acme/web:2 pushed, receiver deploy web, delivery delivery-1',
        'webhook-service/delivery': 'delivery-1',
        'webhook-service/receiver': 'deploy web',
      });
      expect(update.messages[0]).to.equal('wrote acme/web:2');
      expect(update.messages.some((message) => /^\d of 3 updated, \d available/.test(message))).to.equal(true);
    });

    it('is pinned to its digest, in the spelling of the workload', async () => {
      const { workload, push } = await setUp({ image: 'index.docker.io/acme/web:1' });
      expect(await push({ tag: '2', digest }).run()).to.have.property('outcome', 'succeeded');
      expect(await workload.image()).to.equal(`index.docker.io/acme/web:2@${digest}`);
      const { actions, skipped = [] } = await push({ tag: '3', digest }).plan();
      expect(actions).to.deep.equal([]);
      expect(skipped[0]?.reason).to.match(/^container web already runs/);
    });

    it('reaches init containers too, by repository or by name', async () => {
      const { workload, push } = await setUp({ initImage: 'acme/web:1' });
      const before = await workload.read();
      expect(await push({ tag: '2' }, { container: 'migrate' }).run()).to.have.property('outcome', 'succeeded');
      expect([await workload.image('migrate'), await workload.image()]).to.deep.equal(['acme/web:2', 'acme/web:1']);
      expect(await push({ tag: '3' }).run()).to.have.property('outcome', 'succeeded');
      expect([await workload.image('migrate'), await workload.image()]).to.deep.equal(['acme/web:3', 'acme/web:3']);
      expect(specWithout(await workload.read(), 'web', 'migrate')).to.deep.equal(specWithout(before, 'web', 'migrate'));
    });

    it('may take its time, and may stumble once', async () => {
      const { push } = await setUp({ replicas: 1 });
      for (const tag of ['2-slow500ms', '2-bad500ms', '2-crash500ms']) {
        const update = push({ tag });
        expect(await update.run(), tag).to.have.property('outcome', 'succeeded');
      }
    });

    it('is written though nothing runs', async () => {
      const { workload, push } = await setUp({ replicas: 0 });
      const { outcome, message } = await push({ tag: '2' }).run();
      expect(outcome).to.equal('succeeded');
      expect(message).to.contain('it is scaled to 0, so nothing runs');
      expect(await workload.image()).to.equal('acme/web:2');
    });
  });

  describe('the same tag again', () => {
    it('restarts the pods if they pull it again', async () => {
      const { workload, push } = await setUp({ imagePullPolicy: 'Always' });
      const before = await workload.read();
      expect(await push({ tag: '1' }).run()).to.have.property('outcome', 'succeeded');
      const after = await workload.read();
      expect(after.spec?.template?.metadata?.annotations).to.have.all.keys(restartedAt);
      expect(specWithout(after)).to.deep.equal({
        ...(specWithout(before) as object),
        template: { ...after.spec?.template, spec: before.spec?.template?.spec },
      });
    });

    it('is left alone if they do not', async () => {
      const { push } = await setUp();
      const { actions, skipped = [] } = await push({ tag: '1' }).plan();
      expect(actions).to.deep.equal([]);
      expect(skipped[0]?.reason).to.contain('imagePullPolicy IfNotPresent');
    });
  });

  describe('a bad image', () => {
    it('is rolled back when the deadline passes, with the cause', async () => {
      const { workload, push } = await setUp({ progressDeadlineSeconds: 2 });
      const before = await workload.read();
      const { outcome, message } = await push({ tag: '2-bad' }).run();
      expect(outcome).to.equal('rolledBack');
      expect(message).to.match(
        /^acme\/web:2-bad failed: progress deadline exceeded.*ImagePullBackOff.*; rolled back to acme\/web:1 \(3 of 3/,
      );
      const after = await workload.read();
      expect(after.spec).to.deep.equal(before.spec);
      expect(after.metadata?.annotations?.['kubernetes.io/change-cause']).to.match(
        /^back to acme\/web:1 since acme\/web:2-bad failed/,
      );
    });

    it('is rolled back with one pod, whose old one never went away', async () => {
      const { workload, push } = await setUp({ progressDeadlineSeconds: 1, replicas: 1 });
      expect(await push({ tag: '2-bad' }).run()).to.have.property('outcome', 'rolledBack');
      expect(await workload.image()).to.equal('acme/web:1');
    });

    it('ends early when the cause is definite and nothing else moves', async () => {
      const { push } = await setUp({ progressDeadlineSeconds: 600 });
      const { outcome, message } = await push({ tag: '2-crash' }, {}, { graceMs: 1000 }).run();
      expect(outcome).to.equal('rolledBack');
      expect(message).to.contain('CrashLoopBackOff');
    });

    it('ends when its time is over', async () => {
      const { workload, push } = await setUp({ progressDeadlineSeconds: 600 });
      const { outcome, message } = await push({ tag: '2-unready' }, { timeoutSeconds: 1 }).run();
      expect(outcome).to.equal('rolledBack');
      expect(message).to.contain('not complete after 1 s');
      expect(await workload.image()).to.equal('acme/web:1');
    });

    it('stays where the receiver says so', async () => {
      const { workload, push } = await setUp({ progressDeadlineSeconds: 1 });
      expect(await push({ tag: '2-bad' }, { onFailure: 'keep' }).run()).to.have.property('outcome', 'failed');
      expect(await workload.image()).to.equal('acme/web:2-bad');
    });

    it('can be pushed again, and fails again by itself', async () => {
      const { push } = await setUp({ progressDeadlineSeconds: 1, replicas: 1 });
      for (const round of [1, 2])
        expect(await push({ tag: '2-bad' }).run(), `round ${round}`).to.have.property('outcome', 'rolledBack');
      expect(await push({ tag: '3' }).run()).to.have.property('outcome', 'succeeded');
    });
  });

  describe('others who touch the Deployment', () => {
    it('supersede the rollout with another image, which stays', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2-slow20s' });
      const running = update.run();
      await update.told(/of 3 updated/);
      await workload.setImage('acme/web:7');
      expect(await running).to.deep.equal({
        outcome: 'superseded',
        message: 'somebody else changed the pod template during the rollout of acme/web:2-slow20s',
      });
      expect(await workload.image()).to.equal('acme/web:7');
    });

    it('supersede it before the write', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2' });
      const { actions } = await update.plan();
      await workload.setImage('acme/web:7');
      if (!actions[0]) throw new Error('nothing was planned');
      expect(await update.execute(actions[0])).to.deep.equal({
        outcome: 'superseded',
        message: 'container web now has acme/web:7, not acme/web:1',
      });
    });

    it('may scale it and annotate it meanwhile', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2-slow1s' });
      const running = update.run();
      await update.told(/of 3 updated/);
      await workload.patch({ metadata: { annotations: { note: 'hello' } }, spec: { replicas: 4 } });
      expect(await running).to.include({ outcome: 'succeeded' });
      expect((await workload.read()).spec?.replicas).to.equal(4);
    });

    it('may scale it to 0', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2-slow20s' });
      const running = update.run();
      await update.told(/of 3 updated/);
      await workload.patch({ spec: { replicas: 0 } });
      expect((await running).message).to.contain('it is scaled to 0, so nothing runs');
    });

    it('may pause it: that is no failure, and nothing is rolled back', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2-slow20s' });
      const running = update.run();
      await update.told(/of 3 updated/);
      await workload.patch({ spec: { paused: true } });
      expect(await running).to.deep.equal({
        outcome: 'superseded',
        message: 'somebody paused the Deployment during the rollout of acme/web:2-slow20s',
      });
      expect(await workload.image()).to.equal('acme/web:2-slow20s');
      const { skipped = [] } = await push({ tag: '3' }).plan();
      expect(skipped[0]?.reason).to.equal('the Deployment is paused');
    });

    it('may delete it', async () => {
      const { workload, push } = await setUp();
      const update = push({ tag: '2-slow20s' });
      const running = update.run();
      await update.told(/of 3 updated/);
      await cluster.call('DELETE', workload.path);
      expect(await running).to.deep.equal({
        outcome: 'failed',
        message: 'the Deployment was deleted during the rollout of acme/web:2-slow20s',
      });
    });

    it('may write between reading and writing, up to four times', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const disturb = (count: number): Promise<void> =>
        count < 5 ? workload.patch({ metadata: { annotations: { count: String(count) } } }) : Promise.resolve();
      expect(await push({ tag: '2' }, {}, { wrap: onPatch(disturb) }).run()).to.have.property('outcome', 'succeeded');
      const endless = onPatch((count) => workload.patch({ metadata: { annotations: { count: `again ${count}` } } }));
      const error = await push({ tag: '3' }, {}, { wrap: endless })
        .run()
        .catch((thrown: unknown) => thrown);
      expect(error).to.include({
        code: 'Conflict',
        message: 'deployment "web" was changed by others during each of 5 tries to update it',
      });
      expect(await workload.image()).to.equal('acme/web:2');
    });

    it('may change the image between reading and writing', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const result = await push({ tag: '2' }, {}, { wrap: onPatch(() => workload.setImage('acme/web:7')) }).run();
      expect(result).to.include({ outcome: 'superseded', message: 'container web now has acme/web:7, not acme/web:1' });
    });

    it('keep their change when a rollback would undo it', async () => {
      const { workload, push } = await setUp({ progressDeadlineSeconds: 1, replicas: 1 });
      const disturb = (count: number): Promise<void> => (count === 2 ? workload.setImage('acme/web:7') : Promise.resolve());
      const { outcome, message } = await push({ tag: '2-bad' }, {}, { wrap: onPatch(disturb) }).run();
      expect(outcome).to.equal('failed');
      expect(message).to.contain('not rolled back, container web now has acme/web:7');
      expect(await workload.image()).to.equal('acme/web:7');
    });
  });

  describe('an action that was interrupted', () => {
    it('is followed, not repeated', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const update = push({ tag: '2-slow1s' });
      const { actions } = await update.plan();
      const [action] = actions;
      if (!action) throw new Error('nothing was planned');
      const running = update.execute(action).catch((thrown: unknown) => thrown);
      await update.told(/of 1 updated/);
      update.abort(new Error('the service is stopping'));
      expect(await running).to.have.property('message', 'the service is stopping');
      const { metadata } = await workload.read();
      const again = push({ tag: '2-slow1s' });
      expect(await again.execute(action)).to.have.property('outcome', 'succeeded');
      expect(again.messages[0]).to.equal('acme/web:2-slow1s is already written, following its rollout');
      expect((await workload.read()).metadata?.generation).to.equal(metadata?.generation);
    });

    it('finishes a rollback that was under way', async () => {
      const { workload, push } = await setUp({ replicas: 1, progressDeadlineSeconds: 1 });
      const update = push({ tag: '2-bad' });
      const [action] = (await update.plan()).actions;
      if (!action) throw new Error('nothing was planned');
      expect(await update.execute(action)).to.have.property('outcome', 'rolledBack');
      const { metadata } = await workload.read();
      expect(await push({ tag: '2-bad' }).execute(action)).to.have.property('outcome', 'rolledBack');
      expect((await workload.read()).metadata?.generation).to.equal(metadata?.generation);
    });

    it('does not repeat a write that somebody took back', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const update = push({ tag: '2' });
      const [action] = (await update.plan()).actions;
      if (!action) throw new Error('nothing was planned');
      await update.execute(action);
      await workload.setImage('acme/web:1');
      expect(await push({ tag: '2' }).execute(action)).to.deep.equal({
        outcome: 'superseded',
        message: 'somebody else put the former image back',
      });
    });
  });

  describe('what cannot be done', () => {
    it('is a Deployment that is not there', async () => {
      const { workload, push } = await setUp({ replicas: 0 });
      const error = await push({ tag: '2' }, { name: 'missing' })
        .plan()
        .catch((thrown: unknown) => thrown);
      expect(error).to.include({
        code: 'NotFound',
        message: `deployment "missing" not found in namespace "${workload.namespace}"`,
      });
    });

    it('is a repository that no container runs', async () => {
      const { push } = await setUp({ replicas: 0 });
      const { actions, skipped = [] } = await push({ tag: '2', repository: 'acme/other' }).plan();
      expect(actions).to.deep.equal([]);
      expect(skipped[0]?.reason).to.equal(
        'no container runs an image of acme/other (sidecar: envoyproxy/envoy:v1.31, web: acme/web:1)',
      );
    });
  });
}
