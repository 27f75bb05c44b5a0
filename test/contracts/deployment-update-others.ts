import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';
import { thrownBy } from '../support/thrown-by.ts';
import { type DriverOptions, type SetUp, withPatch } from './deployment-update-driver.ts';
import type { TestCluster } from './deployment-update-workload.ts';

function onPatch(before: (count: number) => Promise<void>): NonNullable<DriverOptions['wrap']> {
  return (clusters) =>
    withPatch(clusters, (inner) => {
      let count = 0;
      return async (...call) => {
        count += 1;
        await before(count);
        return inner.patch(...call);
      };
    });
}

/** How `deploymentUpdate` gets on with others who write to the same Deployment, and with its own former attempts. */
export function itSharesDeployments(setUp: SetUp, cluster: () => TestCluster): void {
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
      await cluster().call('DELETE', workload.path);
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

  describe('a cluster that refuses', () => {
    const refusal = 'Kubernetes cluster test: a policy forbids that';
    const refuse = (): never => {
      throw new ServiceError('Forbidden', refusal);
    };

    it('to take the former image back says so beside why the new one failed, which is held', async () => {
      const { push } = await setUp({ progressDeadlineSeconds: 60, replicas: 1 });
      const wrap = onPatch(async (count) => (count === 2 ? refuse() : undefined));
      const { outcome, message, hold } = await push({ tag: '2-bad' }, {}, { wrap, graceMs: 1000 }).run();
      expect(outcome).to.equal('failed');
      expect(message)
        .to.match(/^acme\/web:2-bad failed: .*ImagePullBackOff/)
        .and.contain(`; not rolled back, ${refusal}`);
      expect(hold?.images).to.deep.equal(['acme/web:2-bad']);
    });

    it('to tell how it goes on does not hide what was written', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      let written = false;
      const wrap: DriverOptions['wrap'] = (clusters) => ({
        async connect(cluster, projectId) {
          const inner = await clusters.connect(cluster, projectId);
          return new Proxy(inner, {
            get(target, name) {
              if (written && (name === 'get' || name === 'watch')) return refuse;
              const value: unknown = Reflect.get(target, name);
              if (typeof value !== 'function') return value;
              return (...call: unknown[]): unknown => {
                written ||= name === 'patch';
                return value.apply(target, call);
              };
            },
          });
        },
      });
      const error = await thrownBy(push({ tag: '2-slow20s' }, {}, { wrap }).run());
      expect(error).to.include({
        code: 'Forbidden',
        message: `${workload.namespace}/web is set to acme/web:2-slow20s, but how it rolls out cannot be seen: ${refusal}`,
      });
    });
  });

  describe('an action that was interrupted', () => {
    it('is followed, not repeated', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const update = push({ tag: '2-slow3s' });
      const { actions } = await update.plan();
      const [action] = actions;
      if (!action) throw new Error('nothing was planned');
      const running = update.execute(action).catch((thrown: unknown) => thrown);
      await update.told(/of 1 updated/);
      update.abort(new Error('the service is stopping'));
      expect(await running).to.have.property('message', 'the service is stopping');
      const { metadata } = await workload.read();
      const again = push({ tag: '2-slow3s' });
      expect(await again.execute(action)).to.have.property('outcome', 'succeeded');
      expect(again.messages[0]).to.equal('acme/web:2-slow3s is already written, following its rollout');
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
        message: 'somebody put acme/web:1 back',
        hold: { images: ['acme/web:2'], reason: 'somebody put acme/web:1 back' },
      });
    });
  });
}
