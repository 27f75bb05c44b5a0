import { expect } from 'chai';
import type { Claim } from '../../src/framework/deliveries/delivery-store.ts';
import type { DecisionName, PlannedAction } from '../../src/framework/driver.ts';
import {
  actionOn,
  claimAll,
  claimOne,
  hour,
  planned,
  read,
  states,
  succeed,
  takeOver,
  type UseStore,
} from './delivery-store-use.ts';

export function itKeepsDecisions(store: UseStore): void {
  const v2 = 'acme/web:2';
  const parts: Partial<PlannedAction> = { takesBack: true, streams: ['web'], images: [v2] };

  /** An action that has begun. */
  const begun = async (more: Partial<PlannedAction> = {}): Promise<{ id: string; claim: Claim }> => {
    const { id } = await planned(store(), {}, actionOn('t', { ...parts, ...more }));
    const claim = await claimOne(store());
    await store().recordStep(claim, claim.actions[0]?.id ?? '', 'create green');
    return { id, claim };
  };
  const pause = (claim: Claim, awaits: readonly DecisionName[] = ['promote', 'abort']): Promise<void> =>
    store().postpone(claim, { message: 'waits for a person', readyAt: Date.now() + hour, counts: false, awaits });
  const paused = async (): Promise<string> => {
    const { id, claim } = await begun();
    await pause(claim);
    return id;
  };

  describe('a paused action', () => {
    it('waits, and tells what it awaits', async () => {
      const id = await paused();
      expect(await read(store(), id)).to.deep.include({
        state: 'waiting',
        message: 'waits for a person',
        awaits: ['promote', 'abort'],
      });
      const [summary] = await store().list({ projectId: '1a5', limit: 1, order: 'desc' });
      expect(summary?.awaits).to.deep.equal(['promote', 'abort']);
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('is done at once when that is decided, and knows by whom', async () => {
      const id = await paused();
      expect(await store().decide('1a5', id, 'promote', 'user 1a1')).to.equal(1);
      const record = await read(store(), id);
      expect(record.awaits, 'once is enough').to.equal(undefined);
      expect(await store().decide('1a5', id, 'abort', 'user 1a2')).to.equal(0);
      const claim = await claimOne(store());
      expect(claim.decision).to.deep.equal({ name: 'promote', by: 'user 1a1' });
      expect(claim.actions[0]?.step).to.equal('create green');
      const told = (await store().events({ deliveryId: id, after: 0, limit: 100 })).map(({ message }) => message);
      expect(told).to.include('promote by user 1a1');
      await succeed(store(), claim);
      expect(await states(store(), id)).to.deep.equal(['succeeded']);
      expect(await store().decide('1a5', id, 'abort', 'user 1a2')).to.equal(0);
    });

    it('keeps the decision when a try fails or its process dies, and gives it up with the next pause', async () => {
      const id = await paused();
      await store().decide('1a5', id, 'promote', 'user 1a1');
      await store().postpone(await claimOne(store()), { message: 'the API is down', readyAt: 0, counts: true });
      const second = await claimOne(store(), { leaseMs: 0 });
      expect(second.decision?.name).to.equal('promote');
      const third = await takeOver(store());
      expect(third.decision?.name).to.equal('promote');
      await pause(third, ['abort']);
      expect((await read(store(), id)).awaits).to.deep.equal(['abort']);
      expect(await store().decide('1a5', id, 'promote', 'user 1a1'), 'not awaited any more').to.equal(0);
      expect(await store().decide('1a5', id, 'abort', 'user 1a2')).to.equal(1);
      expect((await claimOne(store())).decision).to.deep.equal({ name: 'abort', by: 'user 1a2' });
    });

    it('is given as many tries as any other, however long it waited', async () => {
      const { id, claim } = await begun();
      await store().postpone(claim, { message: 'the API is down', readyAt: 0, counts: true });
      const second = await claimOne(store());
      expect(second.attempt).to.equal(2);
      await pause(second);
      await store().decide('1a5', id, 'promote', 'user 1a1');
      const third = await claimOne(store());
      expect(third.attempt).to.equal(1);
      expect(third.firstAttemptAt).to.be.at.least(second.firstAttemptAt);
    });

    it('does not lose a decision that comes while it is looked after', async () => {
      const id = await paused();
      await store().wake({ upstream: 'rancher' });
      const claim = await claimOne(store());
      expect(claim).to.deep.include({ awaits: ['promote', 'abort'] });
      expect(claim.decision).to.equal(undefined);
      expect(await store().decide('1a5', id, 'promote', 'user 1a1')).to.equal(1);
      await pause(claim);
      expect((await claimOne(store())).decision).to.deep.equal({ name: 'promote', by: 'user 1a1' });
    });

    it('is told of a cancel, and ends by itself', async () => {
      const id = await paused();
      expect(await store().cancel('1a5', id, 'user 1a1')).to.include({ state: 'waiting' });
      const claim = await claimOne(store());
      expect(claim.decision).to.deep.equal({ name: 'abort', by: 'user 1a1' });
      await store().end(claim, claim.actions[0]?.id, { state: 'cancelled', message: 'green is removed' });
      expect(await read(store(), id)).to.include({ state: 'cancelled', message: 'green is removed' });
    });

    it('is told of a newer push, which comes after it', async () => {
      const older = await paused();
      const newer = await planned(store(), { tag: '2' }, actionOn('t', parts));
      const claim = await claimOne(store());
      expect(claim.delivery.id).to.equal(older);
      expect(claim.decision).to.deep.equal({ name: 'supersede', by: newer.id });
      expect(await states(store(), older, newer.id)).to.deep.equal(['running', 'waiting']);
      await store().end(claim, claim.actions[0]?.id, { state: 'superseded', message: 'green is removed' });
      expect(await read(store(), older)).to.include({ state: 'superseded', supersededBy: newer.id });
      expect((await claimOne(store())).delivery.id).to.equal(newer.id);
    });

    it('may succeed though a newer push came', async () => {
      const older = await paused();
      await planned(store(), { tag: '2' }, actionOn('t', parts));
      await succeed(store(), await claimOne(store()));
      const record = await read(store(), older);
      expect(record.state).to.equal('succeeded');
      expect(record).not.to.have.property('supersededBy');
      expect(record.actions[0]).not.to.have.property('supersededBy');
    });

    it('is told of a hold on its image, unless it waits for its end only', async () => {
      const id = await paused();
      const [target] = await store().listTargets('1a5');
      const hold = { image: v2, reason: 'it broke', heldBy: 'user 1a1' };
      await store().hold('1a5', target?.id ?? '', hold);
      const claim = await claimOne(store());
      expect(claim.decision?.name).to.equal('abort');
      expect(claim.decision?.by).to.match(/^a hold: on hold by user 1a1.*it broke$/);
      await pause(claim, ['abort']);
      await store().hold('1a5', target?.id ?? '', hold);
      expect(await claimAll(store())).to.deep.equal([]);
      expect(await states(store(), id)).to.deep.equal(['waiting']);
    });
  });

  describe('an action that takes back what it began', () => {
    it('is told of a cancel when it stops, or when its process is gone', async () => {
      const stopped = await begun();
      await store().cancel('1a5', stopped.id, 'user 1a1');
      await store().postpone(stopped.claim, { message: '', readyAt: Date.now() + hour, counts: false });
      const claim = await claimOne(store(), { leaseMs: 0 });
      expect(claim.decision).to.deep.equal({ name: 'abort', by: 'user 1a1' });
      expect((await takeOver(store())).decision).to.deep.equal({ name: 'abort', by: 'user 1a1' });
    });

    it('is told of a cancel by the process that takes it over', async () => {
      await planned(store(), {}, actionOn('t', parts));
      const claim = await claimOne(store());
      await store().recordStep(claim, claim.actions[0]?.id ?? '', 'create green');
      await store().cancel('1a5', claim.delivery.id, 'user 1a1');
      await store().release('worker');
      expect((await claimOne(store())).decision).to.deep.equal({ name: 'abort', by: 'user 1a1' });
    });

    it('is cancelled like any other before it began', async () => {
      const { id } = await planned(store(), {}, actionOn('t', parts));
      await store().cancel('1a5', id, 'user 1a1');
      expect(await states(store(), id)).to.deep.equal(['cancelled']);
    });
  });

  describe('a decision', () => {
    it('is none for what awaits none, or is not there', async () => {
      const { id } = await planned(store(), {}, actionOn('t', parts));
      expect(await store().decide('1a5', id, 'promote', 'user 1a1')).to.equal(0);
      expect(await store().decide('1a7', id, 'promote', 'user 1a1')).to.equal(undefined);
      for (const none of ['1wd999', '', 'x', `1wd1' --`])
        expect(await store().decide('1a5', none, 'promote', 'user 1a1')).to.equal(undefined);
    });
  });
}
