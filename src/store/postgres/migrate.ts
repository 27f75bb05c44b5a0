import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import { migrations } from '../deliveries/migrations.ts';
import type { Transaction } from '../deliveries/transaction.ts';
import { type PostgresDatabase, schemaName } from './postgres-database.ts';

const words = { growingKey: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY', bytes: 'BYTEA' };
const versions = 'webhook_service_migrations';

/**
 * Brings the schema up to date, and makes it in an empty database. Of replicas that start at once one does it.
 * @throws StoreUnavailableError if the schema is from a newer release.
 */
export async function migrate(database: PostgresDatabase, steps: typeof migrations = migrations): Promise<void> {
  await database.transaction({ kind: 'alone' }, async (tx) => {
    await makeSchema(tx);
    await tx.run(`CREATE TABLE IF NOT EXISTS ${versions} (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)`);
    const [row] = await tx.all(`SELECT coalesce(max(version), 0) AS version FROM ${versions}`);
    const version = Number(row?.['version']);
    if (version > steps.length) {
      throw new StoreUnavailableError(
        `the schema ${schemaName} in the database has version ${version}, and this release knows versions up to ${steps.length}: ` +
          'run the newer release again, or give this one another database (DATABASE_URL)',
      );
    }
    for (const [index, statements] of steps.entries()) {
      if (index < version) continue;
      for (const statement of statements(words)) await tx.run(statement);
      await tx.run(`INSERT INTO ${versions} (version, applied_at) VALUES ($1, $2)`, index + 1, tx.now);
    }
  });
}

/** Makes our schema, where somebody has not done so for a user who may not. */
export async function makeSchema(tx: Transaction): Promise<void> {
  const [found] = await tx.all('SELECT 1 AS found FROM pg_namespace WHERE nspname = $1', schemaName);
  if (found === undefined) await tx.run(`CREATE SCHEMA ${schemaName}`);
}
