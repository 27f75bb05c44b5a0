import { expect } from 'chai';
import type { Claim } from '../../src/framework/deliveries/delivery-store.ts';
import type { PlannedAction } from '../../src/framework/driver.ts';
import {
  actionOn,
  claimAll,
  claimOne,
  deliveryOf,
  hour,
  imageEvent,
  planned,
  push,
  type Push,
  read,
  states,
  succeed,
  type UseStore,
} from './delivery-store-use.ts';

export function itLetsTheNewestWin(store: UseStore): void {
  describe('of several pushes that wait for their plan', () => {
    it('the last to arrive is planned, and the others say by which they were superseded', async () => {
      const ids = [await push(store()), await push(store()), await push(store())];
      const claim = await claimOne(store());
      expect(claim.delivery.id).to.equal(ids[2]);
      for (const [index, id] of ids.slice(0, 2).entries()) {
        const record = await read(store(), id);
        const by = ids[index + 1];
        expect(record).to.include({ state: 'superseded', supersededBy: by, message: `superseded by ${by}` });
        expect(record.endedAt).to.be.a('number');
      }
      await store().recordPlan(claim, { actions: [], skipped: [] });
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('the one that was pushed last is planned, whenever it arrived', async () => {
      const ids = [
        await push(store(), { pushedAt: 1 }),
        await push(store(), { pushedAt: 3 }),
        await push(store(), { pushedAt: 2 }),
      ];
      expect((await claimOne(store())).delivery.id).to.equal(ids[1]);
      expect(await states(store(), ...ids)).to.deep.equal(['superseded', 'running', 'superseded']);
    });

    it('the last of those pushed at the same time is planned', async () => {
      const ids = [await push(store(), { pushedAt: 5 }), await push(store(), { pushedAt: 5 })];
      expect((await claimOne(store())).delivery.id).to.equal(ids[1]);
    });

    it('arrival decides where one does not say when it was pushed', async () => {
      const ids = [await push(store(), { pushedAt: 9_000 }), await push(store())];
      expect((await claimOne(store())).delivery.id).to.equal(ids[1]);
      expect(await states(store(), ...ids)).to.deep.equal(['superseded', 'running']);
    });

    it('none is lost to another repository, registry, tag or receiver', async () => {
      const pushes: Push[] = [{}, { tag: '2' }, { repository: 'acme/api' }, { receiver: 'other' }, { projectId: '1a7' }];
      const ids: string[] = [];
      for (const each of pushes) ids.push(await push(store(), each));
      ids.push(await push(store(), { events: [{ ...imageEvent(), registry: 'quay.io' }] }));
      const seen: string[] = [];
      for (let claims = await claimAll(store()); claims.length > 0; claims = await claimAll(store())) {
        for (const claim of claims) {
          seen.push(claim.delivery.id);
          await store().end(claim, undefined, { state: 'failed', message: '' });
        }
      }
      expect(seen.toSorted()).to.deep.equal(ids.toSorted());
    });

    it('one with several images is superseded only when each has a newer push', async () => {
      const both = await push(store(), { events: [imageEvent({ tag: 'a' }), imageEvent({ tag: 'b' })] });
      const one = await push(store(), { tag: 'a' });
      const first = await claimOne(store());
      expect(first.delivery.id).to.equal(both);
      expect(await states(store(), one)).to.deep.equal(['queued']);
      await store().postpone(first, { message: 'later', readyAt: 0, counts: true });
      const other = await push(store(), { tag: 'b' });
      expect((await claimOne(store())).delivery.id).to.equal(one);
      expect(await states(store(), both, other)).to.deep.equal(['superseded', 'queued']);
      expect([one, other]).to.include((await read(store(), both)).supersededBy);
    });

    it('one with several images is as new as the newest of them, if all tell', async () => {
      const two = (a: number, b?: number): Push => ({
        events: [imageEvent({ pushedAt: a }), imageEvent(b === undefined ? {} : { pushedAt: b })],
      });
      const ids = [await push(store(), two(1, 9)), await push(store(), two(5, 5))];
      const claim = await claimOne(store());
      expect(claim.delivery.id).to.equal(ids[0]);
      await store().postpone(claim, { message: '', readyAt: 0, counts: true });
      const untold = await push(store(), two(2));
      expect((await claimOne(store())).delivery.id).to.equal(untold);
    });

    it('with different tags, the one that was pushed last is planned first, if all tell', async () => {
      const pushes: Push[] = [
        { tag: 'a', pushedAt: 1 },
        { tag: 'b', pushedAt: 3 },
        { tag: 'c', pushedAt: 2 },
      ];
      const [a, b, c] = [await push(store(), pushes[0]), await push(store(), pushes[1]), await push(store(), pushes[2])];
      const first = await claimOne(store());
      expect(first.delivery.id).to.equal(b);
      const untold = await push(store(), { tag: 'd' });
      await store().end(first, undefined, { state: 'succeeded', message: '' });
      for (const id of [a, c, untold]) {
        const next = await claimOne(store());
        expect(next.delivery.id).to.equal(id);
        await store().end(next, undefined, { state: 'succeeded', message: '' });
      }
    });

    it('what is under way is not superseded, and what has no image never', async () => {
      const running = await push(store());
      const claim = await claimOne(store());
      const bare = [await push(store(), { events: [] }), await push(store(), { events: [] })];
      const newer = await push(store());
      expect(await claimAll(store())).to.deep.equal([]);
      expect(await states(store(), running, newer)).to.deep.equal(['running', 'queued']);
      await store().end(claim, undefined, { state: 'succeeded', message: '' });
      for (const id of [...bare, newer]) {
        const next = await claimOne(store());
        expect(next.delivery.id).to.equal(id);
        await store().end(next, undefined, { state: 'succeeded', message: '' });
      }
    });

    it('the newest is planned of all tags, where the tag does not matter', async () => {
      const of = (tag: string, pushedAt: number, more: Push = {}): Push => ({ tag, pushedAt, anyTag: true, ...more });
      const ids = [await push(store(), of('a', 1)), await push(store(), of('b', 3)), await push(store(), of('c', 2))];
      const other = await push(store(), of('a', 1, { repository: 'acme/api' }));
      const several = await push(store(), { anyTag: true, events: [imageEvent({ tag: 'd' }), imageEvent({ tag: 'e' })] });
      expect(await states(store(), ...ids, other, several)).to.deep.equal([
        'superseded',
        'superseded',
        'superseded',
        'queued',
        'queued',
      ]);
      expect(await read(store(), ids[2] ?? '')).to.include({ supersededBy: ids[1] });
      expect(await read(store(), ids[1] ?? '')).to.include({ supersededBy: several });
    });

    it('an older tag waits on where something is on hold: the newest may be', async () => {
      await planned(store(), {}, actionOn('t'));
      await succeed(store(), await claimOne(store()));
      const [target] = await store().listTargets('1a5');
      await store().hold('1a5', target?.id ?? '', { image: 'acme/web:b', reason: '', heldBy: 'user 1a1' });
      const ids = [await push(store(), { tag: 'a', anyTag: true }), await push(store(), { tag: 'b', anyTag: true })];
      ids.push(await push(store(), { tag: 'b', anyTag: true }));
      expect(await states(store(), ...ids)).to.deep.equal(['queued', 'superseded', 'queued']);
    });

    it('a replay counts as new, whenever its image was pushed', async () => {
      const first = await push(store(), { pushedAt: 1 });
      await store().end(await claimOne(store()), undefined, { state: 'failed', message: '' });
      const newer = await push(store(), { pushedAt: 2 });
      const replay = await push(store(), { pushedAt: 1, replayOf: first });
      expect((await claimOne(store())).delivery.id).to.equal(replay);
      expect(await states(store(), newer)).to.deep.equal(['superseded']);
    });
  });

  describe('of several actions that wait for one target', () => {
    /** Has actions wait behind one that is being done. */
    const behind = async (
      ...waiting: readonly (readonly [Push, Partial<PlannedAction>])[]
    ): Promise<{ readonly running: Claim; readonly ids: string[] }> => {
      await planned(store(), { receiver: 'before', tag: 'before' }, actionOn('target', { streams: ['other'] }));
      const running = await claimOne(store());
      const ids: string[] = [];
      for (const [index, [parts, action]] of waiting.entries()) {
        ids.push((await planned(store(), { tag: `t${index}`, ...parts }, actionOn('target', action))).id);
      }
      return { running, ids };
    };
    /** Does everything, one after the other. @returns the deliveries in that order. */
    const doAll = async (): Promise<string[]> => {
      const done: string[] = [];
      for (let claims = await claimAll(store()); claims.length > 0; claims = await claimAll(store())) {
        expect(claims).to.have.length(1);
        for (const claim of claims) {
          done.push(claim.delivery.id);
          await succeed(store(), claim);
        }
      }
      return done;
    };

    it('only the newest of a stream is done, and each other one says by which', async () => {
      const streams = ['web acme/web'];
      const { running, ids } = await behind([{}, { streams }], [{}, { streams }], [{}, { streams }]);
      expect(await states(store(), ...ids)).to.deep.equal(['superseded', 'superseded', 'waiting']);
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal([ids[2]]);
      for (const [index, id] of ids.slice(0, 2).entries()) {
        const { state, supersededBy, actions } = await read(store(), id);
        expect({ state, supersededBy }).to.deep.equal({ state: 'superseded', supersededBy: ids[index + 1] });
        expect(actions[0]).to.include({ state: 'superseded', supersededBy: ids[index + 1] });
      }
    });

    it('the push is newest that was made last', async () => {
      const streams = ['web'];
      const { running, ids } = await behind(
        [{ pushedAt: 3_000 }, { streams }],
        [{ pushedAt: 1_000 }, { streams }],
        [{ pushedAt: 2_000 }, { streams }],
      );
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal([ids[0]]);
    });

    it('the greater version wins over the later push', async () => {
      const streams = ['web'];
      const { running, ids } = await behind(
        [{ pushedAt: 1_000 }, { streams, rank: '0002' }],
        [{ pushedAt: 3_000 }, { streams, rank: '0001' }],
      );
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal([ids[0]]);
      expect((await read(store(), ids[1] ?? '')).supersededBy).to.equal(ids[0]);
    });

    it('a push for another container is never lost', async () => {
      const { running, ids } = await behind([{}, { streams: ['web'] }], [{}, { streams: ['log'] }], [{}, { streams: ['web'] }]);
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal([ids[1], ids[2]]);
    });

    it('one of two streams is superseded only when newer ones have both', async () => {
      const one = await behind([{}, { streams: ['web', 'log'] }], [{}, { streams: ['web'] }]);
      await succeed(store(), one.running);
      expect(await doAll()).to.deep.equal(one.ids);
      const last = await behind([{}, { streams: ['log', 'web'] }], [{}, { streams: ['web'] }]);
      await succeed(store(), last.running);
      expect(await doAll()).to.deep.equal(last.ids);
      const two = await behind([{}, { streams: ['web', 'log'] }], [{}, { streams: ['web'] }], [{}, { streams: ['log'] }]);
      await succeed(store(), two.running);
      expect(await doAll()).to.deep.equal(two.ids.slice(1));
      const wide = await behind([{}, { streams: ['web'] }], [{}, { streams: ['web', 'log'] }]);
      await succeed(store(), wide.running);
      expect(await doAll()).to.deep.equal(wide.ids.slice(1));
    });

    it('none is lost that has no stream, or is of another receiver', async () => {
      const streams = ['web'];
      const { running, ids } = await behind([{}, {}], [{}, {}], [{}, { streams }], [{ receiver: 'b' }, { streams }]);
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal(ids);
    });

    it('one that comes late is not done over a newer push', async () => {
      const streams = ['web'];
      const { running, ids } = await behind([{ pushedAt: 2_000 }, { streams }]);
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal(ids);
      const late = await planned(store(), { pushedAt: 1_000, tag: 'late' }, actionOn('target', { streams }));
      const both = await planned(store(), { pushedAt: 1_000, tag: 'both' }, actionOn('target', { streams: ['web', 'log'] }));
      expect(await doAll()).to.deep.equal([both.id]);
      expect(await read(store(), late.id)).to.include({ state: 'superseded', supersededBy: ids[0] });
    });

    it('a plan that is not recorded tells that it comes late', async () => {
      const streams = ['web'];
      const { running, ids } = await behind([{ pushedAt: 2_000 }, { streams }]);
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal(ids);
      const foretold = async (pushedAt: number): Promise<unknown> => {
        const plan = { actions: [actionOn('target', { streams })], skipped: [] };
        const { actions, skipped } = await store().judgePlan('1a5', plan, deliveryOf({ pushedAt }));
        return actions.length === 1 ? 'done' : skipped.map(({ reason }) => reason);
      };
      expect(await foretold(1_000)).to.deep.equal([`delivery ${ids[0]} has brought what was pushed later`]);
      expect(await foretold(2_000)).to.equal('done');
    });

    it('one whose push has not come yet keeps none out', async () => {
      const streams = ['web'];
      const { running, ids } = await behind([{ pushedAt: Date.now() + hour }, { streams }]);
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal(ids);
      const next = await planned(store(), { pushedAt: Date.now(), tag: 'next' }, actionOn('target', { streams }));
      expect(await doAll()).to.deep.equal([next.id]);
    });

    it('one that was pushed at the same time, or has a greater version, is done over it', async () => {
      const streams = ['web'];
      const { running, ids } = await behind([{ pushedAt: 2_000 }, { streams, rank: '1' }]);
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal(ids);
      const same = await planned(store(), { pushedAt: 2_000, tag: 'same' }, actionOn('target', { streams }));
      expect(await doAll()).to.deep.equal([same.id]);
      const greater = await planned(store(), { pushedAt: 1_000, tag: '2' }, actionOn('target', { streams, rank: '2' }));
      expect(await doAll()).to.deep.equal([greater.id]);
    });

    it('one that failed does not stand in the way of an older push', async () => {
      const streams = ['web'];
      await planned(store(), { pushedAt: 2_000 }, actionOn('target', { streams }));
      const claim = await claimOne(store());
      await store().end(claim, claim.actions[0]?.id, { state: 'rolledBack', message: '' });
      const older = await planned(store(), { pushedAt: 1_000, tag: 'older' }, actionOn('target', { streams }));
      expect(await doAll()).to.deep.equal([older.id]);
    });

    it('the newest waits as long as the upstream asked for', async () => {
      const streams = ['web'];
      await planned(store(), {}, actionOn('target', { streams }));
      const notBefore = Date.now() + hour;
      await store().postpone(await claimOne(store()), { message: '', readyAt: notBefore, notBefore, counts: true });
      const newer = await planned(store(), { tag: '2' }, actionOn('target', { streams }));
      expect(await claimAll(store())).to.deep.equal([]);
      await store().wake({ upstream: 'rancher' });
      expect(await claimAll(store())).to.deep.equal([]);
      expect(await states(store(), newer.id)).to.deep.equal(['waiting']);
    });

    it('the newest goes first where the older one only waits for its next try', async () => {
      const streams = ['web'];
      const older = await planned(store(), {}, actionOn('target', { streams }));
      await store().postpone(await claimOne(store()), { message: '', readyAt: Date.now() + hour, counts: true });
      const newer = await planned(store(), { tag: '2' }, actionOn('target', { streams }));
      expect((await claimOne(store())).delivery.id).to.equal(newer.id);
      expect(await states(store(), older.id)).to.deep.equal(['superseded']);
    });

    it('one that finds its image in place still has the last word', async () => {
      const streams = ['web'];
      const otherwise = actionOn('target', { streams, description: 'keep it' });
      const skipped = [{ target: 'target', reason: 'runs it already', otherwise }];
      const plan = async (tag: string): Promise<string> => {
        const id = await push(store(), { tag });
        await store().recordPlan(await claimOne(store()), { actions: [], skipped });
        return id;
      };
      const idle = await plan('idle');
      const { state, skipped: left } = await read(store(), idle);
      expect(state).to.equal('ignored');
      expect(left).to.deep.equal([{ target: 'target', reason: 'runs it already' }]);
      const { running, ids } = await behind([{}, { streams }]);
      const keeping = await plan('keeping');
      await succeed(store(), running);
      expect(await doAll()).to.deep.equal([keeping]);
      expect((await read(store(), ids[0] ?? '')).supersededBy).to.equal(keeping);
      await planned(store(), { tag: 'doing' }, actionOn('target', { streams }));
      const doing = await claimOne(store());
      const last = await plan('last');
      await succeed(store(), doing);
      expect(await doAll()).to.deep.equal([last]);
    });

    it('those of one delivery do not supersede each other for other targets', async () => {
      const streams = ['web'];
      const { id } = await store().accept(deliveryOf());
      const actions = [actionOn('a', { streams }), actionOn('b', { streams }), actionOn('c', { streams })];
      await store().recordPlan(await claimOne(store()), { actions, skipped: [] });
      expect((await claimAll(store())).map(({ delivery }) => delivery.id)).to.deep.equal([id, id, id]);
    });
  });
}
