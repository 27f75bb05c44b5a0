import { expect } from 'chai';
import { Client } from 'pg';
import {
  type Claim,
  type ClaimRequest,
  type DeliveryStore,
  LeaseLostError,
  StoreUnavailableError,
} from '../../src/framework/deliveries/delivery-store.ts';
import { migrations } from '../../src/store/deliveries/migrations.ts';
import { openPostgresDeliveryStore } from '../../src/store/postgres/postgres-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';
import { freshDatabase } from '../support/postgres.ts';
import { thrownBy } from '../support/thrown-by.ts';

const silent = { warn: () => undefined };
const everything: ClaimRequest = { owner: 'one', leaseMs: 15_000, limit: 10, upstreams: {}, crashes: 0 };

function receiver(number: number): { id: string; name: string; key: string } {
  return { id: `1go${number}`, name: `receiver ${number}`, key: `key-${number}` };
}

describe('the PostgreSQL delivery store', () => {
  let url = '';
  let opened: DeliveryStore[] = [];

  const open = async (): Promise<DeliveryStore> => {
    const store = await openPostgresDeliveryStore({ url, log: silent });
    opened.push(store);
    return store;
  };
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  beforeEach(async function () {
    url = await freshDatabase(this);
  });

  afterEach(async () => {
    for (const store of opened) await store.close();
    opened = [];
  });

  it('gives a delivery back as it was, also to another replica', async () => {
    const [first, second] = [await open(), await open()];
    const request = { headers: { a: 'b' }, query: 'c=d', body: Buffer.from([0, 1, 254, 255]) };
    const { id } = await first.accept(newDelivery({ request, receivedAt: 1_767_225_600_001 }));
    const record = await second.get('1a5', id);
    expect(record?.request).to.deep.equal(request);
    expect(record?.receivedAt).to.equal(1_767_225_600_001);
    expect(await second.get('1a6', id)).to.equal(undefined);
  });

  it('keeps deliveries that share a transaction apart', async () => {
    const store = await open();
    const accepted = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        store.accept(newDelivery({ receiver: receiver(index % 7), upstream: `u${index}` })),
      ),
    );
    const records = await Promise.all(accepted.map(({ id }) => store.get('1a5', id)));
    expect(records.map((record) => record?.receiver)).to.deep.equal(records.map((_, index) => receiver(index % 7)));
    expect(new Set(accepted.map(({ id }) => id)).size).to.equal(100);
  });

  it('lets a call that fails harm none of those that it shares a transaction with', async () => {
    const store = await open();
    const calls = Array.from({ length: 60 }, (_, index) =>
      // No time is half a millisecond.
      store.accept(newDelivery({ receiver: receiver(index), receivedAt: index % 20 === 7 ? 1.5 : 1 })),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).to.deep.equal([7, 27, 47]);
    expect(await store.list({ projectId: '1a5', limit: 100, order: 'asc' })).to.have.length(57);
  });

  it('refuses what is written under a lease that somebody else has now, beside calls that succeed', async () => {
    const store = await open();
    for (const number of [1, 2]) await store.accept(newDelivery({ receiver: receiver(number) }));
    const { claims } = await store.claim(everything);
    const [lost, held] = claims as [Claim, Claim];
    await query(`UPDATE webhook_service.lanes SET lease_until = 0 WHERE fence = ${lost.fence}`);
    expect((await store.claim({ ...everything, owner: 'two', crashes: 1 })).claims).to.have.length(1);
    const outcomes = await Promise.all([
      thrownBy(store.end(lost, undefined, { state: 'succeeded', message: '' })),
      store.end(held, undefined, { state: 'succeeded', message: 'well' }),
    ]);
    expect(outcomes[0]).to.be.instanceOf(LeaseLostError);
    expect(await store.get('1a5', held.delivery.id)).to.include({ state: 'succeeded', message: 'well' });
  });

  it('takes a delivery that comes to two replicas at once for one', async () => {
    const [first, second] = [await open(), await open()];
    const accepted = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        // Overlapping, in both orders.
        (index % 2 === 0 ? first : second).accept(
          newDelivery({ identities: index % 4 < 2 ? ['push 1', `${index}`] : [`${index}`, 'push 1'] }),
        ),
      ),
    );
    expect(accepted.filter((each) => !each.duplicate)).to.have.length(1);
    expect(new Set(accepted.map((each) => each.id)).size).to.equal(1);
    expect(await first.get('1a5', accepted[0]?.id ?? '')).to.include({ duplicates: 119 });
  });

  it('gives a lane to one replica at a time, and all the work exactly once', async () => {
    const [first, second] = [await open(), await open()];
    const planned = Array.from({ length: 30 }, (_, index) => ({
      target: `t${index % 10}`,
      description: '',
      input: {},
    }));
    const accepted = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? first : second).accept(newDelivery({ receiver: receiver(index % 4) })),
      ),
    );
    const busy = new Set<string>();
    const fences: number[] = [];
    const work = async (store: DeliveryStore, owner: string): Promise<void> => {
      for (;;) {
        const { claims } = await store.claim({ ...everything, owner, limit: 4 });
        for (const { lane, fence } of claims) {
          expect(busy.has(lane), lane).to.equal(false);
          busy.add(lane);
          fences.push(fence);
        }
        await Promise.all(claims.map((claim) => carryOut(store, claim)));
        const unended = await store.list({ projectId: '1a5', states: ['queued', 'waiting', 'running'], limit: 1, order: 'asc' });
        if (claims.length === 0 && unended.length === 0) return;
      }
    };
    const carryOut = async (store: DeliveryStore, claim: Claim): Promise<void> => {
      const [action] = claim.actions;
      if (action !== undefined) await store.recordStep(claim, action.id, 'write');
      busy.delete(claim.lane);
      if (action === undefined) await store.recordPlan(claim, { actions: planned, skipped: [] });
      else await store.end(claim, action.id, { state: 'succeeded', message: '' });
    };
    await Promise.all([first, second].flatMap((store, index) => [work(store, `a${index}`), work(store, `b${index}`)]));
    expect(fences).to.have.length(8 + 8 * planned.length);
    expect(new Set(fences).size).to.equal(fences.length);
    const records = await Promise.all(accepted.map((each) => first.get('1a5', each.id)));
    expect(records.map((record) => record?.state)).to.deep.equal(records.map(() => 'succeeded'));
    expect(records.flatMap((record) => record?.actions.map(({ attempts }) => attempts.length) ?? [])).to.deep.equal(
      Array.from({ length: 8 * planned.length }, () => 1),
    );
  }).timeout(180_000);

  it('shows a reader no event while an earlier one may still come', async () => {
    const [first, second] = [await open(), await open()];
    let accepting = true;
    const accepts = Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        (index % 2 === 0 ? first : second).accept(newDelivery({ receiver: receiver(index) })),
      ),
    ).finally(() => (accepting = false));
    const seen: number[] = [];
    for (let more = true; more;) {
      more = accepting;
      const events = await first.events({ after: seen.at(-1) ?? 0, limit: 1000 });
      seen.push(...events.map(({ id }) => id));
    }
    await accepts;
    const all = await second.events({ after: 0, limit: 1000 });
    expect(seen).to.deep.equal(all.map(({ id }) => id));
    expect(seen).to.have.length(300);
  });

  it('deletes old deliveries and tells whether the room is used up', async () => {
    const store = await open();
    const body = Buffer.from(
      Array.from({ length: 100_000 }, () => Math.random().toString(36))
        .join('')
        .slice(0, 100_000),
    );
    for (let index = 0; index < 250; index++) {
      await store.accept(newDelivery({ kind: 'ignored', request: { headers: {}, query: '', body } }));
    }
    const policy = { maxAgeMs: 3_600_000, maxDeliveries: 1000, maxBytes: 10_000_000, minAgeMs: 3_600_000 };
    expect(await store.prune(policy)).to.deep.equal({ deleted: 0, full: true });
    expect(await store.prune({ ...policy, maxBytes: 1_000_000_000 })).to.deep.equal({ deleted: 0, full: false });
    await query('UPDATE webhook_service.deliveries SET ended_at = 1');
    expect(await store.prune(policy)).to.deep.equal({ deleted: 250, full: false });
    // The files are as large as before, but there is room in them.
    expect(await store.prune(policy)).to.deep.equal({ deleted: 0, full: false });
  }).timeout(180_000);

  it('keeps to a schema of its own and makes it once, whoever comes first', async () => {
    await Promise.all(Array.from({ length: 6 }, () => open()));
    const tables = await query(`SELECT table_schema FROM information_schema.tables
      WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`);
    expect(new Set(tables.map((row) => row['table_schema']))).to.deep.equal(new Set(['webhook_service']));
    expect(await query('SELECT version::int FROM webhook_service.webhook_service_migrations ORDER BY version')).to.deep.equal(
      migrations.map((_, index) => ({ version: index + 1 })),
    );
  });

  it('refuses a schema of a newer release', async () => {
    await open();
    await query('INSERT INTO webhook_service.webhook_service_migrations (version, applied_at) VALUES (1000, 0)');
    const thrown = await thrownBy(open());
    expect(thrown).to.be.instanceOf(StoreUnavailableError);
    expect(thrown.message).to.match(/has version 1000, and this release knows versions up to \d+: run the newer release again/);
  });
});
