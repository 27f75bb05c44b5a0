import { expect } from 'chai';
import { strategyOf } from '../../src/drivers/kubernetes/workload/workload.ts';
import { setUpWith, type SetUp } from './deployment-update-driver.ts';
import type { TestCluster } from './deployment-update-workload.ts';

/** How `deploymentUpdate` changes the way in which pods are replaced. */
export function itChangesStrategies(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });
  const setUp: SetUp = (options) => setUpWith(cluster, options);

  describe('a strategy', () => {
    it('is written together with the image, in one change', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const { generation = 0 } = (await workload.read()).metadata ?? {};
      const update = push({ tag: '2' }, { strategy: 'rollingUpdate', maxSurge: '1', maxUnavailable: '0' });
      const [action] = (await update.plan()).actions;
      expect(action?.description).to.equal(
        `${workload.namespace}/web web: acme/web:1 → acme/web:2 (RollingUpdate, maxSurge 1, maxUnavailable 0; now RollingUpdate, maxSurge 25%, maxUnavailable 25%)`,
      );
      expect(await update.run()).to.include({ outcome: 'succeeded' });
      const after = await workload.read();
      expect(after.metadata?.generation).to.equal(generation + 1);
      expect(strategyOf('deployment', after)).to.deep.equal({
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
      });
    });

    it('that is not given stays', async () => {
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: '50%' } };
      const { workload, push } = await setUp({ replicas: 1, spec: { strategy } });
      await push({ tag: '2' }).run();
      expect(strategyOf('deployment', await workload.read())).to.deep.equal(strategy);
      await push({ tag: '3' }, { strategy: 'rollingUpdate', maxSurge: '30%' }).run();
      expect(strategyOf('deployment', await workload.read())).to.deep.equal({
        ...strategy,
        rollingUpdate: { maxSurge: '30%', maxUnavailable: '50%' },
      });
    });

    it('is not written where no image is', async () => {
      const { workload, push } = await setUp({ replicas: 0 });
      const before = await workload.read();
      const { actions } = await push({ tag: '1' }, { strategy: 'recreate' }).plan();
      expect(actions).to.deep.equal([]);
      expect((await workload.read()).spec).to.deep.equal(before.spec);
    });

    it('may be to end every pod before the first new one, and back', async () => {
      const { workload, push } = await setUp({ replicas: 2 });
      expect(await push({ tag: '2' }, { strategy: 'recreate' }).run()).to.include({ outcome: 'succeeded' });
      expect(strategyOf('deployment', await workload.read())).to.deep.equal({ type: 'Recreate' });
      const rolling = { strategy: 'rollingUpdate', maxUnavailable: '50%' };
      expect(await push({ tag: '3' }, rolling).run()).to.include({ outcome: 'succeeded' });
      expect(strategyOf('deployment', await workload.read())).to.deep.equal({
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '50%' },
      });
    });

    for (const config of [{ strategy: 'recreate' }, { strategy: 'rollingUpdate', maxSurge: '0', maxUnavailable: '1' }]) {
      it(`${config.strategy} goes with the image that is rolled back`, async () => {
        const { workload, push } = await setUp({ replicas: 1 });
        const before = await workload.read();
        expect(await push({ tag: '2-bad' }, config, { graceMs: 1500 }).run()).to.include({ outcome: 'rolledBack' });
        expect((await workload.read()).spec).to.deep.equal(before.spec);
      });
    }

    it('by which no pod could be replaced is not tried, and the plan says so', async () => {
      const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
      const { workload, push } = await setUp({ replicas: 0, spec: { strategy: { rollingUpdate } } });
      const { actions, skipped } = await push({ tag: '2' }, { strategy: 'rollingUpdate', maxSurge: '0%' }).plan();
      expect(actions).to.deep.equal([]);
      expect(skipped?.map(({ reason }) => reason)).to.deep.equal([
        'maxSurge is 0, and so is maxUnavailable of the Deployment: at least one pod more or fewer is needed',
      ]);
      expect(await workload.image()).to.equal('acme/web:1');
    });

    it('that others changed since is not rolled back', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const update = push({ tag: '2-bad' }, { strategy: 'rollingUpdate', maxSurge: '1' }, { graceMs: 1500 });
      const running = update.run();
      await update.told(/of 1 updated/);
      const rollingUpdate = { maxSurge: 3, maxUnavailable: 0 };
      await workload.patch({ spec: { strategy: { rollingUpdate } } });
      expect(await running).to.include({ outcome: 'rolledBack' });
      expect(strategyOf('deployment', await workload.read())?.rollingUpdate).to.deep.equal(rollingUpdate);
    });
  });
}

/** The same for the kinds that have an `updateStrategy`. */
export function itChangesStrategiesOfOtherKinds(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });

  describe('an updateStrategy', () => {
    it('of a DaemonSet may surge, and gives way in the other number', async () => {
      const { workload, push } = await setUpWith(cluster, { kind: 'daemonSet' });
      expect(await push({ tag: '2' }, { strategy: 'rollingUpdate', maxSurge: '1' }).run()).to.include({ outcome: 'succeeded' });
      const rolling = (rollingUpdate: object): object => ({ type: 'RollingUpdate', rollingUpdate });
      expect(strategyOf('daemonSet', await workload.read())).to.deep.equal(rolling({ maxSurge: 1, maxUnavailable: 0 }));
      await push({ tag: '3' }, { strategy: 'rollingUpdate', maxUnavailable: '50%' }).run();
      expect(strategyOf('daemonSet', await workload.read())).to.deep.equal(rolling({ maxSurge: 0, maxUnavailable: '50%' }));
      const { outcome } = await push({ tag: '4' }, { strategy: 'rollingUpdate', maxSurge: '00%' }).run();
      expect(outcome).to.equal('succeeded');
      expect(strategyOf('daemonSet', await workload.read())?.rollingUpdate).to.include({ maxUnavailable: 1 });
    });

    it('of a StatefulSet ends the wait for somebody to delete its pods', async () => {
      const { workload, push } = await setUpWith(cluster, {
        kind: 'statefulSet',
        replicas: 1,
        spec: { updateStrategy: { type: 'OnDelete' } },
      });
      const { outcome, message } = await push({ tag: '2' }, { strategy: 'rollingUpdate' }).run();
      expect([outcome, message]).to.deep.equal([
        'succeeded',
        `${workload.namespace}/web runs acme/web:2 (1 of 1 updated, 1 available)`,
      ]);
      expect(strategyOf('statefulSet', await workload.read())?.type).to.equal('RollingUpdate');
    });
  });
}
