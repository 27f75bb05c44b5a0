import { expect } from 'chai';
import type { Deployment } from '../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { setUpWith, type SetUp } from './deployment-update-driver.ts';
import { itSharesDeployments } from './deployment-update-others.ts';
import { itResumesUpdates } from './deployment-update-resumed.ts';
import { itFollowsTagPolicies } from './deployment-update-tags.ts';
import type { TestCluster } from './deployment-update-workload.ts';

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

/**
 * What `deploymentUpdate` does to a cluster, the same on every one that obeys the words in image tags.
 * @param use gives the cluster, or skips the test.
 */
export function itUpdatesDeployments(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });
  const setUp: SetUp = (options) => setUpWith(cluster, options);
  itSharesDeployments(setUp, () => cluster);
  itResumesUpdates(setUp);
  itFollowsTagPolicies(setUp);

  describe('a good image', () => {
    it('is rolled out to the end, and nothing but the image and our annotations changes', async () => {
      const { workload, push } = await setUp();
      const before = await workload.read();
      // Slow enough for states in between to be seen.
      const update = push({ tag: '2-slow1s' });
      expect(await update.run()).to.deep.equal({
        outcome: 'succeeded',
        message: `${workload.namespace}/web runs acme/web:2-slow1s (3 of 3 updated, 3 available)`,
      });
      const after = await workload.read();
      expect(await workload.image()).to.equal('acme/web:2-slow1s');
      expect(specWithout(after, 'web')).to.deep.equal(specWithout(before, 'web'));
      expect(after.metadata?.labels).to.deep.equal(before.metadata?.labels);
      expect(after.metadata?.generation).to.equal((before.metadata?.generation ?? 0) + 1);
      expect(after.metadata?.annotations).to.include({
        'kubernetes.io/change-cause': 'acme/web:2-slow1s pushed, receiver deploy web, delivery delivery-1',
        'webhook-service/delivery': 'delivery-1',
        'webhook-service/receiver': 'deploy web',
      });
      expect(update.messages[0]).to.equal('wrote acme/web:2-slow1s');
      expect(update.messages.some((message) => /^\d of 3 updated, \d available/.test(message))).to.equal(true);
      expect(update.rollouts).to.not.deep.equal([]);
      for (const rollout of update.rollouts) {
        expect(rollout).to.have.all.keys('wanted', 'updated', 'ready', 'available', 'unavailable');
        expect(rollout.wanted).to.equal(3);
      }
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
      const { workload, push } = await setUp({ progressDeadlineSeconds: 5 });
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
      const { workload, push } = await setUp({ progressDeadlineSeconds: 1, replicas: 1 });
      for (const round of [1, 2])
        expect(await push({ tag: '2-bad' }).run(), `round ${round}`).to.have.property('outcome', 'rolledBack');
      await workload.patch({ spec: { progressDeadlineSeconds: 60 } });
      expect(await push({ tag: '3' }).run()).to.have.property('outcome', 'succeeded');
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
