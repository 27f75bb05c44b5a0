import { expect } from 'chai';
import { LeaseLostError } from '../../src/framework/deliveries/delivery-store.ts';
import type { PlannedAction } from '../../src/framework/driver.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { type DriverOptions, type Push, type SetUp, withPatch } from './deployment-update-driver.ts';

/** Throws in place of the answer to a patch, before the cluster gets it or after; counts those that the cluster took. */
class PatchCut {
  arrived = 0;
  readonly #error: Error;
  readonly #patch: number;
  readonly #moment: 'before' | 'after';

  constructor(patch: number, moment: 'before' | 'after', error: Error) {
    this.#patch = patch;
    this.#moment = moment;
    this.#error = error;
  }

  wrap(): NonNullable<DriverOptions['wrap']> {
    let count = 0;
    return (clusters) =>
      withPatch(clusters, (inner) => async (...call) => {
        count += 1;
        const isCut = count === this.#patch;
        if (isCut && this.#moment === 'before') throw this.#error;
        const outcome = await inner.patch(...call);
        if (outcome.kind === 'patched') this.arrived += 1;
        if (isCut) throw this.#error;
        return outcome;
      });
  }
}

async function planned(push: Push): Promise<PlannedAction> {
  const [action] = (await push.plan()).actions;
  if (!action) throw new Error('nothing was planned');
  return action;
}

/** How `deploymentUpdate` goes on after its process died, and plans anew what others overtook. */
export function itResumesUpdates(setUp: SetUp): void {
  const killed = new Error('killed');

  describe('an action whose process is killed', () => {
    const scenarios = [
      { what: 'an update', tag: '2', options: {}, patches: 1, outcome: 'succeeded', image: 'acme/web:2' },
      {
        what: 'a restart',
        tag: '1',
        options: { imagePullPolicy: 'Always' },
        patches: 1,
        outcome: 'succeeded',
        image: 'acme/web:1',
      },
      {
        what: 'a rollback',
        tag: '2-bad',
        options: { progressDeadlineSeconds: 1 },
        patches: 2,
        outcome: 'rolledBack',
        image: 'acme/web:1',
      },
    ];
    for (const { what, tag, options, patches, outcome, image } of scenarios) {
      for (let patch = 1; patch <= patches; patch += 1) {
        for (const moment of ['before', 'after'] as const) {
          it(`does ${what} once, killed ${moment} write ${patch}`, async () => {
            const { workload, push } = await setUp({ replicas: 1, ...options });
            const { generation = 0 } = (await workload.read()).metadata ?? {};
            const first = new PatchCut(patch, moment, killed);
            const one = push({ tag }, {}, { wrap: first.wrap() });
            const action = await planned(one);
            expect(await one.execute(action).catch((thrown: unknown) => thrown)).to.equal(killed);
            const second = new PatchCut(0, moment, killed);
            const other = push({ tag }, {}, { wrap: second.wrap() });
            expect(await other.execute(action, { resumed: true })).to.include({ outcome });
            expect(first.arrived + second.arrived).to.equal(patches);
            const after = await workload.read();
            expect(after.metadata?.generation).to.equal(generation + patches);
            expect(await workload.image()).to.equal(image);
          });
        }
      }
    }

    it('does not take the deadline that was exceeded before it for its own', async () => {
      const { workload, push } = await setUp({ progressDeadlineSeconds: 1 });
      expect(await push({ tag: '2-bad' }, { onFailure: 'keep' }).run()).to.have.property('outcome', 'failed');
      const cut = new PatchCut(1, 'after', killed);
      const one = push({ tag: '1' }, {}, { wrap: cut.wrap() });
      const action = await planned(one);
      expect(action.input['read']).to.have.nested.property('progressing.reason', 'ProgressDeadlineExceeded');
      expect(await one.execute(action).catch((thrown: unknown) => thrown)).to.equal(killed);
      expect(await push({ tag: '1' }).execute(action, { resumed: true })).to.have.property('outcome', 'succeeded');
      expect(await workload.image()).to.equal('acme/web:1');
    });
  });

  describe('a write', () => {
    it('whose answer is lost is not written again', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const { generation = 0 } = (await workload.read()).metadata ?? {};
      const cut = new PatchCut(1, 'after', new ServiceError('Unavailable', 'reset'));
      const update = push({ tag: '2' }, {}, { wrap: cut.wrap() });
      expect(await update.run()).to.have.property('outcome', 'succeeded');
      expect([cut.arrived, (await workload.read()).metadata?.generation]).to.deep.equal([1, generation + 1]);
      expect(update.steps).to.deep.equal(['write acme/web:2']);
    });

    it('is not made once the lease is lost, nor tried again', async () => {
      const { workload, push } = await setUp({ replicas: 1, progressDeadlineSeconds: 1 });
      for (const refused of [/^write/, /^roll back/]) {
        const update = push({ tag: refused.source === '^write' ? '2' : '2-bad' });
        const gone = new LeaseLostError();
        let asked = 0;
        const beforeWrite = async (step: string): Promise<void> => {
          if (!refused.test(step)) return;
          asked += 1;
          throw gone;
        };
        const end = update.execute(await planned(update), { beforeWrite });
        expect(await end.catch((thrown: unknown) => thrown)).to.equal(gone);
        expect(asked).to.equal(1);
      }
      expect(await workload.image()).to.equal('acme/web:2-bad');
    });

    it('is announced again for every try', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const update = push({ tag: '2' });
      const steps: string[] = [];
      const beforeWrite = async (step: string): Promise<void> => {
        steps.push(step);
        if (steps.length < 3) await workload.patch({ metadata: { annotations: { count: String(steps.length) } } });
      };
      expect(await update.execute(await planned(update), { beforeWrite })).to.have.property('outcome', 'succeeded');
      expect(steps).to.deep.equal(Array(3).fill('write acme/web:2'));
    });
  });

  describe('a failed rollout', () => {
    it('holds the image that was written', async () => {
      const digest = `sha256:${'6'.repeat(64)}`;
      const { push } = await setUp({ replicas: 1, progressDeadlineSeconds: 1 });
      const { outcome, hold, message } = await push({ tag: '2-bad', digest }).run();
      expect([outcome, hold?.images]).to.deep.equal(['rolledBack', [`acme/web:2-bad@${digest}`]]);
      expect(message.startsWith(`${hold?.reason}; rolled back`)).to.equal(true);
    });

    it('that stays holds it only for a definite cause', async () => {
      const { push } = await setUp({ replicas: 1, progressDeadlineSeconds: 600 });
      const keep = { onFailure: 'keep', timeoutSeconds: 5 };
      expect((await push({ tag: '2-unready' }, { ...keep, timeoutSeconds: 1 }).run()).hold).to.equal(undefined);
      expect((await push({ tag: '2-bad' }, keep).run()).hold?.images).to.deep.equal(['acme/web:2-bad']);
    });
  });

  describe('a plan that others overtook', () => {
    it('is made anew from what is there, so that its push is not lost', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const update = push({ tag: '3' });
      const action = await planned(update);
      await push({ tag: '2' }).run();
      const anew = await update.replan(action);
      if (!('action' in anew)) throw new Error(anew.reason);
      expect(anew.action).to.include({ target: action.target });
      expect(anew.action).to.deep.include({ streams: ['web docker.io/acme/web'], images: ['acme/web:3'] });
      expect(anew.action.input['id']).to.equal(action.input['id']);
      expect(await update.execute(anew.action)).to.have.property('outcome', 'succeeded');
      expect(await workload.image()).to.equal('acme/web:3');
    });

    it('leaves what runs already', async () => {
      const { push } = await setUp({ replicas: 1 });
      const update = push({ tag: '2' });
      const action = await planned(update);
      await push({ tag: '2' }).run();
      const anew = await update.replan(action);
      expect(anew).to.have.property('reason').that.contains('container web already runs acme/web:2');
    });

    it('keeps an image that a push found in place, should an older push wait to replace it', async () => {
      const { workload, push } = await setUp({ replicas: 1 });
      const older = push({ tag: '2' });
      const action = await planned(older);
      const newer = push({ tag: '1' });
      const kept = (await newer.plan()).skipped?.[0]?.otherwise;
      if (!kept) throw new Error('nothing keeps the image');
      expect(kept.streams).to.deep.equal(action.streams);
      expect(await newer.execute(kept), 'in place of the older one').to.have.property('outcome', 'succeeded');
      expect(newer.steps).to.deep.equal([]);
      await older.execute(action);
      const anew = await newer.replan(kept);
      if (!('action' in anew)) throw new Error(anew.reason);
      expect(await newer.execute(anew.action), 'after the older one').to.have.property('outcome', 'succeeded');
      expect(await workload.image()).to.equal('acme/web:1');
    });

    it('restarts no pods that were made since', async () => {
      const { workload, push } = await setUp({ replicas: 1, imagePullPolicy: 'Always' });
      const update = push({ tag: '1' });
      const action = await planned(update);
      expect(await update.replan(action)).to.have.nested.property('action.input.restartedAt');
      await push({ tag: '1' }).run();
      expect(await update.replan(action)).to.deep.equal({
        reason: 'container web was started with acme/web:1 meanwhile',
      });
      await workload.patch({ spec: { paused: true } });
      expect(await update.replan(action)).to.deep.equal({ reason: 'the Deployment is paused' });
    });
  });
}
