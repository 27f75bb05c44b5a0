import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import { migrations } from '../deliveries/migrations.ts';
import { damaged, databaseFailure } from './database-failure.ts';

/** By which our files are known: "WHDS". */
export const applicationId = 0x57484453;

const words = { growingKey: 'INTEGER PRIMARY KEY AUTOINCREMENT', bytes: 'BLOB' };

/**
 * Brings the schema up to date; `user_version` is the number of migrations that were applied.
 * @throws StoreUnavailableError if the file is from a newer release.
 */
export function migrateDatabase(database: DatabaseSync, file: string, steps: typeof migrations = migrations): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > steps.length) {
    throw new StoreUnavailableError(
      `${file} has schema version ${version}, and this release knows versions up to ${steps.length}: run the newer release ` +
        'again, or restore the backup from before the update',
    );
  }
  for (const [index, migration] of steps.entries()) {
    if (index < version) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const statement of migration(words)) database.exec(statement);
      database.exec(`PRAGMA user_version = ${index + 1}`);
      database.exec('COMMIT');
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw databaseFailure(thrown, file) ?? damaged(file, `the change to schema version ${index + 1} failed: ${String(thrown)}`);
    }
  }
}
