import { expect } from 'chai';
import { type EndState, type DeliveryState, stateOfDelivery } from '../../src/framework/deliveries/delivery-record.ts';
import type { Claim } from '../../src/framework/deliveries/delivery-store.ts';
import {
  actionOn,
  claimAll,
  claimOne,
  hit,
  hour,
  planned,
  push,
  read,
  states,
  succeed,
  type UseStore,
} from './delivery-store-use.ts';

const ends: readonly EndState[] = [
  'succeeded',
  'failed',
  'rolledBack',
  'superseded',
  'interrupted',
  'cancelled',
  'dead',
  'ignored',
];

export function itEndsDeliveries(store: UseStore): void {
  describe('a plan', () => {
    it('becomes actions that wait for their targets', async () => {
      const actions = [actionOn('b', { input: { n: 1 }, images: ['i'] }), actionOn('a', { streams: ['s'], rank: '1' })];
      const skipped = [{ target: 'c', reason: 'runs it already' }];
      const id = await push(store());
      const works = await store().recordPlan(await claimOne(store()), { actions, skipped });
      expect(works.map(({ action, step }) => ({ action, step }))).to.deep.equal(actions.map((action) => ({ action, step: '' })));
      for (const work of works) expect(work.id).to.match(/^1wa[1-9]\d*$/);
      const record = await read(store(), id);
      expect(record).to.deep.include({ state: 'waiting', skipped });
      expect(record).not.to.have.property('endedAt');
      for (const [index, action] of record.actions.entries()) {
        expect(action).to.deep.include({ ...actions[index], id: works[index]?.id, state: 'waiting', step: '', attempts: [] });
      }
      const claims = await claimAll(store());
      expect(claims.map(({ actions: claimed }) => claimed)).to.have.deep.members(works.map((work) => [work]));
    });

    it('of nothing ends the delivery as ignored, with every reason once', async () => {
      const id = await push(store());
      const skipped = [
        { target: 'a', reason: 'runs it already' },
        { target: 'b', reason: 'runs it already' },
        { target: 'c', reason: 'is paused' },
      ];
      expect(await store().recordPlan(await claimOne(store()), { actions: [], skipped })).to.deep.equal([]);
      const record = await read(store(), id);
      expect(record).to.deep.include({ state: 'ignored', message: 'runs it already; is paused', skipped, actions: [] });
      expect(record.endedAt).to.be.a('number');
    });

    it('of nothing without a reason is ignored too', async () => {
      const id = await push(store());
      await store().recordPlan(await claimOne(store()), { actions: [], skipped: [] });
      const { state, message } = await read(store(), id);
      expect(state).to.equal('ignored');
      expect(message).not.to.equal('');
    });

    it('that failed ends the delivery', async () => {
      const id = await push(store());
      await store().end(await claimOne(store()), undefined, { state: 'dead', message: 'no such cluster' });
      expect(await read(store(), id)).to.include({ state: 'dead', message: 'no such cluster' });
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('may have 301 actions, side by side', async () => {
      const { id, works } = await planned(
        store(),
        {},
        ...Array.from({ length: 301 }, (_, index) => actionOn(`service ${index}`)),
      );
      expect(works).to.have.length(301);
      const claims = await claimAll(store());
      expect(new Set(claims.map(({ lane }) => lane)).size).to.equal(301);
      await Promise.all(claims.map((claim) => succeed(store(), claim)));
      expect(await states(store(), id)).to.deep.equal(['succeeded']);
    }).timeout(180_000);
  });

  describe('the state of a delivery', () => {
    for (const first of ends) {
      it(`is as the design says for two actions of which one ended ${first}`, async () => {
        for (const second of ends) {
          const { id } = await planned(store(), {}, actionOn('a'), actionOn('b'));
          const claims = await claimAll(store());
          const [one, two] = claims as [Claim, Claim];
          await store().end(one, one.actions[0]?.id, { state: first, message: `it ${first}` });
          expect(await states(store(), id)).to.deep.equal(['running']);
          await store().postpone(two, { message: 'later', readyAt: 0, counts: true });
          expect(await states(store(), id)).to.deep.equal(['waiting']);
          const again = await claimOne(store());
          await store().end(again, again.actions[0]?.id, { state: second, message: `it ${second}` });
          const record = await read(store(), id);
          expect(record.state).to.equal(stateOfDelivery([first, second]));
          expect(record.message).to.include(`it ${record.state}`);
          expect(record.endedAt).to.be.a('number');
        }
      }).timeout(180_000);
    }

    it('is that of the first found of the design, for all combinations', () => {
      const order = ['dead', 'failed', 'rolledBack', 'interrupted', 'cancelled', 'succeeded', 'superseded'] as const;
      for (let bits = 1; bits < 2 ** order.length; bits++) {
        const some = order.filter((_, index) => bits & (2 ** index));
        expect(stateOfDelivery(some.toReversed())).to.equal(some[0]);
        for (const unfinished of ['running', 'waiting', 'queued'] as const satisfies readonly DeliveryState[]) {
          expect(stateOfDelivery([...some, unfinished])).to.equal(unfinished);
        }
      }
    });

    it('is what the end of its work says, which is not changed afterwards', async () => {
      const { id } = await planned(store(), {}, actionOn('a'));
      const claim = await claimOne(store());
      await succeed(store(), claim);
      const before = await read(store(), id);
      await store()
        .end(claim, claim.actions[0]?.id, { state: 'failed', message: 'late' })
        .catch(() => undefined);
      await store().cancel('1a5', id, 'somebody');
      expect(await read(store(), id)).to.deep.equal(before);
    });
  });

  describe('cancelling', () => {
    it('ends what has not begun, and says by whom', async () => {
      const id = await push(store());
      expect(await store().cancel('1a5', id, `user 'x'`)).to.deep.equal({ state: 'cancelled', running: [] });
      expect(await read(store(), id)).to.include({ state: 'cancelled', message: `cancelled by user 'x'` });
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('ends the actions that wait, and marks those under way', async () => {
      const { id } = await planned(store(), {}, actionOn('a'), actionOn('b'));
      const claims = await claimAll(store());
      const [doing, waits] = claims as [Claim, Claim];
      await store().postpone(waits, { message: '', readyAt: Date.now() + hour, counts: true });
      expect(await store().cancel('1a5', id, 'me')).to.deep.equal({ state: 'running', running: [doing.fence] });
      const byTarget = new Map((await read(store(), id)).actions.map(({ target, state }) => [target, state]));
      expect(byTarget.get(doing.actions[0]?.action.target ?? '')).to.equal('running');
      expect(byTarget.get(waits.actions[0]?.action.target ?? '')).to.equal('cancelled');
      await store().end(doing, doing.actions[0]?.id, { state: 'cancelled', message: 'stopped' });
      expect(await states(store(), id)).to.deep.equal(['cancelled']);
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('holds although its plan is made at this very moment', async () => {
      const id = await push(store());
      const claim = await claimOne(store());
      expect(await store().cancel('1a5', id, 'me')).to.deep.equal({ state: 'running', running: [claim.fence] });
      await store().recordPlan(claim, { actions: [actionOn('a'), actionOn('b')], skipped: [] });
      expect(await claimAll(store())).to.deep.equal([]);
      expect(await read(store(), id)).to.include({ state: 'cancelled' });
    });

    it('holds although the process that was told is gone', async () => {
      const { id } = await planned(store(), {}, actionOn('a'));
      await claimOne(store());
      await store().cancel('1a5', id, 'me');
      await store().endAllLeases();
      expect(await states(store(), id)).to.deep.equal(['cancelled']);
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('does not undo what is done all the same', async () => {
      const { id } = await planned(store(), {}, actionOn('a'));
      const claim = await claimOne(store());
      await store().cancel('1a5', id, 'me');
      await succeed(store(), claim);
      expect(await states(store(), id)).to.deep.equal(['succeeded']);
    });

    it('changes nothing of what has ended', async () => {
      const ignored = await push(store(), { kind: 'ignored', message: 'why' });
      const before = await read(store(), ignored);
      expect(await store().cancel('1a5', ignored, 'me')).to.deep.equal({ state: 'ignored', running: [] });
      expect(await read(store(), ignored)).to.deep.equal(before);
    });

    it('lets the next of the lane go on', async () => {
      const first = await push(store(), { tag: '1' });
      const second = await push(store(), { tag: '2' });
      await store().cancel('1a5', first, 'me');
      expect((await claimOne(store())).delivery.id).to.equal(second);
    });

    it('of an inline delivery under way tells who does it', async () => {
      const { id, claim } = await hit(store());
      await store().recordPlan(claim as Claim, { actions: [actionOn('a')], skipped: [] });
      expect(await store().cancel('1a5', id, 'me')).to.deep.equal({ state: 'running', running: [claim?.fence] });
    });
  });
}
