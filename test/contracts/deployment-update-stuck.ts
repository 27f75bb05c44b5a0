import { expect } from 'chai';
import { driverUnderTest, Push, setUpWith, type SetUp } from './deployment-update-driver.ts';
import type { TestCluster } from './deployment-update-workload.ts';

/** How `deploymentUpdate` brings back a StatefulSet that waits for a pod which never gets ready. */
export function itFreesStuckSets(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });
  const setUp: SetUp = (options) => setUpWith(cluster, { kind: 'statefulSet', ...options });

  describe('a StatefulSet whose new image is bad', () => {
    for (const [tag, config] of [
      ['2-bad', {}],
      ['2-crash', {}],
      ['2-unready', { timeoutSeconds: 5 }],
    ] as const) {
      it(`runs the former one again after ${tag}, by the end of the one pod that was in the way`, async () => {
        const { workload, push } = await setUp({ replicas: 2 });
        const pod = `/api/v1/namespaces/${workload.namespace}/pods/web-0`;
        const before = (await cluster.call('GET', pod)).body;
        const update = push({ tag }, config, { graceMs: 1500 });
        const { outcome, message, hold } = await update.run();
        expect(message).to.match(/; rolled back to acme\/web:1 \(2 of 2 updated, 2 available\)$/);
        expect([outcome, hold?.images]).to.deep.equal(['rolledBack', [`acme/web:${tag}`]]);
        expect(update.steps).to.deep.equal([`write acme/web:${tag}`, 'roll back to acme/web:1', 'delete pod web-1']);
        const after = (await cluster.call('GET', pod)).body;
        expect(after['metadata'], 'the other pod was never touched').to.have.property(
          'uid',
          (before['metadata'] as { uid: string }).uid,
        );
      });
    }

    it('is left to its controller where that replaces pods side by side', async () => {
      const { push } = await setUp({ replicas: 2, spec: { podManagementPolicy: 'Parallel' } });
      const update = push({ tag: '2-bad' }, {}, { graceMs: 1500 });
      expect(await update.run()).to.include({ outcome: 'rolledBack' });
      expect(update.steps).to.deep.equal(['write acme/web:2-bad', 'roll back to acme/web:1']);
    });

    it('names the pod in the way of the next image, and leaves it alone', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const keep = { onFailure: 'keep' };
      expect(await push({ tag: '2-bad' }, keep, { graceMs: 1500 }).run()).to.include({ outcome: 'failed' });
      const update = push({ tag: '3' }, keep);
      const running = update.run();
      const advice = `pod web-0 of a former revision is in the way, run: kubectl -n ${workload.namespace} delete pod web-0`;
      await update.told(new RegExp(advice));
      await cluster.call('DELETE', `/api/v1/namespaces/${workload.namespace}/pods/web-0`);
      expect(await running).to.include({ outcome: 'succeeded' });
      expect(update.steps).to.deep.equal(['write acme/web:3']);
    });

    it('is not given a bad image back that is in the way of the next one', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const keep = { onFailure: 'keep' };
      expect(await push({ tag: '2-bad' }, keep, { graceMs: 1500 }).run()).to.include({ outcome: 'failed' });
      const { outcome, message, hold } = await push({ tag: '3' }, { timeoutSeconds: 3 }).run();
      expect(message).to.match(
        / in the way, run: kubectl -n \S+ delete pod web-0; not rolled back, the new image goes on from there$/,
      );
      expect([outcome, hold]).to.deep.equal(['failed', undefined]);
      expect(await workload.image()).to.equal('acme/web:3');
    });
  });
}

/**
 * The same without the right to delete pods.
 * @param use gives a cluster and a kubeconfig with the rights of restricted.yaml in namespace `default`.
 */
export function itTellsWhatToDelete(
  use: (test: Mocha.Context) => Promise<{ readonly cluster: TestCluster; readonly restricted: string }>,
): void {
  it('a StatefulSet that stays stuck for want of rights is told of, with the command', async function () {
    const { cluster, restricted } = await use(this);
    const name = `web-${Math.random().toString(36).slice(2, 8)}`;
    const { workload } = await setUpWith(cluster, { kind: 'statefulSet', namespace: 'default', name, replicas: 1 });
    const config = { kind: 'statefulSet', name };
    const push = new Push(driverUnderTest({ kubeconfig: restricted, graceMs: 1500 }), config, { tag: '2-bad' });
    const { outcome, message, hold } = await push.run();
    expect([outcome, hold?.images]).to.deep.equal(['failed', ['acme/web:2-bad']]);
    expect(message).to.match(
      new RegExp(
        `; the rollback to acme/web:1 did not end well: pod ${name}-0 of a former revision is in the way, run: kubectl -n default delete pod ${name}-0$`,
      ),
    );
    expect(await workload.image(), 'the image is back all the same').to.equal('acme/web:1');
    await cluster.call('DELETE', workload.path);
  });
}
