import { expect } from 'chai';
import type { Claim } from '../../src/framework/deliveries/delivery-store.ts';
import {
  actionOn,
  claimAll,
  eventually,
  hit,
  minute,
  push,
  read,
  refusalOf,
  states,
  type UseStore,
} from './delivery-store-use.ts';

export function itTakesTurns(store: UseStore): void {
  describe('an inline delivery', () => {
    const absolute = actionOn('rancher/1a5/service/1s1', { input: { scale: 5 } });
    /** Has a claim looked for until something is true that only the end of a lease brings about. */
    const afterLeases = async (done: () => Promise<boolean>): Promise<void> => {
      await eventually(async () => {
        expect(await claimAll(store())).to.deep.equal([]);
        return (await done()) || undefined;
      });
    };
    const finish = async (claim: Claim): Promise<void> => {
      const [work] = await store().recordPlan(claim, { actions: [absolute], skipped: [] });
      await store().end(claim, work?.id, { state: 'succeeded', message: 'scaled' });
      await store().end(claim, undefined, { state: 'succeeded', message: '' });
    };

    it('is claimed at once by whoever stored it, and by nobody else', async () => {
      const { id, claim } = await hit(store(), { owner: 'me', leaseMs: 5_000 });
      expect(claim).to.deep.include({ kind: 'inline', owner: 'me', leaseMs: 5_000, attempt: 1, crashes: 0, actions: [] });
      expect(claim?.delivery.id).to.equal(id);
      expect(await states(store(), id)).to.deep.equal(['running']);
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('is planned and done under one claim', async () => {
      const { id, claim } = await hit(store());
      const mine = claim as Claim;
      const works = await store().recordPlan(mine, { actions: [absolute, actionOn('b')], skipped: [] });
      expect(works.map(({ action, step }) => ({ action, step }))).to.deep.equal([
        { action: absolute, step: '' },
        { action: actionOn('b'), step: '' },
      ]);
      expect(await claimAll(store())).to.deep.equal([]);
      await store().recordStep(mine, works[0]?.id ?? '', 'scale');
      await store().end(mine, works[0]?.id, { state: 'succeeded', message: 'scaled to 5' });
      expect(await states(store(), id)).to.deep.equal(['running']);
      await store().end(mine, works[1]?.id, { state: 'succeeded', message: 'scaled' });
      await store().end(mine, undefined, { state: 'succeeded', message: '' });
      const record = await read(store(), id);
      expect(record.state).to.equal('succeeded');
      expect(record.actions.map(({ state, step }) => ({ state, step }))).to.deep.equal([
        { state: 'succeeded', step: 'scale' },
        { state: 'succeeded', step: '' },
      ]);
      expect(await refusalOf(store().recordStep(mine, works[0]?.id ?? '', 'scale'))).to.equal('LeaseLostError');
    });

    it('has actions that end once', async () => {
      const { id, claim } = await hit(store());
      const mine = claim as Claim;
      const [work] = await store().recordPlan(mine, { actions: [absolute, actionOn('b')], skipped: [] });
      await store().end(mine, work?.id, { state: 'succeeded', message: 'scaled' });
      await store().end(mine, work?.id, { state: 'failed', message: 'late' });
      expect((await read(store(), id)).actions[0]).to.include({ state: 'succeeded', message: 'scaled' });
    });

    it('ends ignored without actions, and its turn is over', async () => {
      const { id, claim } = await hit(store(), { lane: 'x' });
      const skipped = [{ target: 't', reason: 'at its maximum' }];
      expect(await store().recordPlan(claim as Claim, { actions: [], skipped })).to.deep.equal([]);
      expect(await read(store(), id)).to.deep.include({ state: 'ignored', message: 'at its maximum', skipped });
      expect((await hit(store(), { lane: 'x' })).claim?.kind).to.equal('inline');
    });

    it('leaves nothing unfinished when it ends in the middle', async () => {
      const { id, claim } = await hit(store(), { lane: 'x' });
      const mine = claim as Claim;
      const [first] = await store().recordPlan(mine, { actions: [actionOn('a'), actionOn('b')], skipped: [] });
      await store().end(mine, first?.id, { state: 'failed', message: 'no such service' });
      await store().end(mine, undefined, { state: 'failed', message: 'no such service' });
      const record = await read(store(), id);
      expect(record.state).to.equal('failed');
      expect(record.endedAt).to.be.a('number');
      expect(record.actions.filter(({ endedAt }) => endedAt === undefined)).to.deep.equal([]);
    });

    it('that its worker interrupts has its other actions to be repeated, and its turn is over', async () => {
      const { id, claim } = await hit(store(), { lane: 'x' });
      const mine = claim as Claim;
      const [first] = await store().recordPlan(mine, { actions: [absolute, actionOn('b')], skipped: [] });
      await store().end(mine, first?.id, { state: 'succeeded', message: '' });
      await store().end(mine, undefined, { state: 'interrupted', message: 'its store failed' });
      expect(await states(store(), id)).to.deep.equal(['interrupted']);
      expect((await store().getForReplay('1a5', id))?.actions).to.deep.equal([actionOn('b')]);
      expect((await hit(store(), { lane: 'x' })).claim?.kind).to.equal('inline');
    });

    it('waits for its turn in the order of arrival', async () => {
      const all = [await hit(store(), { lane: 'x' }), await hit(store(), { lane: 'x' }), await hit(store(), { lane: 'x' })];
      expect(all.map(({ claim }) => claim !== undefined)).to.deep.equal([true, false, false]);
      expect((await hit(store(), { lane: 'y' })).claim?.kind).to.equal('inline');
      const ids = all.map(({ id }) => id);
      const turn = (index: number): Promise<Claim | undefined> => store().claimInline(ids[index] ?? '', 'test', minute);
      expect(await turn(2)).to.equal(undefined);
      expect(await turn(1)).to.equal(undefined);
      await finish(all[0]?.claim as Claim);
      expect(await turn(2)).to.equal(undefined);
      const second = await turn(1);
      expect(second?.delivery.id).to.equal(ids[1]);
      expect(second?.fence).to.be.greaterThan(all[0]?.claim?.fence ?? Infinity);
      expect(await turn(2)).to.equal(undefined);
      expect((await hit(store(), { lane: 'x' })).claim).to.equal(undefined);
      await finish(second as Claim);
      expect((await turn(2))?.delivery.id).to.equal(ids[2]);
    });

    it('shares nothing with another one where it names no lane', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => hit(store())));
      expect(all.filter(({ claim }) => claim !== undefined)).to.have.length(10);
      expect(new Set(all.map(({ claim }) => claim?.lane)).size).to.equal(10);
    });

    it('goes first or last of ten at once, but only one at a time', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => hit(store(), { lane: 'x' })));
      expect(all.filter(({ claim }) => claim !== undefined)).to.have.length(1);
      let claim = all.find((each) => each.claim !== undefined)?.claim as Claim;
      const waiting = new Set(all.filter((each) => each.claim === undefined).map(({ id }) => id));
      while (waiting.size > 0) {
        await finish(claim);
        const turns = await Promise.all([...waiting].map((id) => store().claimInline(id, 'test', minute)));
        const given = turns.filter((turn) => turn !== undefined);
        expect(given).to.have.length(1);
        claim = given[0] as Claim;
        waiting.delete(claim.delivery.id);
      }
    });

    it('is interrupted when its lease ends, and never done again', async () => {
      const { id, claim } = await hit(store(), { lane: 'x', leaseMs: 0 });
      const mine = { ...(claim as Claim), leaseMs: 0 };
      const [work] = await store().recordPlan(mine, { actions: [absolute], skipped: [] });
      await store().recordStep(mine, work?.id ?? '', 'scale');
      await afterLeases(async () => (await read(store(), id)).state === 'interrupted');
      const record = await read(store(), id);
      expect(record.actions.map(({ state, step }) => ({ state, step }))).to.deep.equal([{ state: 'interrupted', step: 'scale' }]);
      expect(record.endedAt).to.be.a('number');
      const writes = [
        store().recordStep(mine, work?.id ?? '', 'scale'),
        store().end(mine, work?.id, { state: 'succeeded', message: '' }),
        store().claimInline(id, 'test', minute),
      ];
      expect(await Promise.all(writes.map(refusalOf))).to.deep.equal(writes.map(() => 'LeaseLostError'));
      expect(await claimAll(store())).to.deep.equal([]);
      expect((await hit(store(), { lane: 'x' })).claim?.kind).to.equal('inline');
    });

    for (const [how, end] of [
      ['at the start of the only process', () => store().endAllLeases()],
      ['when its process stops', () => store().release('test')],
    ] as const) {
      it(`is interrupted ${how}, with the state that it was to set`, async () => {
        const { id, claim } = await hit(store(), { owner: 'test' });
        await store().recordPlan(claim as Claim, { actions: [absolute], skipped: [] });
        await end();
        expect(await states(store(), id)).to.deep.equal(['interrupted']);
        expect((await store().getForReplay('1a5', id))?.actions).to.deep.equal([absolute]);
      });
    }

    it('is interrupted with all that waited for their turns at the start of the only process', async () => {
      const ids = [await hit(store(), { lane: 'x' }), await hit(store(), { lane: 'x' })].map(({ id }) => id);
      await store().endAllLeases();
      expect(await states(store(), ...ids)).to.deep.equal(['interrupted', 'interrupted']);
      expect((await hit(store(), { lane: 'x' })).claim?.kind).to.equal('inline');
    });

    it('is interrupted if nobody waits for its turn any more', async () => {
      const holder = await hit(store(), { lane: 'x', owner: 'holder' });
      const { id } = await hit(store(), { lane: 'x', owner: 'gone', leaseMs: 0 });
      const patient = await hit(store(), { lane: 'x', owner: 'patient', leaseMs: 0 });
      await store().renew({ owner: 'patient', leaseMs: minute, fences: [], asking: false, awaited: [patient.id] });
      await afterLeases(async () => (await read(store(), id)).state === 'interrupted');
      expect(await states(store(), holder.id, patient.id)).to.deep.equal(['running', 'queued']);
      await finish(holder.claim as Claim);
      expect((await store().claimInline(patient.id, 'patient', minute))?.delivery.id).to.equal(patient.id);
    });

    it('is interrupted if its owner does not know that it is to wait, and another has its turn', async () => {
      const holder = await hit(store(), { lane: 'x' });
      const unknown = await hit(store(), { lane: 'x', owner: 'me', leaseMs: 0 });
      const { id } = await hit(store(), { lane: 'x', owner: 'me', leaseMs: minute });
      await finish(holder.claim as Claim);
      expect(await store().claimInline(id, 'me', minute)).to.equal(undefined);
      await store().renew({ owner: 'me', leaseMs: minute, fences: [], asking: false, awaited: [id] });
      await afterLeases(async () => (await read(store(), unknown.id)).state === 'interrupted');
      expect((await store().claimInline(id, 'me', minute))?.delivery.id).to.equal(id);
    });

    it('has its turn after one whose process died', async () => {
      const dead = await hit(store(), { lane: 'x', owner: 'dead', leaseMs: 0 });
      const { id } = await hit(store(), { lane: 'x' });
      await afterLeases(async () => (await read(store(), dead.id)).state === 'interrupted');
      expect((await store().claimInline(id, 'test', minute))?.delivery.id).to.equal(id);
    });

    it('is replayed with the very state that it was to set', async () => {
      const first = await hit(store());
      await store().recordPlan(first.claim as Claim, { actions: [absolute], skipped: [] });
      await store().endAllLeases();
      const found = await store().getForReplay('1a5', first.id);
      const again = await hit(store(), { replayOf: first.id, requestedBy: 'user 1a1', actions: found?.actions ?? [] });
      expect(again.claim?.actions.map(({ action, step }) => ({ action, step }))).to.deep.equal([{ action: absolute, step: '' }]);
      const mine = again.claim as Claim;
      await store().end(mine, mine.actions[0]?.id, { state: 'succeeded', message: 'scaled' });
      await store().end(mine, undefined, { state: 'succeeded', message: '' });
      expect(await states(store(), again.id)).to.deep.equal(['succeeded']);
      expect((await store().getForReplay('1a5', again.id))?.actions).to.deep.equal([]);
    });

    it('has nothing to repeat of what was done before it was interrupted', async () => {
      const { id, claim } = await hit(store());
      const [done] = await store().recordPlan(claim as Claim, { actions: [actionOn('a'), absolute], skipped: [] });
      await store().end(claim as Claim, done?.id, { state: 'succeeded', message: '' });
      await store().endAllLeases();
      expect(await states(store(), id)).to.deep.equal(['interrupted']);
      expect((await store().getForReplay('1a5', id))?.actions).to.deep.equal([absolute]);
    });

    it('is no longer waited for once it is cancelled', async () => {
      const holder = await hit(store(), { lane: 'x' });
      const waiting = await hit(store(), { lane: 'x', actions: [absolute] });
      expect(await store().cancel('1a5', waiting.id, 'user 1a1')).to.deep.equal({ state: 'cancelled', running: [] });
      expect(await refusalOf(store().claimInline(waiting.id, 'test', minute))).to.equal('LeaseLostError');
      expect((await read(store(), waiting.id)).actions.map(({ state }) => state)).to.deep.equal(['cancelled']);
      const running = await store().cancel('1a5', holder.id, 'user 1a1');
      expect(running).to.deep.equal({ state: 'running', running: [holder.claim?.fence] });
    });

    it('does not disturb queued work', async () => {
      await hit(store(), { lane: 'x' });
      const id = await push(store());
      expect((await claimAll(store())).map(({ delivery }) => delivery.id)).to.deep.equal([id]);
    });
  });
}
