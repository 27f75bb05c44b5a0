import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { StoreEvent } from './object-store.ts';

/** Where objects outlive the process. */
export interface ObjectFile {
  load(): { readonly objects: KubernetesObject[]; readonly resourceVersion: number };
  save(event: StoreEvent): void;
  close(): void;
}

/**
 * Opens `kubernetes.sqlite` in a folder, which is made if it is missing; both are for their owner only.
 * @throws Error if another process has the file open.
 */
export async function openObjectFile(folder: string): Promise<ObjectFile> {
  const { DatabaseSync: Database } = await import('node:sqlite');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'kubernetes.sqlite');
  const database = new Database(file);
  try {
    chmodSync(file, 0o600);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT');
    database.exec(`
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS object (uid TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS version (id INTEGER PRIMARY KEY CHECK (id = 0), last INTEGER NOT NULL) STRICT;
    `);
  } catch (error) {
    database.close();
    throw new Error(`${file} cannot be opened, or another process has it open`, { cause: error });
  }
  return fileOn(database);
}

function fileOn(database: DatabaseSync): ObjectFile {
  const put = database.prepare(
    'INSERT INTO object (uid, body) VALUES (?, ?) ON CONFLICT (uid) DO UPDATE SET body = excluded.body',
  );
  const drop = database.prepare('DELETE FROM object WHERE uid = ?');
  const count = database.prepare(
    'INSERT INTO version (id, last) VALUES (0, ?) ON CONFLICT (id) DO UPDATE SET last = excluded.last',
  );
  return {
    load() {
      const rows = database.prepare('SELECT body FROM object').all() as { body: string }[];
      const version = database.prepare('SELECT last FROM version').get() as { last: number } | undefined;
      return { objects: rows.map(({ body }) => JSON.parse(body) as KubernetesObject), resourceVersion: version?.last ?? 0 };
    },
    save({ type, object, resourceVersion }) {
      database.exec('BEGIN IMMEDIATE');
      try {
        if (type === 'DELETED') drop.run(object.metadata.uid);
        else put.run(object.metadata.uid, JSON.stringify(object));
        count.run(resourceVersion);
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}
