import crypto from 'node:crypto';
import { expect } from 'chai';
import { repeatableEnds, type EndState } from '../../src/framework/deliveries/delivery-record.ts';
import type { DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import {
  actionOn,
  type Advance,
  claimOne,
  deliveryOf,
  hit,
  hour,
  minute,
  planned,
  push,
  read,
  receiverNamed,
  succeed,
  type UseStore,
} from './delivery-store-use.ts';

async function ended(store: DeliveryStore, state: EndState): Promise<string> {
  const id = await push(store, { identities: ['same'] });
  await store.end(await claimOne(store), undefined, { state, message: '' });
  return id;
}

export function itKnowsDuplicates(store: UseStore, advance: Advance): void {
  describe('a delivery that comes again', () => {
    const again = (parts = {}): ReturnType<DeliveryStore['accept']> =>
      store().accept(deliveryOf({ identities: ['same'], ...parts }));

    it('is counted on the first one, and nothing else of it is kept', async () => {
      const first = await push(store(), { identities: ['same'], tag: '1' });
      expect(await again({ tag: '2' })).to.deep.equal({ id: first, duplicate: true });
      expect(await again({ tag: '3' })).to.deep.equal({ id: first, duplicate: true });
      const listed = await store().list({ projectId: '1a5', limit: 10, order: 'asc' });
      expect(listed.map(({ id, duplicates }) => ({ id, duplicates }))).to.deep.equal([{ id: first, duplicates: 2 }]);
      expect(listed[0]?.events[0]?.tag).to.equal('1');
      expect((await claimOne(store())).delivery.id).to.equal(first);
    });

    it('is known by any one of what it is known by', async () => {
      const first = await push(store(), { identities: ['one', 'two'] });
      expect(await again({ identities: ['zero', 'two'] })).to.deep.equal({ id: first, duplicate: true });
      expect(await again({ identities: ['three'] })).to.have.property('duplicate', false);
    });

    it('is not known by nothing', async () => {
      await push(store(), { identities: [] });
      expect(await again({ identities: [] })).to.have.property('duplicate', false);
    });

    it('is another one for another receiver', async () => {
      await push(store(), { identities: ['same'] });
      expect(await again({ receiver: 'other' })).to.have.property('duplicate', false);
    });

    it('is known by the key of its receiver, whatever its id and name are', async () => {
      const given = deliveryOf({ identities: ['same'] });
      const { id } = await store().accept(given);
      const receiver = { ...receiverNamed('web'), id: '1go999', name: 'renamed' };
      expect(await store().accept({ ...given, receiver })).to.deep.equal({ id, duplicate: true });
      expect(await store().accept({ ...given, receiver: { ...receiver, key: receiverNamed('rotated').key } })).to.include({
        duplicate: false,
      });
    });

    for (const state of repeatableEnds as readonly EndState[]) {
      it(`is new after one that ended ${state}, and is the first from then on`, async () => {
        await ended(store(), state);
        const second = await again();
        expect(second.duplicate).to.equal(false);
        expect(await again()).to.deep.equal({ id: second.id, duplicate: true });
      });
    }

    for (const state of ['succeeded', 'superseded', 'ignored'] as const) {
      it(`is a duplicate of one that ended ${state}`, async () => {
        const first = await ended(store(), state);
        expect(await again()).to.deep.equal({ id: first, duplicate: true });
      });
    }

    it('is a duplicate while the first one is planned and done', async () => {
      const { id } = await planned(store(), { identities: ['same'] }, actionOn('a'));
      expect(await again()).to.deep.equal({ id, duplicate: true });
      const claim = await claimOne(store());
      expect(await again()).to.deep.equal({ id, duplicate: true });
      await succeed(store(), claim);
      expect(await again()).to.deep.equal({ id, duplicate: true });
      expect((await read(store(), id)).duplicates).to.equal(3);
    });

    for (const kind of ['ignored', 'rejected'] as const) {
      it(`is new after one that was ${kind}, and is stored if it is ${kind} itself`, async () => {
        const refused = await push(store(), { identities: ['same'], kind });
        const first = await again();
        expect(first.duplicate).to.equal(false);
        expect(await again({ kind })).to.have.property('duplicate', false);
        expect(await again()).to.deep.equal({ id: first.id, duplicate: true });
        expect((await read(store(), refused)).duplicates).to.equal(0);
      });
    }

    it('is told the id of an inline one, and gets no claim', async () => {
      const first = await hit(store(), { identities: ['same'] });
      expect(first.claim?.kind).to.equal('inline');
      expect(await hit(store(), { identities: ['same'] })).to.deep.equal({ id: first.id, duplicate: true });
    });

    it('is one of twenty that come at once', async () => {
      const all = await Promise.all(Array.from({ length: 20 }, () => again({ identities: ['x', 'y'] })));
      expect(new Set(all.map(({ id }) => id)).size).to.equal(1);
      expect(all.filter(({ duplicate }) => !duplicate)).to.have.length(1);
      expect((await read(store(), all[0]?.id ?? '')).duplicates).to.equal(19);
    });

    it('is found among those that are known by the same in another order', async () => {
      const orders = [
        ['x', 'y', 'z'],
        ['z', 'y', 'x'],
        ['y', 'z', 'x'],
      ];
      const all = await Promise.all(Array.from({ length: 21 }, (_, index) => again({ identities: orders[index % 3] ?? [] })));
      expect(all.filter(({ duplicate }) => !duplicate)).to.have.length(1);
    });

    it('may be known by any text', async () => {
      const odd = [`' OR 1=1 --`, 'a\0b', '\u{1f433}', '', '__proto__', crypto.randomBytes(6_000).toString('base64')];
      for (const identity of odd) {
        const first = await again({ identities: [identity] });
        expect(first.duplicate).to.equal(false);
        expect(await again({ identities: [identity] })).to.deep.equal({ id: first.id, duplicate: true });
      }
    });

    it('is new after 24 hours, counted from when the first was accepted', async function () {
      const first = await push(store(), { identities: ['same'] });
      advance(this, 24 * hour - minute);
      expect(await again()).to.deep.equal({ id: first, duplicate: true });
      advance(this, 2 * minute);
      const second = await again();
      expect(second.duplicate).to.equal(false);
      advance(this, 23 * hour);
      expect(await again()).to.deep.equal({ id: second.id, duplicate: true });
    });
  });
}
