import { expect } from 'chai';
import { describeDeliveryStore } from '../contracts/delivery-store.ts';
import { openDirectDeliveryStore } from '../support/direct-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';
import { openTemporaryStore } from '../support/temporary-store.ts';

describeDeliveryStore('its operations alone', () => Promise.resolve(openDirectDeliveryStore()));
describeDeliveryStore('SQLite', () => openTemporaryStore());

describe('a pruned delivery', () => {
  it('leaves no row behind', async () => {
    const direct = openDirectDeliveryStore();
    const { store } = direct;
    const left = (): Record<string, unknown> =>
      Object.fromEntries(
        ['deliveries', 'identities', 'work', 'attempts', 'events', 'lanes'].map((table) => [
          table,
          direct.rows(`SELECT count(*) AS number FROM ${table}`)[0]?.['number'],
        ]),
      );
    const { claim } = await store.accept(newDelivery({ kind: 'inline', identities: ['a'] }));
    if (claim === undefined) throw new Error('its turn did not come at once');
    const action = { target: 't', description: '', input: {}, streams: ['s'] };
    const [work] = await store.recordPlan(claim, { actions: [action], skipped: [] });
    await store.end(claim, work?.id, { state: 'succeeded', message: '' });
    await store.end(claim, undefined, { state: 'succeeded', message: '' });
    await store.accept(newDelivery({ identities: ['b'] }));
    const request = { owner: 'worker', leaseMs: 1, limit: 1, upstreams: {}, crashes: 0 } as const;
    const { claims } = await store.claim(request);
    for (const each of claims) await store.recordPlan(each, { actions: [], skipped: [] });
    await store.claim(request);
    expect(left()).to.deep.equal({ deliveries: 2, identities: 2, work: 3, attempts: 2, events: 8, lanes: 1 });
    direct.advance(7_200_000);
    await store.prune({ maxAgeMs: 1, maxDeliveries: 10, maxBytes: 1e9, minAgeMs: 3_600_000 });
    expect(left()).to.deep.equal({ deliveries: 0, identities: 0, work: 0, attempts: 0, events: 0, lanes: 0 });
    await store.close();
  });
});
