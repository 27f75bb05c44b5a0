import { expect } from 'chai';
import type { DeliveryEvent } from '../../src/framework/deliveries/delivery-record.ts';
import type { Claim, EventQuery } from '../../src/framework/deliveries/delivery-store.ts';
import { actionOn, claimAll, claimOne, eventually, hit, planned, push, succeed, type UseStore } from './delivery-store-use.ts';

export function itTellsEvents(store: UseStore): void {
  describe('the events', () => {
    const told = (query: Partial<EventQuery> = {}): Promise<DeliveryEvent[]> =>
      store().events({ after: 0, limit: 10_000, ...query });
    const line = ({ type, state, actionId, message }: DeliveryEvent): string =>
      `${actionId === undefined ? 'delivery' : 'action'} ${type === 'state' ? String(state) : message}`;

    it('tell everything that happens to a delivery, in order', async () => {
      const { id, works } = await planned(store(), {}, actionOn('t'));
      const first = await claimOne(store());
      await store().recordStep(first, works[0]?.id ?? '', 'upgrade');
      await store().postpone(first, { message: 'Rancher is down', readyAt: 0, counts: true });
      const second = await claimOne(store());
      const rollout = { wanted: 3, updated: 2, ready: 3, available: 3, unavailable: 0 };
      await store().recordProgress(second, works[0]?.id, '2 of 3 updated', rollout);
      await succeed(store(), second);
      const events = await eventually(async () => {
        const all = await told({ deliveryId: id });
        return all.some(({ message }) => message === '2 of 3 updated') ? all : undefined;
      });
      const expected = ['delivery queued', 'delivery running', 'action waiting', 'delivery waiting', 'delivery running'];
      expected.push('action upgrade', 'action Rancher is down', 'delivery waiting', 'delivery running', 'action 2 of 3 updated');
      expected.push('action succeeded', 'delivery succeeded');
      expect(events.map(line)).to.deep.equal(expected);
      const withNumbers = events.filter((event) => event.rollout !== undefined);
      expect(withNumbers.map(({ message, rollout: told }) => [message, told])).to.deep.equal([['2 of 3 updated', rollout]]);
      const ids = events.map((event) => event.id);
      expect(ids).to.deep.equal([...new Set(ids)].toSorted((a, b) => a - b));
      for (const event of events) {
        expect(event).to.deep.include({ deliveryId: id, projectId: '1a5', receiver: { id: '1go-web', name: 'web' } });
        if (event.actionId !== undefined) expect(event).to.include({ actionId: works[0]?.id, target: 't' });
      }
    });

    it('can be taken up again after any of them', async () => {
      for (let index = 0; index < 5; index++) await push(store(), { receiver: `r${index}` });
      for (const claim of await claimAll(store())) await store().recordPlan(claim, { actions: [], skipped: [] });
      const all = await told();
      expect(all.length).to.be.at.least(15);
      for (const [index, { id }] of all.entries()) expect(await told({ after: id })).to.deep.equal(all.slice(index + 1));
      const seen: DeliveryEvent[] = [];
      for (let page = await told({ limit: 4 }); page.length > 0; page = await told({ limit: 4, after: seen.at(-1)?.id ?? 0 })) {
        seen.push(...page);
      }
      expect(seen).to.deep.equal(all);
      expect(await told({ after: Number.MAX_SAFE_INTEGER })).to.deep.equal([]);
    });

    it('are those of one project, one delivery, or all', async () => {
      const mine = await push(store());
      const other = await push(store(), { kind: 'ignored' });
      const theirs = await push(store(), { projectId: '1a7' });
      const of = async (query: Partial<EventQuery>): Promise<string[]> => (await told(query)).map(({ deliveryId }) => deliveryId);
      expect(await of({})).to.deep.equal([mine, other, theirs]);
      expect(await of({ projectId: '1a5' })).to.deep.equal([mine, other]);
      expect(await of({ deliveryId: other })).to.deep.equal([other]);
      expect(await of({ projectId: '1a7', deliveryId: mine })).to.deep.equal([]);
    });

    it('tell every end, also of what was superseded, cancelled or died', async () => {
      const superseded = await push(store());
      const cancelled = await push(store());
      await claimAll(store(), { limit: 0 });
      const claim = await claimOne(store());
      await store().cancel('1a5', cancelled, 'me');
      await store().endAllLeases();
      const ended = (await told()).filter(({ state }) => state === 'superseded' || state === 'cancelled');
      expect(ended.map(({ deliveryId, state }) => `${deliveryId} ${state}`)).to.deep.equal([
        `${superseded} superseded`,
        `${claim.delivery.id} cancelled`,
      ]);
    });

    it('tell that an inline delivery and its action were interrupted', async () => {
      const { id, claim } = await hit(store());
      await store().recordPlan(claim as Claim, { actions: [actionOn('t')], skipped: [] });
      await store().endAllLeases();
      expect((await told({ deliveryId: id })).map(line)).to.deep.equal([
        'delivery queued',
        'delivery running',
        'action running',
        'action interrupted',
        'delivery interrupted',
      ]);
    });

    it('are not missed by who follows them while many write', async () => {
      const writers = Array.from({ length: 20 }, async (_, index) => {
        for (let round = 0; round < 5; round++) {
          await push(store(), { receiver: `r${index}`, tag: `${round}`, kind: round % 2 ? 'queued' : 'ignored' });
          for (const claim of await claimAll(store(), { limit: 2 }))
            await store().recordPlan(claim, { actions: [], skipped: [] });
        }
      });
      const written = Promise.all(writers).then(() => true);
      const seen: number[] = [];
      for (let last = false; ;) {
        const page = await told({ after: seen.at(-1) ?? 0, limit: 7 });
        seen.push(...page.map(({ id }) => id));
        if (last && page.length === 0) break;
        last ||= page.length === 0 && (await Promise.race([written, Promise.resolve(false)]));
      }
      expect(seen).to.deep.equal((await told()).map(({ id }) => id));
      expect(seen.length).to.be.at.least(100);
    });
  });
}
