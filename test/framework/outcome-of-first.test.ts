import { expect } from 'chai';
import { type DeliveryStore, StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import { outcomeOfFirst } from '../../src/framework/deliveries/outcome-of-first.ts';
import { openDirectDeliveryStore } from '../support/direct-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';
import { VirtualTime } from '../support/virtual-time.ts';

describe('what the sender of a duplicate is told, where another process does its first delivery', () => {
  let time: VirtualTime;
  let store: DeliveryStore;

  beforeEach(() => {
    time = new VirtualTime();
    ({ store } = openDirectDeliveryStore());
  });

  afterEach(async () => {
    time.end();
    await store.close();
  });

  async function begin(): Promise<{ id: string; end: (state: 'succeeded' | 'failed') => Promise<void> }> {
    const { id, claim } = await store.accept(newDelivery({ kind: 'inline' }));
    if (claim === undefined) throw new Error('it was not claimed');
    return { id, end: (state) => store.end(claim, undefined, { state, message: '' }) };
  }

  it('is success only when that has succeeded', async () => {
    const { id, end } = await begin();
    let told = false;
    const outcome = outcomeOfFirst(store, '1a5', id).finally(() => (told = true));
    await time.run(outcome, 10_000).catch(() => undefined);
    expect(told).to.equal(false);
    await end('succeeded');
    expect(await time.run(outcome, 1_000)).to.equal(undefined);
  });

  it('is to come again, after any other end', async () => {
    const { id, end } = await begin();
    await end('failed');
    const told = await time.run(outcomeOfFirst(store, '1a5', id), 1_000);
    expect(told).to.deep.include({ code: 'Unavailable', retryAfterSeconds: 5 });
    expect(told?.message).to.equal(`Delivery ${id}, which this one repeats, has ended failed, try again later`);
  });

  it('is to come again, where that has not ended or nobody knows', async () => {
    const { id } = await begin();
    const told = await time.run(outcomeOfFirst(store, '1a5', id), 31_000);
    expect(told?.message).to.equal(`Delivery ${id}, which this one repeats, has not ended, try again later`);
    const away = { get: () => Promise.reject(new StoreUnavailableError('away')) };
    expect(await time.run(outcomeOfFirst(away, '1a5', id), 31_000)).to.deep.include({ code: 'Unavailable' });
  });
});
