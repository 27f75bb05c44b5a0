import { expect } from 'chai';
import type { Claim, DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import {
  actionOn,
  claimAll,
  claimOne,
  eventually,
  hour,
  minute,
  planned,
  push,
  read,
  states,
  succeed,
  type UseStore,
} from './delivery-store-use.ts';

/** Lets the process that does the next work die. */
async function crash(store: DeliveryStore): Promise<Claim> {
  const claim = await claimOne(store, { owner: 'doomed' });
  await store.endAllLeases();
  return claim;
}

async function claimOfLevel(store: DeliveryStore, crashes: 0 | 1 | 2): Promise<readonly Claim[]> {
  return (await store.claim({ owner: 'worker', leaseMs: minute, limit: 10, upstreams: {}, crashes })).claims;
}

export function itCountsCrashes(store: UseStore): void {
  describe('work during which the process ended', () => {
    for (const kind of ['plan', 'action'] as const) {
      it(`is set aside as dead after three times: ${kind}`, async () => {
        const id = kind === 'plan' ? await push(store()) : (await planned(store(), {}, actionOn('t'))).id;
        for (const crashes of [0, 1, 2]) expect(await crash(store())).to.include({ crashes, kind });
        const record = await read(store(), id);
        expect(record.state).to.equal('dead');
        expect(record.message).to.match(/3 times/);
        expect(record.endedAt).to.be.a('number');
        expect(await claimAll(store())).to.deep.equal([]);
        if (kind === 'action') {
          expect(record.actions[0]?.attempts.map(({ outcome }) => outcome)).to.deep.equal(['lost', 'lost', 'lost']);
        }
      });
    }

    it('does not hold up the rest of its lane for ever', async () => {
      await planned(store(), { receiver: 'a' }, actionOn('t'));
      await crash(store());
      const next = await push(store(), { receiver: 'b' });
      const plan = (await claimAll(store())).find(({ kind }) => kind === 'plan') as Claim;
      await store().recordPlan(plan, { actions: [actionOn('t')], skipped: [] });
      await store().endAllLeases();
      await crash(store());
      expect((await claimOne(store())).delivery.id).to.equal(next);
    });

    it('is claimed apart from the rest', async () => {
      const twice = await push(store(), { receiver: 'twice' });
      await crash(store());
      const once = await push(store(), { receiver: 'once' });
      expect(await claimAll(store())).to.have.length(2);
      await store().endAllLeases();
      const never = await push(store(), { receiver: 'never' });
      for (const [level, id] of [never, once, twice].entries()) {
        const claims = await claimOfLevel(store(), level as 0 | 1 | 2);
        expect(claims.map(({ delivery, crashes }) => ({ id: delivery.id, crashes }))).to.deep.equal([{ id, crashes: level }]);
      }
    });

    it('is done before the rest of its lane', async () => {
      const first = await push(store(), { tag: '1' });
      const second = await push(store(), { tag: '2' });
      await crash(store());
      expect(await claimOfLevel(store(), 0)).to.deep.equal([]);
      expect((await claimOfLevel(store(), 1)).map(({ delivery }) => delivery.id)).to.deep.equal([first]);
      expect(await states(store(), second)).to.deep.equal(['queued']);
    });

    it('is done before what arrived earlier', async () => {
      const earlier = await push(store(), { tag: '1' });
      await store().postpone(await claimOne(store()), { message: '', readyAt: Date.now() + hour, counts: true });
      const later = await push(store(), { tag: '2' });
      await crash(store());
      await store().wake({ upstream: 'rancher' });
      expect(await claimOfLevel(store(), 0)).to.deep.equal([]);
      expect((await claimOfLevel(store(), 1)).map(({ delivery }) => delivery.id)).to.deep.equal([later]);
      expect(await states(store(), earlier)).to.deep.equal(['waiting']);
    });

    it('is none where its own holder comes back for it: the store was away for longer than the lease', async () => {
      await planned(store(), {}, actionOn('t'));
      const claim = await claimOne(store(), { owner: 'worker', leaseMs: 0 });
      const [again] = await eventually(async () => {
        const claims = await claimOfLevel(store(), 0);
        return claims.length > 0 ? claims : undefined;
      });
      expect(again).to.include({ crashes: 0, attempt: 2 });
      expect(again?.fence).to.be.greaterThan(claim.fence);
    });

    it('is trusted again when it has gone well for a while', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      await crash(store());
      const claim = await claimOne(store());
      expect(claim.crashes).to.equal(1);
      await store().clearCrashes([claim]);
      await store().postpone(claim, { message: '', readyAt: 0, counts: true });
      const [again] = await eventually(async () => {
        const claims = await claimOfLevel(store(), 0);
        return claims.length > 0 ? claims : undefined;
      });
      expect(again).to.include({ crashes: 0 });
      expect(again?.delivery.id).to.equal(id);
    });

    it('may be done by whoever comes after it was cancelled', async () => {
      const id = await push(store(), { tag: '1' });
      await crash(store());
      await store().cancel('1a5', id, 'somebody');
      const next = await push(store(), { tag: '2' });
      expect((await claimOne(store())).delivery.id).to.equal(next);
    });

    it('counts from the start when it got further than before', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      for (const step of ['a', 'b', 'c', 'd', 'e']) {
        const claim = await claimOne(store());
        await store().recordStep(claim, claim.actions[0]?.id ?? '', step);
        await store().endAllLeases();
      }
      expect(await states(store(), id)).to.deep.equal(['waiting']);
      await succeed(store(), await claimOne(store()));
      expect(await states(store(), id)).to.deep.equal(['succeeded']);
    });
  });
}
