import { expect } from 'chai';
import {
  actionOn,
  type Advance,
  claimAll,
  claimOne,
  hit,
  hour,
  minute,
  planned,
  push,
  read,
  states,
  succeed,
  takeOver,
  type UseStore,
} from './delivery-store-use.ts';

export function itPostpones(store: UseStore, advance: Advance): void {
  describe('work that is put back to wait', () => {
    const claimed = (): ReturnType<ReturnType<UseStore>['claim']> =>
      store().claim({ owner: 'worker', leaseMs: minute, limit: 10, upstreams: {}, crashes: 0 });

    it('waits until its time, which is told', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      const first = await claimOne(store());
      const readyAt = Date.now() + hour;
      await store().postpone(first, { message: 'Rancher is down', readyAt, counts: true });
      const record = await read(store(), id);
      expect(record).to.include({ state: 'waiting', message: 'Rancher is down' });
      expect(record.actions[0]).to.include({ state: 'waiting', nextAttemptAt: readyAt });
      expect(record.actions[0]?.attempts[0]).to.include({ outcome: 'retried', message: 'Rancher is down', number: 1 });
      expect(await claimed()).to.deep.equal({ claims: [], nextReadyAt: readyAt });
    });

    it('is not told of where nothing waits', async () => {
      expect(await claimed()).to.deep.equal({ claims: [] });
      await push(store());
      const { claims } = await claimed();
      await store().end(claims[0] ?? (await claimOne(store())), undefined, { state: 'failed', message: '' });
      expect(await claimed()).to.deep.equal({ claims: [] });
    });

    it('comes again with the next number, and knows when it was tried first', async () => {
      await planned(store(), {}, actionOn('t'));
      const first = await claimOne(store());
      await store().postpone(first, { message: '', readyAt: 0, counts: true });
      const second = await claimOne(store());
      expect(second).to.include({ attempt: 2, firstAttemptAt: first.firstAttemptAt, crashes: 0 });
      expect(second.fence).to.be.greaterThan(first.fence);
    });

    it('comes again with the same number where nothing was tried', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      for (let index = 0; index < 3; index++) {
        const claim = await claimOne(store());
        expect(claim.attempt).to.equal(1);
        await store().postpone(claim, { message: 'receiver is paused', readyAt: 0, counts: false });
        expect(await read(store(), id)).to.include({ state: 'waiting', message: 'receiver is paused' });
      }
      const [action] = (await read(store(), id)).actions;
      expect(action?.attempts.map(({ outcome }) => outcome)).to.deep.equal(['released', 'released', 'released']);
    });

    it('waits also if its plan is not made yet', async () => {
      const id = await push(store());
      const message = 'receiver is paused';
      await store().postpone(await claimOne(store()), { message, readyAt: Date.now() + hour, counts: false });
      expect(await read(store(), id)).to.include({ state: 'waiting', message });
    });

    it('was not tried first while its receiver was paused', async function () {
      await planned(store(), {}, actionOn('t'));
      const paused = await claimOne(store());
      await store().postpone(paused, { message: 'receiver is paused', readyAt: 0, counts: false });
      advance(this, 30 * hour);
      const { firstAttemptAt, attempt } = await claimOne(store());
      expect(attempt).to.equal(1);
      expect(firstAttemptAt - paused.firstAttemptAt).to.be.at.least(30 * hour);
    });

    it('lets others of its lane go first', async () => {
      const waits = await push(store(), { tag: '1' });
      await store().postpone(await claimOne(store()), { message: '', readyAt: Date.now() + hour, counts: true });
      const other = await push(store(), { tag: '2' });
      const claim = await claimOne(store());
      expect(claim.delivery.id).to.equal(other);
      await store().end(claim, undefined, { state: 'succeeded', message: '' });
      expect(await claimAll(store())).to.deep.equal([]);
      await store().wake({ upstream: 'rancher' });
      expect((await claimOne(store())).delivery.id).to.equal(waits);
    });

    it('is ready when its time has come', async function () {
      await planned(store(), {}, actionOn('t'));
      await store().postpone(await claimOne(store()), { message: '', readyAt: Date.now() + hour, counts: true });
      advance(this, hour - minute);
      expect(await claimAll(store())).to.deep.equal([]);
      advance(this, 2 * minute);
      expect(await claimAll(store())).to.have.length(1);
    });

    it('is woken with its upstream, and nothing else is', async () => {
      const ids = new Map<string, string>();
      for (const upstream of ['a', 'b']) {
        ids.set(upstream, (await planned(store(), { upstream, receiver: upstream }, actionOn(upstream))).id);
        await store().postpone(await claimOne(store()), { message: '', readyAt: Date.now() + hour, counts: true });
      }
      await store().wake({ upstream: 'b' });
      expect((await claimed()).claims.map(({ delivery }) => delivery.id)).to.deep.equal([ids.get('b')]);
    });

    it('is woken with its receiver, its plan and its actions, and nothing else is', async () => {
      const wait = { message: 'receiver is paused', readyAt: Date.now() + hour, counts: false };
      const mine = (await planned(store(), { receiver: 'mine', tag: '1' }, actionOn('a'))).id;
      await store().postpone(await claimOne(store()), wait);
      const plan = await push(store(), { receiver: 'mine', tag: '2' });
      await store().postpone(await claimOne(store()), wait);
      for (const others of [{ receiver: 'other' }, { receiver: 'mine', projectId: '1a7' }]) {
        await push(store(), others);
        await store().postpone(await claimOne(store()), wait);
      }
      await store().wake({ receiverId: '1go-mine', projectId: '1a5' });
      expect((await claimed()).claims.map(({ delivery }) => delivery.id)).to.have.members([mine, plan]);
    });

    it('is not woken before the time that the upstream asked for', async () => {
      await planned(store(), {}, actionOn('t'));
      const notBefore = Date.now() + hour;
      await store().postpone(await claimOne(store()), { message: '', readyAt: Date.now() + 2 * hour, notBefore, counts: true });
      await store().wake({ upstream: 'rancher' });
      await store().wake({ receiverId: '1go-web', projectId: '1a5' });
      expect(await claimed()).to.deep.equal({ claims: [], nextReadyAt: notBefore });
    });

    it('waits for the upstream where its own time would come earlier', async () => {
      await planned(store(), {}, actionOn('t'));
      const notBefore = Date.now() + hour;
      await store().postpone(await claimOne(store()), { message: '', readyAt: 0, notBefore, counts: true });
      expect(await claimed()).to.deep.equal({ claims: [], nextReadyAt: notBefore });
    });

    it('is not ended by waking while somebody waits for its turn', async () => {
      const first = await hit(store(), { lane: 'one', leaseMs: minute });
      const second = await hit(store(), { lane: 'one', leaseMs: minute });
      await store().wake({ upstream: 'rancher' });
      await store().wake({ receiverId: '1go-web', projectId: '1a5' });
      // A lease that ended shows that the clock has gone on.
      await push(store(), { receiver: 'clock' });
      await claimOne(store(), { leaseMs: 0 });
      await takeOver(store());
      expect(await states(store(), first.id, second.id)).to.deep.equal(['running', 'queued']);
    });

    it('ends if somebody asked to cancel it meanwhile', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      const claim = await claimOne(store());
      await store().cancel('1a5', id, 'user 1a1');
      await store().postpone(claim, { message: '', readyAt: 0, counts: true });
      expect(await read(store(), id)).to.include({ state: 'cancelled', message: 'cancelled by user 1a1' });
      expect(await claimAll(store())).to.deep.equal([]);
    });

    it('is done in the end', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      for (let index = 0; index < 5; index++) {
        await store().postpone(await claimOne(store()), { message: '', readyAt: 0, counts: true });
      }
      await succeed(store(), await claimOne(store()));
      const [action] = (await read(store(), id)).actions;
      expect(action?.attempts.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4, 5, 6]);
      expect(action).to.include({ state: 'succeeded', message: 'done' }).and.not.to.have.property('nextAttemptAt');
    });
  });
}
