import { expect } from 'chai';
import type { TargetRecord } from '../../src/framework/deliveries/delivery-record.ts';
import type { FoundHold } from '../../src/framework/driver.ts';
import {
  actionOn,
  claimAll,
  claimOne,
  deliveryOf,
  planned,
  push,
  read,
  states,
  succeed,
  type UseStore,
} from './delivery-store-use.ts';

export function itKeepsHolds(store: UseStore): void {
  const v2 = 'acme/web:2';
  const by = { reason: 'it broke', heldBy: 'user 1a1' };

  describe('a target', () => {
    it('is known from the first plan on, once in each project', async () => {
      await planned(store(), {}, actionOn('a'), actionOn('b'));
      await planned(store(), { tag: '2' }, actionOn('a')).catch(() => undefined);
      for (const claim of await claimAll(store())) await succeed(store(), claim);
      await planned(store(), { projectId: '1a7' }, actionOn('a'));
      const targets = await store().listTargets('1a5');
      expect(targets.map(({ name, projectId, holds }) => ({ name, projectId, holds }))).to.deep.equal([
        { name: 'a', projectId: '1a5', holds: [] },
        { name: 'b', projectId: '1a5', holds: [] },
      ]);
      for (const target of targets) {
        expect(target.id).to.match(/^1wt[1-9]\d*$/);
        expect(await store().getTarget('1a5', target.id)).to.deep.equal(target);
      }
      expect(await store().listTargets('1a7')).to.have.length(1);
      expect(await store().listTargets('1a8')).to.deep.equal([]);
    });
  });

  describe('a hold', () => {
    const targetNamed = async (name: string, projectId = '1a5'): Promise<TargetRecord> => {
      const found = (await store().listTargets(projectId)).find((target) => target.name === name);
      if (found === undefined) throw new Error(`there is no target ${name}`);
      return found;
    };
    /** Makes a target known. */
    const known = async (projectId = '1a5'): Promise<TargetRecord> => {
      await planned(store(), { projectId, tag: 'first' }, actionOn('t'));
      await succeed(store(), await claimOne(store()));
      return targetNamed('t', projectId);
    };

    it('leaves its image out of a plan, with the reason', async () => {
      const { id: target } = await known();
      const held = await store().hold('1a5', target, { image: v2, ...by });
      expect(held?.holds).to.have.length(1);
      expect(held?.holds[0]).to.deep.include({ image: v2, ...by });
      expect(held?.holds[0]?.heldAt).to.be.a('number');
      const { id, works } = await planned(store(), {}, actionOn('t', { images: ['other', v2] }));
      expect(works).to.deep.equal([]);
      const record = await read(store(), id);
      expect(record.state).to.equal('ignored');
      expect(record.message)
        .to.match(/^on hold/)
        .and.include('it broke');
      expect(record.skipped).to.deep.equal([{ target: 't', reason: record.message }]);
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('leaves other images, other targets and the rest of the plan alone', async () => {
      const { id: target } = await known();
      await store().hold('1a5', target, { image: v2, ...by });
      const free = [actionOn('t', { images: ['acme/web:3'] }), actionOn('t'), actionOn('u', { images: [v2] })];
      const { works, id } = await planned(store(), {}, actionOn('t', { images: [v2] }), ...free);
      expect(works.map(({ action }) => action)).to.deep.equal(free);
      expect((await read(store(), id)).skipped.map(({ target: name }) => name)).to.deep.equal(['t']);
    });

    it('on no image in particular holds all of them', async () => {
      const { id: target } = await known();
      await store().hold('1a5', target, { image: '', ...by });
      for (const images of [undefined, [], ['x']]) {
        const { works } = await planned(store(), {}, actionOn('t', images && { images }));
        expect(works).to.deep.equal([]);
      }
    });

    it('that is set later ends what waits for the target and is held', async () => {
      const { id: target } = await known();
      const held = await planned(store(), {}, actionOn('t', { images: [v2] }), actionOn('u', { images: [v2] }));
      const other = await claimAll(store());
      for (const claim of other) await store().postpone(claim, { message: '', readyAt: 0, counts: true });
      await store().hold('1a5', target, { image: v2, ...by });
      const record = await read(store(), held.id);
      expect(record.actions.map(({ target: name, state }) => `${name} ${state}`)).to.deep.equal(['t cancelled', 'u waiting']);
      expect(record.actions[0]?.message).to.match(/^on hold/);
      const claim = await claimOne(store());
      expect(claim.actions[0]?.action.target).to.equal('u');
      await succeed(store(), claim);
      expect(await states(store(), held.id)).to.deep.equal(['cancelled']);
    });

    it('does not touch what is under way', async () => {
      const { id: target } = await known();
      const { id } = await planned(store(), {}, actionOn('t', { images: [v2] }));
      const claim = await claimOne(store());
      await store().hold('1a5', target, { image: v2, ...by });
      await succeed(store(), claim);
      expect(await states(store(), id)).to.deep.equal(['succeeded']);
    });

    it('is set by an action that failed, and ends what waits with the same image', async () => {
      await planned(store(), {}, actionOn('t', { images: [v2] }));
      const claim = await claimOne(store());
      const waits = await planned(store(), { tag: 'again' }, actionOn('t', { images: [v2] }));
      const other = await planned(store(), { tag: 'other' }, actionOn('t', { images: ['acme/web:3'] }));
      const hold = { images: [v2, 'acme/log:2'], reason: 'the rollout failed' };
      await store().end(claim, claim.actions[0]?.id, { state: 'rolledBack', message: '', hold });
      const { holds } = await targetNamed('t');
      expect(holds.map(({ image, reason }) => ({ image, reason }))).to.have.deep.members([
        { image: v2, reason: hold.reason },
        { image: 'acme/log:2', reason: hold.reason },
      ]);
      for (const { heldBy } of holds) expect(heldBy).to.include(claim.delivery.id);
      expect((await claimOne(store())).delivery.id).to.equal(other.id);
      expect(await states(store(), waits.id)).to.deep.equal(['cancelled']);
      expect((await planned(store(), { tag: 'new' }, actionOn('t', { images: [v2] }))).works).to.deep.equal([]);
    });

    it('is set once for an image, with the last reason', async () => {
      const { id: target } = await known();
      await store().hold('1a5', target, { image: v2, ...by });
      await store().hold('1a5', target, { image: 'acme/web:3', ...by });
      const held = await store().hold('1a5', target, { image: v2, reason: 'still broken', heldBy: 'user 1a2' });
      const reasons = new Map(held?.holds.map(({ image, reason, heldBy }) => [image, `${reason} ${heldBy}`]));
      expect(Object.fromEntries(reasons)).to.deep.equal({ [v2]: 'still broken user 1a2', 'acme/web:3': 'it broke user 1a1' });
      expect(held?.holds).to.have.length(2);
    });

    it('ends for one image or for all', async () => {
      const { id: target } = await known();
      for (const image of ['', 'b', v2]) await store().hold('1a5', target, { image, ...by });
      expect((await store().releaseHold('1a5', target, 'none'))?.holds).to.have.length(3);
      expect((await store().releaseHold('1a5', target, ''))?.holds.map(({ image }) => image)).to.have.members(['b', v2]);
      expect((await store().releaseHold('1a5', target, v2))?.holds.map(({ image }) => image)).to.deep.equal(['b']);
      expect((await planned(store(), {}, actionOn('t', { images: [v2] }))).works).to.have.length(1);
      expect((await store().releaseHold('1a5', target))?.holds).to.deep.equal([]);
    });

    it('reaches the same digest under any tag, and a tag with any digest', async () => {
      const { id: target } = await known();
      const [a, b] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
      const isHeld = async (image: string): Promise<boolean> => {
        const { works } = await planned(store(), { tag: image }, actionOn('t', { images: [image] }));
        for (const claim of await claimAll(store())) await succeed(store(), claim);
        return works.length === 0;
      };
      await store().hold('1a5', target, { image: `acme/web:2@${a}`, ...by });
      for (const image of [`acme/web:2@${a}`, `acme/web:3@${a}`, `docker.io/acme/web@${a}`])
        expect(await isHeld(image), image).to.equal(true);
      for (const image of [`acme/web:2@${b}`, 'acme/web:2']) expect(await isHeld(image), image).to.equal(false);
      await store().releaseHold('1a5', target);
      await store().hold('1a5', target, { image: v2, ...by });
      for (const image of [v2, `acme/web:2@${a}`, 'index.docker.io/acme/web:2'])
        expect(await isHeld(image), image).to.equal(true);
      for (const image of ['acme/web:3', `acme/web@${a}`, 'acme/web', 'acme/other:2', 'quay.io/acme/web:2'])
        expect(await isHeld(image), image).to.equal(false);
    });

    it('is put by a plan that finds its image taken off, before anything is planned with it', async () => {
      const found = { target: 't', image: v2, reason: 'somebody put acme/web:1 back', since: Date.now() };
      const planFound = async (tag: string, since = found.since): Promise<string[]> => {
        await push(store(), { tag });
        const claim = await claimOne(store());
        const actions = [actionOn('t', { images: [v2] })];
        const works = await store().recordPlan(claim, { actions, skipped: [], holds: [{ ...found, since }] });
        for (const each of await claimAll(store())) await succeed(store(), each);
        return works.map(({ action }) => action.target);
      };
      expect(await planFound('first')).to.deep.equal([]);
      const { id: target, holds } = await targetNamed('t');
      expect(holds.map(({ image, reason }) => [image, reason])).to.deep.equal([[v2, found.reason]]);
      expect(await planFound('second'), 'until somebody releases it').to.deep.equal([]);
      await store().releaseHold('1a5', target);
      expect((await targetNamed('t')).holds).to.deep.equal([]);
      expect(await planFound('third'), 'what was released stays released').to.deep.equal(['t']);
      expect(await planFound('fourth', Date.now() + 60_000), 'and is taken off once more').to.deep.equal([]);
      expect((await targetNamed('t')).holds).to.have.length(1);
    });

    it('is foretold for a plan that is not recorded', async () => {
      const actions = [actionOn('t', { images: [v2] }), actionOn('u', { images: [v2] })];
      const skipped = [{ target: 's', reason: 'is paused' }];
      const foretold = async (holds: readonly FoundHold[] = []): Promise<unknown> => {
        const plan = await store().judgePlan('1a5', { actions, skipped, holds }, deliveryOf());
        return [plan.actions.map((each) => each.target), plan.skipped.map(({ target, reason }) => `${target} ${reason}`)];
      };
      expect(await foretold()).to.deep.equal([['t', 'u'], ['s is paused']]);
      expect(await store().listTargets('1a5'), 'and nothing is known of it').to.deep.equal([]);
      const { id: target } = await known();
      const found = { target: 't', image: v2, reason: 'somebody put acme/web:1 back', since: Date.now() };
      const undone = [['u'], ['s is paused', `t on hold by this delivery for ${v2}: ${found.reason}`]];
      expect(await foretold([found])).to.deep.equal(undone);
      expect((await targetNamed('t')).holds, 'still nothing').to.deep.equal([]);
      await store().hold('1a5', target, { image: v2, ...by });
      expect(await foretold()).to.deep.equal([['u'], ['s is paused', `t on hold by user 1a1 for ${v2}: it broke`]]);
      await store().releaseHold('1a5', target);
      expect(await foretold([found]), 'it was released since').to.deep.equal([['t', 'u'], ['s is paused']]);
    });

    it('holds for its own project only', async () => {
      const mine = await known();
      const theirs = await known('1a7');
      expect(mine.id).not.to.equal(theirs.id);
      expect(await store().hold('1a7', mine.id, { image: '', ...by })).to.equal(undefined);
      expect(await store().releaseHold('1a7', mine.id)).to.equal(undefined);
      const { id } = await planned(store(), { projectId: '1a7' }, actionOn('t'));
      await store().hold('1a5', mine.id, { image: '', ...by });
      expect((await claimOne(store())).delivery.id).to.equal(id);
      expect((await store().getTarget('1a7', theirs.id))?.holds).to.deep.equal([]);
      expect((await planned(store(), { projectId: '1a7', receiver: 'b' }, actionOn('t'))).works).to.have.length(1);
    });

    it('of a target that is not there is none', async () => {
      await push(store());
      for (const id of ['1wt1', '1wt99', '1wd1', '', 'x', `1wt1' --`, '1wt1\0', '1wt99999999999999999999', '1wt-1', '1wt1.5']) {
        expect(await store().hold('1a5', id, { image: '', ...by })).to.equal(undefined);
        expect(await store().releaseHold('1a5', id)).to.equal(undefined);
        expect(await store().getTarget('1a5', id)).to.equal(undefined);
      }
    });
  });
}
