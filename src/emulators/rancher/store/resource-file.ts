import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Row } from './row.ts';

/** Where rows and the next number of each base type outlive the process. */
export interface ResourceFile {
  load(): { rows: Row[]; numbers: Map<string, number> };
  /** All or nothing. */
  save(rows: readonly Row[], removedIds: readonly string[], numbers: ReadonlyMap<string, number>): void;
  close(): void;
}

/**
 * Opens `rancher.sqlite` in a folder, which is made if it is missing; both are for their owner only. Every save is synced to
 * the disk before it returns.
 *
 * @throws Error if another process has the file open.
 */
export async function openResourceFile(folder: string): Promise<ResourceFile> {
  const { DatabaseSync: Database } = await import('node:sqlite');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'rancher.sqlite');
  const database = new Database(path);
  chmodSync(path, 0o600);
  prepare(database, path);
  return fileOn(database);
}

/** Takes the file for this process alone: two would overwrite each other's rows, which both keep in memory. */
function prepare(database: DatabaseSync, path: string): void {
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT');
  } catch (error) {
    database.close();
    throw new Error(`${path} cannot be opened, or another process has it open`, { cause: error });
  }
  database.exec(`
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS resource (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS number (base TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;
  `);
}

function fileOn(database: DatabaseSync): ResourceFile {
  const putRow = database.prepare(
    'INSERT INTO resource (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
  );
  const dropRow = database.prepare('DELETE FROM resource WHERE id = ?');
  const putNumber = database.prepare(
    'INSERT INTO number (base, next) VALUES (?, ?) ON CONFLICT (base) DO UPDATE SET next = excluded.next',
  );
  return {
    load() {
      const rows = database.prepare('SELECT body FROM resource').all() as { body: string }[];
      const numbers = database.prepare('SELECT base, next FROM number').all() as { base: string; next: number }[];
      return {
        rows: rows.map(({ body }) => JSON.parse(body) as Row),
        numbers: new Map(numbers.map(({ base, next }) => [base, next])),
      };
    },
    save(rows, removedIds, numbers) {
      database.exec('BEGIN IMMEDIATE');
      try {
        for (const row of rows) putRow.run(row.id, JSON.stringify(row));
        for (const id of removedIds) dropRow.run(id);
        for (const [base, next] of numbers) putNumber.run(base, next);
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}
