import { inspect } from 'node:util';
import { expect } from 'chai';
import { Client } from 'pg';
import { type DeliveryStore, StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import { PostgresDatabase } from '../../src/store/postgres/postgres-database.ts';
import { openPostgresDeliveryStore } from '../../src/store/postgres/postgres-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { startPostgres } from '../support/postgres.ts';
import { thrownBy } from '../support/thrown-by.ts';
import { until } from '../support/until.ts';

const silent = { warn: () => undefined };

describe('the PostgreSQL delivery store, when PostgreSQL fails', () => {
  let server: PostgresServer;
  let url = '';
  let store: DeliveryStore;

  before(async function () {
    server = await startPostgres(this);
  });

  beforeEach(async () => {
    url = await server.createDatabase();
    store = await openPostgresDeliveryStore({ url, log: silent });
  });

  afterEach(() => store.close());

  const query = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };

  const outages: readonly (readonly [string, () => Promise<void>])[] = [
    ['is started again', () => server.restart()],
    ['is killed', () => server.kill().then(() => server.start())],
    ['ends all connections', () => query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')],
  ];
  for (const [name, fail] of outages) {
    it(`loses nothing that it has told is stored when PostgreSQL ${name} under load`, async () => {
      const stored: string[] = [];
      const failures: unknown[] = [];
      const stop = new AbortController();
      const sender = async (number: number): Promise<void> => {
        while (!stop.signal.aborted) {
          const delivery = newDelivery({ receiver: { id: '1go1', name: 'r', key: `key-${number % 8}` } });
          await store.accept(delivery).then(
            ({ id }) => stored.push(id),
            (thrown: unknown) => failures.push(thrown),
          );
        }
      };
      const senders = Promise.all(Array.from({ length: 32 }, (_, number) => sender(number)));
      await until(() => stored.length > 200);
      await fail();
      const before = stored.length;
      await until(() => stored.length > before + 200);
      stop.abort();
      await senders;
      expect(failures.filter((thrown) => !(thrown instanceof StoreUnavailableError))).to.deep.equal([]);
      const kept = await store.list({ projectId: '1a5', limit: 1_000_000, order: 'asc' });
      const ids = new Set(kept.map(({ id }) => id));
      expect(stored.filter((id) => !ids.has(id))).to.deep.equal([]);
      expect(new Set(stored).size).to.equal(stored.length);
    }).timeout(180_000);
  }

  it('fails in time while PostgreSQL is frozen, and goes on by itself', async () => {
    await store.accept(newDelivery());
    server.pause();
    const started = performance.now();
    try {
      const calls = [
        store.accept(newDelivery()),
        store.claim({ owner: 'one', leaseMs: 1, limit: 1, upstreams: {}, crashes: 0 }),
        store.get('1a5', '1wd1'),
      ];
      const thrown = await Promise.all(calls.map((call) => thrownBy(call)));
      expect(thrown.map(({ name }) => name)).to.deep.equal(calls.map(() => 'StoreUnavailableError'));
    } finally {
      server.resume();
    }
    expect(performance.now() - started).to.be.within(1_000, 11_000);
    expect((await store.accept(newDelivery())).duplicate).to.equal(false);
  });

  it('does not wait long for a replica that is frozen in the middle of a transaction', async () => {
    const frozen = await PostgresDatabase.open(url);
    let wake = (): void => undefined;
    const sleep = new Promise<void>((resolve) => (wake = resolve));
    let asleep = false;
    const transaction = thrownBy(
      frozen.transaction({ kind: 'alone' }, async (tx) => {
        asleep = true;
        await sleep;
        await tx.run('DELETE FROM deliveries');
      }),
    );
    await until(() => asleep);
    const started = performance.now();
    const { id } = await store.accept(newDelivery());
    expect(performance.now() - started).to.be.within(1_000, 6_000);
    wake();
    expect(await transaction).to.be.instanceOf(StoreUnavailableError);
    expect(await store.get('1a5', id)).to.include({ id });
    await frozen.close();
  });

  it('says promptly that nobody listens', async () => {
    await server.stop();
    try {
      const started = performance.now();
      const thrown = await thrownBy(store.accept(newDelivery()));
      expect(performance.now() - started).to.be.lessThan(3_500);
      expect(thrown).to.be.instanceOf(StoreUnavailableError);
      expect(thrown.message).to.equal('PostgreSQL cannot be reached (ECONNREFUSED)');
    } finally {
      await server.start();
    }
    await store.accept(newDelivery());
  });

  it('has every commit on disk before it is told, whatever the defaults are', async () => {
    const { pathname } = new URL(url);
    await query(`ALTER DATABASE ${pathname.slice(1)} SET synchronous_commit = off`);
    const database = await PostgresDatabase.open(url);
    const shown = await database.transaction({ kind: 'beside', names: [] }, (tx) => tx.all('SHOW synchronous_commit'));
    expect(shown).to.deep.equal([{ synchronous_commit: 'on' }]);
    await database.close();
  });

  it('warns of a server that does not write to disk', async () => {
    const warnings: string[] = [];
    const log = { warn: (message: string) => warnings.push(message) };
    await query('ALTER SYSTEM SET fsync = off');
    await query('SELECT pg_reload_conf()');
    try {
      const opened = await openPostgresDeliveryStore({ url, log });
      await opened.close();
    } finally {
      await query('ALTER SYSTEM RESET fsync');
      await query('SELECT pg_reload_conf()');
    }
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^PostgreSQL runs with fsync=off: /);
  });

  const unusable: readonly (readonly [string, (good: URL) => string, RegExp])[] = [
    ['a wrong password', (good) => Object.assign(good, { password: 'canary-5309' }).href, /refuses the user, the password/],
    ['a database that is not there', (good) => Object.assign(good, { pathname: '/canary-5309' }).href, /no database of the name/],
    ['a port where nobody listens', (good) => Object.assign(good, { port: '1' }).href, /cannot be reached \(ECONNREFUSED\)/],
    ['another protocol', () => 'mysql://canary-5309:canary-5309@127.0.0.1/x', /is no address of PostgreSQL/],
    ['no URL', () => 'postgres://canary-5309:canary-5309@[bad', /is no address of PostgreSQL/],
    ['an sslmode that is none', (good) => `${good.href}?sslmode=canary-5309`, /choose one of disable, require/],
    ['a certificate that is not there', (good) => `${good.href}?sslmode=verify-full&sslrootcert=/canary-5309`, /can be read/],
    ['TLS that the server does not have', (good) => `${good.href}?sslmode=require`, /offers no TLS/],
  ];
  for (const [name, toUrl, message] of unusable) {
    it(`says what is wrong with ${name}, and shows nothing of DATABASE_URL`, async () => {
      const thrown = await thrownBy(openPostgresDeliveryStore({ url: toUrl(new URL(url)), log: silent }));
      expect(thrown.message).to.match(message);
      const shown = inspect(thrown, { depth: 10, showHidden: true });
      for (const secret of ['canary-5309', server.password, 'tester']) expect(shown).not.to.include(secret);
    });
  }
});
