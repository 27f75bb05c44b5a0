import { Client } from 'pg';
import { openPostgresDeliveryStore } from '../../src/store/postgres/postgres-delivery-store.ts';
import { describeDeliveryStore } from '../contracts/delivery-store.ts';
import { freshDatabase } from '../support/postgres.ts';

let database: string | undefined;

/** One database for all tests, emptied for each: to make one takes longer than most of them. */
async function emptyDatabase(test: Mocha.Context): Promise<string> {
  if (database === undefined) return (database = await freshDatabase(test));
  const client = new Client({ connectionString: database });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'webhook_service'
      AND tablename NOT LIKE '%_migrations'`,
    );
    await client.query(`TRUNCATE ${tables.rows.map(({ name }) => name).join(', ')} RESTART IDENTITY`);
  } finally {
    await client.end();
  }
  return database;
}

describeDeliveryStore('PostgreSQL', async (test) => {
  let ahead = 0;
  const store = await openPostgresDeliveryStore({
    url: await emptyDatabase(test),
    log: { warn: () => undefined },
    clock: (now) => now + ahead,
  });
  return { store, advance: (ms) => (ahead += ms) };
});
