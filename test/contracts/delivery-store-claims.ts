import { expect } from 'chai';
import type { Claim, DeliveryStore, PlannedWork } from '../../src/framework/deliveries/delivery-store.ts';
import type { Renewed } from '../../src/framework/deliveries/lease-answers.ts';
import {
  actionOn,
  claimAll,
  claimOne,
  hit,
  minute,
  planned,
  push,
  read,
  refusalOf,
  states,
  succeed,
  takeOver,
  type UseStore,
} from './delivery-store-use.ts';

export function itGivesClaims(store: UseStore): void {
  describe('a claim', () => {
    it('is given once', async () => {
      const id = await push(store(), { upstream: 'cluster a' });
      const claim = await claimOne(store(), { owner: 'one', leaseMs: 5_000 });
      expect(claim).to.deep.include({
        kind: 'plan',
        owner: 'one',
        leaseMs: 5_000,
        upstream: 'cluster a',
        attempt: 1,
        crashes: 0,
        outdated: false,
        actions: [],
      });
      expect(Math.abs(claim.firstAttemptAt - Date.now())).to.be.lessThan(minute);
      expect(await states(store(), id)).to.deep.equal(['running']);
      expect(await claimAll(store(), { owner: 'two' })).to.deep.equal([]);
    });

    it('is given for one plan of a receiver at a time, in the order of arrival', async () => {
      const ids = [await push(store(), { tag: '1' }), await push(store(), { tag: '2' }), await push(store(), { tag: '3' })];
      for (const id of ids) {
        const claim = await claimOne(store());
        expect(claim.delivery.id).to.equal(id);
        await store().recordPlan(claim, { actions: [], skipped: [] });
      }
    });

    it('is given for one action of a target at a time, of whatever receiver and project', async () => {
      const first = await planned(store(), { receiver: 'a' }, actionOn('shared'), actionOn('own'));
      const doing = await claimAll(store());
      expect(doing.map(({ actions }) => actions[0]?.id)).to.have.members(first.works.map(({ id }) => id));
      const second = await planned(store(), { receiver: 'b', projectId: '1a7', upstream: 'elsewhere' }, actionOn('shared'));
      expect(await claimAll(store())).to.deep.equal([]);
      for (const claim of doing) await succeed(store(), claim);
      const next = await claimOne(store());
      expect(next.actions.map(({ id }) => id)).to.deep.equal(second.works.map(({ id }) => id));
      expect(next.kind).to.equal('action');
      expect(next.lane).to.equal(doing.find(({ actions }) => actions[0]?.action.target === 'shared')?.lane);
    });

    it('is given to several at once without any being given twice', async () => {
      for (let index = 0; index < 40; index++) await push(store(), { receiver: `r${index}` });
      const given = await Promise.all(
        Array.from({ length: 8 }, (_, index) => claimAll(store(), { owner: `o${index}`, limit: 7 })),
      );
      const claims = given.flat();
      const left = await claimAll(store());
      const ids = [...claims, ...left].map(({ delivery }) => delivery.id);
      expect(ids).to.have.length(40);
      expect(new Set(ids).size).to.equal(40);
      expect(new Set([...claims, ...left].map(({ fence }) => fence)).size).to.equal(40);
      for (const some of given) expect(some.length).to.be.at.most(7);
    });

    it('is given for as many as are asked for, and of each upstream for as many as it may have', async () => {
      const upstreams = ['slow', 'slow', 'slow', 'fast', 'fast', 'constructor', 'constructor', '__proto__'];
      for (const [index, upstream] of upstreams.entries()) await push(store(), { upstream, receiver: `r${index}` });
      const count = (claims: readonly Claim[], name: string): number => claims.filter((claim) => claim.upstream === name).length;
      expect(await claimAll(store(), { limit: 0 })).to.deep.equal([]);
      expect(await claimAll(store(), { limit: 5, upstreams: { slow: 0, fast: 0, constructor: 0 } })).to.have.length(1);
      const some = await store().claim({ owner: 'o', leaseMs: minute, limit: 20, upstreams: { slow: 1, fast: 5 }, crashes: 0 });
      expect(some.claims).to.have.length(5);
      expect([count(some.claims, 'slow'), count(some.claims, 'fast'), count(some.claims, 'constructor')]).to.deep.equal([
        1, 2, 2,
      ]);
      expect(await claimAll(store(), { limit: 1 })).to.have.length(1);
      expect(await claimAll(store())).to.have.length(1);
    });

    it('is told of as outdated once others have worked in its lane since it was planned', async () => {
      await planned(store(), { receiver: 'a' }, actionOn('t'));
      const first = await claimOne(store());
      await planned(store(), { receiver: 'b' }, actionOn('t'));
      expect(first.outdated).to.equal(false);
      await succeed(store(), first);
      const second = await claimOne(store());
      expect(second.outdated).to.equal(true);
      await store().replacePlannedAction(second, second.actions[0]?.id ?? '', actionOn('t', { input: { again: 1 } }));
      await store().postpone(second, { message: '', readyAt: 0, counts: true });
      const third = await claimOne(store());
      expect(third.outdated).to.equal(false);
      expect(third.actions[0]?.action.input).to.deep.equal({ again: 1 });
    });

    it('is not outdated by its own first attempt', async () => {
      await planned(store(), {}, actionOn('t'));
      await store().postpone(await claimOne(store()), { message: '', readyAt: 0, counts: true });
      expect((await claimOne(store())).outdated).to.equal(false);
    });

    it('is not outdated by its own earlier attempts', async () => {
      await planned(store(), {}, actionOn('t'));
      const first = await claimOne(store(), { leaseMs: 0 });
      expect(first.outdated).to.equal(false);
      const second = await takeOver(store());
      expect(second.outdated).to.equal(false);
      await store().postpone(second, { message: '', readyAt: 0, counts: true });
      const third = await claimOne(store());
      expect(third.outdated).to.equal(false);
      await store().release(third.owner);
      expect((await claimOne(store())).outdated).to.equal(false);
    });

    it('of a text or a fence that never was is refused', async () => {
      await planned(store(), {}, actionOn('t'));
      const claim = await claimOne(store());
      const work = claim.actions[0]?.id ?? '';
      for (const forged of [
        { fence: claim.fence + 1 },
        { fence: 0 },
        { fence: -1 },
        { lane: 'target/none' },
        { lane: `x' OR 1=1` },
      ]) {
        const other = { ...claim, ...forged };
        expect(await refusalOf(store().recordStep(other, work, 'write'))).to.equal('LeaseLostError');
        expect(await refusalOf(store().end(other, work, { state: 'failed', message: '' }))).to.equal('LeaseLostError');
      }
      expect((await read(store(), claim.delivery.id)).actions[0]).to.include({ state: 'running', step: '' });
    });
  });

  describe('a lease', () => {
    it('that ended is taken over with a greater fence', async () => {
      const id = await push(store());
      const lost = await claimOne(store(), { owner: 'dead', leaseMs: 0 });
      const taken = await takeOver(store());
      expect(taken.fence).to.be.greaterThan(lost.fence);
      expect(taken).to.deep.include({ lane: lost.lane, owner: 'heir', attempt: 2, crashes: 1 });
      expect(taken.firstAttemptAt).to.equal(lost.firstAttemptAt);
      expect(taken.delivery).to.deep.equal(lost.delivery);
      expect(await states(store(), id)).to.deep.equal(['running']);
    });

    it('that ended refuses everything that its holder still writes', async () => {
      await planned(store(), {}, actionOn('t'));
      const lost = await claimOne(store(), { owner: 'dead', leaseMs: 0 });
      const taken = await takeOver(store());
      const work = lost.actions[0]?.id ?? '';
      await store().recordStep(taken, work, 'second');
      const before = await read(store(), lost.delivery.id);
      const attempts: Promise<unknown>[] = [
        store().recordPlan(lost, { actions: [actionOn('u')], skipped: [] }),
        store().replacePlannedAction(lost, work, actionOn('u')),
        store().recordStep(lost, work, 'first'),
        store().end(lost, work, { state: 'succeeded', message: '', hold: { images: ['a'], reason: 'b' } }),
        store().end(lost, undefined, { state: 'failed', message: '' }),
        store().postpone(lost, { message: '', readyAt: 0, counts: true }),
      ];
      expect(await Promise.all(attempts.map(refusalOf))).to.deep.equal(attempts.map(() => 'LeaseLostError'));
      await store()
        .recordProgress(lost, work, 'a ghost')
        .catch(() => undefined);
      await store()
        .recordProgress(lost, undefined, 'a ghost')
        .catch(() => undefined);
      await store().clearCrashes([lost]);
      expect(await read(store(), lost.delivery.id)).to.deep.equal(before);
      const events = await store().events({ after: 0, limit: 1_000 });
      expect(events.map(({ message }) => message)).not.to.include('a ghost');
      await store().release('dead');
      await succeed(store(), taken);
      expect(await states(store(), lost.delivery.id)).to.deep.equal(['succeeded']);
    });

    it('that ended refuses the plan of its holder', async () => {
      const id = await push(store());
      const lost = await claimOne(store(), { owner: 'dead', leaseMs: 0 });
      const taken = await takeOver(store());
      const plan = { actions: [actionOn('t')], skipped: [] };
      expect(await refusalOf(store().recordPlan(lost, plan))).to.equal('LeaseLostError');
      await store().recordPlan(taken, plan);
      expect(await refusalOf(store().recordPlan(taken, plan))).to.equal('LeaseLostError');
      expect((await read(store(), id)).actions).to.have.length(1);
    });

    it('is prolonged for all work of its owner, and only of that', async () => {
      for (let index = 0; index < 3; index++) await push(store(), { receiver: `r${index}` });
      const mine = await claimAll(store(), { owner: 'me', leaseMs: minute, limit: 2 });
      const other = await claimOne(store(), { owner: 'you', leaseMs: 0 });
      const { held, cancelled } = await renew(store(), 'me', mine);
      expect(held).to.have.members(mine.map(({ fence }) => fence));
      expect(cancelled).to.deep.equal([]);
      expect((await takeOver(store(), 'me')).delivery.id).to.equal(other.delivery.id);
      expect((await renew(store(), 'you', [other])).held).to.deep.equal([]);
      expect((await renew(store(), 'nobody', mine)).held).to.deep.equal([]);
    });

    it('that its owner never heard of is given back when half of its lease is over, without a crash', async () => {
      const id = await push(store(), { receiver: 'unheard' });
      const unheard = await claimOne(store(), { owner: 'me', leaseMs: minute });
      await push(store());
      const mine = await claimOne(store(), { owner: 'me', leaseMs: minute });
      expect((await renew(store(), 'me', [mine])).held).to.deep.equal([mine.fence]);
      expect(await states(store(), id)).to.deep.equal(['running']);
      // The same to the store as when that much of a longer lease had passed. Not yet while it may still hear of it.
      await renew(store(), 'me', [mine], 3 * minute, true);
      expect(await states(store(), id)).to.deep.equal(['running']);
      expect((await renew(store(), 'me', [mine], 3 * minute)).held).to.deep.equal([mine.fence]);
      expect(await refusalOf(succeed(store(), unheard))).to.equal('LeaseLostError');
      const again = await claimOne(store());
      expect(again.delivery.id).to.equal(id);
      expect(again).to.include({ crashes: 0, attempt: 2 });
    });

    it('is prolonged by a step', async () => {
      await planned(store(), {}, actionOn('t'));
      const claim = { ...(await claimOne(store(), { owner: 'me', leaseMs: 0 })), leaseMs: minute };
      await store().recordStep(claim, claim.actions[0]?.id ?? '', 'write');
      // Another lease that ended shows that the clock has gone on.
      const other = await push(store(), { receiver: 'clock' });
      await claimOne(store(), { leaseMs: 0 });
      expect((await takeOver(store())).delivery.id).to.equal(other);
      expect((await renew(store(), 'me', [claim])).held).to.deep.equal([claim.fence]);
    });

    it('that its owner gives up is free at once, without a crash', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      const plan = await push(store(), { receiver: 'plan' });
      const claims = await claimAll(store(), { owner: 'stopping' });
      expect(claims).to.have.length(2);
      await store().release('stopping');
      expect(await states(store(), id)).to.deep.equal(['waiting']);
      const again = await store().claim({ owner: 'next', leaseMs: minute, limit: 9, upstreams: {}, crashes: 0 });
      expect(again.claims.map(({ delivery }) => delivery.id)).to.have.members([id, plan]);
      expect(again.claims.map(({ crashes }) => crashes)).to.deep.equal([0, 0]);
      for (const claim of claims) expect(await refusalOf(succeed(store(), claim))).to.equal('LeaseLostError');
      expect((await read(store(), id)).actions[0]?.attempts.map(({ outcome }) => outcome)).to.deep.equal(['released', undefined]);
    });

    it('is ended with all others at the start of the only process', async () => {
      await planned(store(), {}, actionOn('t'));
      const claim = await claimOne(store(), { owner: 'me', leaseMs: 60 * minute });
      await store().endAllLeases();
      expect(await refusalOf(succeed(store(), claim))).to.equal('LeaseLostError');
      const again = await claimOne(store());
      expect(again).to.include({ crashes: 1, attempt: 2 });
      expect((await read(store(), claim.delivery.id)).actions[0]?.attempts[0]).to.include({ outcome: 'lost', number: 1 });
    });

    it('tells its holder what somebody asked to cancel', async () => {
      await planned(store(), {}, actionOn('t'));
      await push(store(), { receiver: 'b' });
      const inline = await hit(store(), { receiver: 'c', owner: 'worker' });
      const claims = await claimAll(store());
      const doing = claims.find(({ kind }) => kind === 'action') as Claim;
      const asked = await store().cancel('1a5', doing.delivery.id, 'user 1a1');
      expect(asked).to.deep.equal({ state: 'running', running: [doing.fence] });
      const { held, cancelled } = await renew(store(), 'worker', [...claims, inline.claim as Claim]);
      expect(held).to.have.length(3);
      expect(cancelled).to.deep.equal([doing.fence]);
    });

    it('keeps the steps that were recorded for whoever takes over', async () => {
      const { works } = await planned(store(), {}, actionOn('t', { input: { to: 'v2' } }));
      const lost = await claimOne(store(), { leaseMs: 0 });
      await store().recordStep({ ...lost, leaseMs: 0 }, works[0]?.id ?? '', 'upgrade');
      const taken = await takeOver(store());
      expect(taken.actions).to.deep.equal([{ ...(works[0] as PlannedWork), step: 'upgrade' }]);
    });
  });
}

function renew(
  store: DeliveryStore,
  owner: string,
  claims: readonly Claim[],
  leaseMs = minute,
  asking = false,
): Promise<Renewed> {
  return store.renew({ owner, leaseMs, fences: claims.map(({ fence }) => fence), asking, awaited: [] });
}
