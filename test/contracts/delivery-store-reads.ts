import { expect } from 'chai';
import type { DeliveryState } from '../../src/framework/deliveries/delivery-record.ts';
import type { DeliveryQuery } from '../../src/framework/deliveries/delivery-store.ts';
import { actionOn, claimAll, claimOne, planned, push, read, receiverNamed, type UseStore } from './delivery-store-use.ts';

const oddIds = [
  '',
  'x',
  '1wd',
  '1wd0',
  '1wd-1',
  '1wd01',
  '1wd1.5',
  '1wd1e3',
  ' 1wd1',
  '1wd1 ',
  '1wd99999999999999999999999',
  '1wa1',
];

export function itListsDeliveries(store: UseStore): void {
  describe('a list of deliveries', () => {
    const listed = async (query: Partial<DeliveryQuery> = {}): Promise<string[]> => {
      const all = await store().list({ projectId: '1a5', limit: 1_000, order: 'asc', ...query });
      return all.map(({ id }) => id);
    };

    it('has summaries of what get gives', async () => {
      const { id } = await planned(store(), { pushedAt: 5 }, actionOn('t'));
      const { request: _request, skipped: _skipped, actions: _actions, ...summary } = await read(store(), id);
      expect(await store().list({ projectId: '1a5', limit: 1, order: 'desc' })).to.deep.equal([summary]);
    });

    it('has the newest first, or the oldest', async () => {
      const ids = [await push(store()), await push(store()), await push(store())];
      expect(await listed()).to.deep.equal(ids);
      expect(await listed({ order: 'desc' })).to.deep.equal(ids.toReversed());
      expect(await listed({ limit: 2 })).to.deep.equal(ids.slice(0, 2));
      expect(await listed({ limit: 2, order: 'desc' })).to.deep.equal(ids.toReversed().slice(0, 2));
    });

    it('tells of which receivers the last ones are', async () => {
      await push(store(), { receiver: 'old' });
      for (const receiver of ['a', 'b', 'a']) await push(store(), { receiver });
      await push(store(), { receiver: 'b', projectId: '1a7' });
      const recent = await store().recentReceivers(4);
      expect(recent.map(({ projectId, keyHash }) => `${projectId} ${keyHash}`)).to.have.members([
        `1a5 ${receiverNamed('a').key}`,
        `1a5 ${receiverNamed('b').key}`,
        `1a7 ${receiverNamed('b').key}`,
      ]);
      expect(await store().recentReceivers(0)).to.deep.equal([]);
    });

    it('has those that fit every filter', async () => {
      const a = await push(store(), { receiver: 'a', driver: 'x', receivedAt: 1_000 });
      const b = await push(store(), { receiver: 'b', driver: 'x', receivedAt: 2_000 });
      const c = await push(store(), { receiver: 'b', driver: 'y', receivedAt: 3_000, kind: 'ignored' });
      const d = await push(store(), { receiver: 'b', driver: 'y', receivedAt: 4_000, kind: 'rejected' });
      expect(await listed({ receiverId: '1go-b' })).to.deep.equal([b, c, d]);
      expect(await listed({ driver: 'x' })).to.deep.equal([a, b]);
      expect(await listed({ states: ['queued'] })).to.deep.equal([a, b]);
      expect(await listed({ states: ['ignored', 'rejected'] })).to.deep.equal([c, d]);
      expect(await listed({ states: [] })).to.deep.equal([]);
      expect(await listed({ since: 2_000 })).to.deep.equal([b, c, d]);
      expect(await listed({ until: 3_000 })).to.deep.equal([a, b]);
      expect(await listed({ since: 2_000, until: 4_000, receiverId: '1go-b', driver: 'y', states: ['ignored'] })).to.deep.equal([
        c,
      ]);
      expect(await listed({ receiverId: '1go-b', driver: 'none' })).to.deep.equal([]);
    });

    for (const order of ['asc', 'desc'] as const) {
      it(`goes on page by page without gaps or repeats while more arrive: ${order}`, async () => {
        const first: string[] = [];
        for (let index = 0; index < 23; index++) first.push(await push(store(), { receiver: index % 2 ? 'odd' : 'even' }));
        const seen: string[] = [];
        for (let marker: string | undefined; ; marker = seen.at(-1)) {
          const page = await listed({ order, limit: 5, ...(marker !== undefined && { marker }) });
          if (page.length === 0) break;
          seen.push(...page);
          if (seen.length < 23) await push(store(), { receiver: 'new' });
        }
        expect(new Set(seen).size).to.equal(seen.length);
        if (order === 'desc') expect(seen).to.deep.equal(first.toReversed());
        else expect(seen.slice(0, 23)).to.deep.equal(first);
      });
    }

    it('goes on after a delivery that is not in it', async () => {
      const ids = [await push(store()), await push(store(), { receiver: 'other' }), await push(store())];
      expect(await listed({ receiverId: '1go-web', marker: ids[1] ?? '' })).to.deep.equal([ids[2]]);
      expect(await listed({ receiverId: '1go-web', marker: ids[1] ?? '', order: 'desc' })).to.deep.equal([ids[0]]);
    });

    it('is empty for what cannot be', async () => {
      await push(store());
      for (const marker of oddIds) expect(await listed({ marker })).to.deep.equal([]);
      for (const odd of [`' OR 1=1 --`, 'a\0b', '\ud800', '%', '__proto__']) {
        expect(await listed({ projectId: odd })).to.deep.equal([]);
        expect(await listed({ receiverId: odd })).to.deep.equal([]);
        expect(await listed({ driver: odd })).to.deep.equal([]);
        expect(await listed({ states: [odd as DeliveryState] })).to.deep.equal([]);
      }
    });
  });

  describe('an id', () => {
    it('that no delivery has is answered with nothing', async () => {
      await push(store());
      for (const id of [...oddIds, '1wd999', `1wd1' OR 1=1`, '1wd1\0']) {
        expect(await store().get('1a5', id)).to.equal(undefined);
        expect(await store().cancel('1a5', id, 'me')).to.equal(undefined);
        expect(await store().getForReplay('1a5', id)).to.equal(undefined);
        expect(await store().events({ projectId: '1a5', deliveryId: id, after: 0, limit: 10 })).to.deep.equal([]);
      }
      expect(await claimAll(store())).to.have.length(1);
    });

    it('of another project is answered with nothing', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      const target = (await store().listTargets('1a5'))[0]?.id ?? '';
      for (const projectId of ['1a7', '', '1a5 ', '1A5', '%', 'a\0b']) {
        expect(await store().get(projectId, id)).to.equal(undefined);
        expect(await store().cancel(projectId, id, 'me')).to.equal(undefined);
        expect(await store().getForReplay(projectId, id)).to.equal(undefined);
        expect(await store().list({ projectId, limit: 10, order: 'asc' })).to.deep.equal([]);
        expect(await store().events({ projectId, after: 0, limit: 10 })).to.deep.equal([]);
        expect(await store().events({ projectId, deliveryId: id, after: 0, limit: 10 })).to.deep.equal([]);
        expect(await store().listTargets(projectId)).to.deep.equal([]);
        expect(await store().getTarget(projectId, target)).to.equal(undefined);
        expect(await store().hold(projectId, target, { image: '', reason: '', heldBy: '' })).to.equal(undefined);
        await store().wake({ projectId, receiverId: '1go-web' });
      }
      expect((await claimOne(store())).delivery.id).to.equal(id);
    });
  });

  describe('what is needed to repeat a delivery', () => {
    it('is its request, and no plan of a queued one', async () => {
      const body = Buffer.from([0, 255]);
      const { id } = await planned(store(), { request: { headers: { a: 'b' }, query: 'q=1', body } }, actionOn('t'));
      const claim = await claimOne(store());
      await store().end(claim, claim.actions[0]?.id, { state: 'interrupted', message: '' });
      const found = await store().getForReplay('1a5', id);
      expect(found?.request).to.deep.equal({ headers: { a: 'b' }, query: 'q=1', body });
      expect(found?.actions).to.deep.equal([]);
      expect(found?.summary).to.deep.equal((await store().list({ projectId: '1a5', limit: 1, order: 'asc' }))[0]);
    });
  });
}
