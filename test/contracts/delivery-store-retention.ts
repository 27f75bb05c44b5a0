import { expect } from 'chai';
import type { PruneResult, RetentionPolicy } from '../../src/framework/deliveries/delivery-store.ts';
import {
  actionOn,
  type Advance,
  claimAll,
  claimOne,
  deliveryOf,
  eventually,
  hit,
  hour,
  minute,
  planned,
  push,
  succeed,
  type UseStore,
} from './delivery-store-use.ts';

const day = 24 * hour;
const unlimited: RetentionPolicy = { maxAgeMs: 30 * day, maxDeliveries: 1_000_000, maxBytes: 2 ** 40, minAgeMs: hour };
const untouched: PruneResult = { deleted: 0, full: false };

export function itPrunes(store: UseStore, advance: Advance): void {
  describe('what is deleted', () => {
    const ids = async (): Promise<string[]> => {
      return (await store().list({ projectId: '1a5', limit: 1_000, order: 'asc' })).map(({ id }) => id);
    };
    const prune = (policy: Partial<RetentionPolicy>): Promise<PruneResult> => store().prune({ ...unlimited, ...policy });
    /** So that what has ended, ended before. */
    const clockGoesOn = async (): Promise<void> => {
      const then = Date.now() + 2;
      await eventually(() => Promise.resolve(Date.now() > then || undefined));
    };
    /** Deletes what is too many, however short a time ago it ended. */
    const pruneTo = async (maxDeliveries: number): Promise<string[]> => {
      await clockGoesOn();
      return await eventually(async () => {
        await prune({ maxDeliveries, minAgeMs: 0 });
        const left = await ids();
        return left.length <= maxDeliveries ? left : undefined;
      });
    };
    const done = async (): Promise<string> => {
      const id = await push(store());
      await store().end(await claimOne(store()), undefined, { state: 'succeeded', message: '' });
      return id;
    };

    it('is nothing within the limits', async () => {
      await done();
      await push(store(), { kind: 'ignored' });
      expect(await prune({})).to.deep.equal(untouched);
      expect(await ids()).to.have.length(2);
    });

    it('is nothing that is younger than it must be, whatever the limits', async () => {
      await done();
      await push(store(), { kind: 'ignored' });
      await clockGoesOn();
      expect(await prune({ maxAgeMs: 0, maxDeliveries: 0 })).to.deep.equal(untouched);
      expect(await ids()).to.have.length(2);
    });

    it('is nothing that has not ended', async () => {
      await planned(store(), { receiver: 'doing' }, actionOn('t'), actionOn('u'));
      const claims = await claimAll(store());
      await succeed(store(), claims[0] ?? (await claimOne(store())));
      await hit(store());
      await push(store(), { receiver: 'waiting' });
      const before = await ids();
      const ended = await done().catch(() => undefined);
      expect(ended).to.equal(undefined);
      expect(before).to.have.length(3);
      await prune({ maxAgeMs: 0, maxDeliveries: 0, maxBytes: 0, minAgeMs: -hour });
      expect((await ids()).slice(0, 3)).to.deep.equal(before);
    });

    it('is what is too many: ignored and rejected ones first, then the oldest', async () => {
      const first = await done();
      const second = await done();
      const ignored = await push(store(), { kind: 'ignored' });
      const third = await done();
      const rejected = await push(store(), { kind: 'rejected' });
      const last = await push(store());
      expect(await pruneTo(5)).to.deep.equal([first, second, third, rejected, last]);
      expect(await pruneTo(4)).to.deep.equal([first, second, third, last]);
      expect(await pruneTo(2)).to.deep.equal([third, last]);
      expect(ignored).not.to.equal(rejected);
    });

    it('is no more than is too many', async () => {
      for (let index = 0; index < 6; index++) await done();
      for (let index = 0; index < 6; index++) await push(store(), { kind: 'ignored' });
      expect(await pruneTo(9)).to.have.length(9);
      expect(await pruneTo(4)).to.have.length(4);
    });

    it('is counted, with all that belonged to it', async () => {
      const { id } = await planned(store(), {}, actionOn('t'));
      await succeed(store(), await claimOne(store()));
      const { deleted } = await eventually(async () => {
        const result = await prune({ maxDeliveries: 0, minAgeMs: 0 });
        return result.deleted > 0 ? result : undefined;
      });
      expect(deleted).to.equal(1);
      expect(await store().get('1a5', id)).to.equal(undefined);
      expect(await store().cancel('1a5', id, 'me')).to.equal(undefined);
      expect(await store().events({ after: 0, limit: 10 })).to.deep.equal([]);
      expect(await store().listTargets('1a5')).to.have.length(1);
      expect(Number((await push(store())).slice(3))).to.be.greaterThan(Number(id.slice(3)));
    });

    it('is not remembered as the first of a duplicate', async () => {
      const given = deliveryOf({ identities: ['same'] });
      await store().accept(given);
      await store().end(await claimOne(store()), undefined, { state: 'succeeded', message: '' });
      await pruneTo(0);
      expect(await store().accept(given)).to.have.property('duplicate', false);
    });

    it('is told of as full where the space is used up and nothing may go', async () => {
      await push(store());
      expect(await prune({ maxBytes: 1 })).to.deep.equal({ deleted: 0, full: true });
      expect(await prune({})).to.deep.equal(untouched);
      await store().end(await claimOne(store()), undefined, { state: 'failed', message: '' });
      const result = await eventually(async () => {
        const pruned = await prune({ maxBytes: 1, minAgeMs: 0 });
        return pruned.deleted > 0 ? pruned : undefined;
      });
      expect(result).to.deep.equal({ deleted: 1, full: false });
      expect(await prune({ maxBytes: 1, minAgeMs: 0 })).to.deep.equal({ deleted: 0, full: true });
    });

    it('is what ended too long ago', async function () {
      const old = await done();
      advance(this, 20 * day);
      const newer = await done();
      const waiting = await push(store(), { receiver: 'waiting' });
      advance(this, 10 * day + minute);
      expect(await ids()).to.deep.equal([old, newer, waiting]);
      expect(await prune({})).to.deep.equal({ deleted: 1, full: false });
      expect(await ids()).to.deep.equal([newer, waiting]);
    });

    it('is judged by when it ended, not by when it arrived', async function () {
      await planned(store(), {}, actionOn('t'));
      advance(this, 40 * day);
      await succeed(store(), await claimOne(store()));
      expect(await prune({})).to.deep.equal(untouched);
    });

    it('is no lane in which something waits for longer than that', async function () {
      await planned(store(), {}, actionOn('t'));
      const readyAt = Date.now() + 10 * hour;
      await store().postpone(await claimOne(store()), { message: '', readyAt, counts: true });
      advance(this, 2 * hour);
      await prune({ maxAgeMs: hour, minAgeMs: hour });
      advance(this, 9 * hour);
      expect(await claimAll(store())).to.have.length(1);
    });
  });
}
