import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import { damaged, openingFailure } from './database-failure.ts';
import { applicationId, migrateDatabase } from './migrate-database.ts';
import { damageOfWriteAheadLog } from './write-ahead-log.ts';

/** How long another process may hold the file before it counts as in use: one that is being replaced needs a moment to end. */
const lockTimeoutMs = 2_000;
/** Files up to these sizes, in bytes, are checked as a whole at the start; it takes about a second a gigabyte where nothing is to be read from a slow disk. */
const wholeCheckBytes = { afterCrash: 384 * 2 ** 20, afterClose: 64 * 2 ** 20 };
/** What is going to be acted upon is checked in files of any size. */
const checkedTables = ['work', 'lanes', 'applied', 'targets', 'holds'];

/**
 * Opens the file for this process alone, makes it if it is not there, checks it, and brings its schema up to date.
 *
 * @param suspect the file was found damaged before: all of it is checked, whatever its size.
 * @returns a connection whose every commit is on disk when it returns.
 * @throws StoreUnavailableError that names the file and says what to do.
 */
export function openDatabase(file: string, suspect = false): DatabaseSync {
  try {
    if (!fs.existsSync(file)) createDatabase(file);
    if (fs.statSync(file).size === 0) throw damaged(file, 'it is empty');
    const damage = damageOfWriteAheadLog(`${file}-wal`);
    if (damage !== undefined) refuseDamagedLog(file, damage);
    const wholeBytes = isNotEmpty(`${file}-wal`) ? wholeCheckBytes.afterCrash : wholeCheckBytes.afterClose;
    readAhead(file);
    const database = connect(file);
    try {
      migrateDatabase(database, file);
      // After a failed fsync the system may show pages that are not on disk; written once more, they are.
      checkpoint(database, file);
      checkPages(database, file, suspect ? Infinity : wholeBytes);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  } catch (thrown) {
    throw openingFailure(file, thrown);
  }
}

/** Copies the whole write-ahead log into the file. @throws if anything of that does not reach the disk. */
export function checkpoint(database: DatabaseSync, file: string): void {
  const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (row?.['busy'] !== 0) throw new StoreUnavailableError(`the write-ahead log of ${file} cannot be copied into it`);
}

/** Without touching the file: closing it would delete the log. */
function refuseDamagedLog(file: string, damage: string): never {
  const database = new DatabaseSync(file, { readOnly: true, timeout: lockTimeoutMs });
  try {
    // What another process is just writing may look damaged; then the file is in use, and this says so.
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
  } finally {
    database.close();
  }
  throw damaged(file, damage);
}

/** Connects, and takes the lock, which only a write does. */
function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: lockTimeoutMs });
  try {
    // Before the journal mode, so that SQLite keeps the log's index in memory and no second process can take part.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    checkApplication(database, file);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA mmap_size = 0');
    database.exec('PRAGMA cache_size = -16000');
    database.exec('PRAGMA temp_store = MEMORY');
    database.exec('PRAGMA cell_size_check = ON');
    // The worker does it, where it sees whether it fails.
    database.exec('PRAGMA wal_autocheckpoint = 0');
    database.exec('BEGIN IMMEDIATE');
    database.exec('COMMIT');
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** Before anything is written to what may be another program's file. */
function checkApplication(database: DatabaseSync, file: string): void {
  const id = database.prepare('PRAGMA application_id').get()?.['application_id'];
  if (id === applicationId) return;
  throw new StoreUnavailableError(
    `${file} is a SQLite file, but none of this program's (application_id ${String(id)}): move it aside, or choose another ` +
      'folder with --data-dir (WEBHOOK_DATA_DIR). If it was one, it is damaged, and a backup is to be restored',
  );
}

/** Makes the file under another name first: as long as it is not whole and on disk, it is not there. */
function createDatabase(file: string): void {
  const draft = `${file}.new-${process.pid}`;
  try {
    fs.closeSync(fs.openSync(draft, 'w', 0o600));
    const database = new DatabaseSync(draft);
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE');
      database.exec('PRAGMA journal_mode = WAL');
      database.exec('PRAGMA synchronous = OFF');
      database.exec(`PRAGMA application_id = ${applicationId}`);
      migrateDatabase(database, file);
      checkpoint(database, file);
    } finally {
      database.close();
    }
    sync(draft);
    publish(draft, file);
  } finally {
    fs.rmSync(draft, { force: true });
    fs.rmSync(`${draft}-wal`, { force: true });
  }
  sync(path.dirname(file));
}

function publish(draft: string, file: string): void {
  try {
    // Unlike a rename it leaves alone what another process has made meanwhile.
    fs.linkSync(draft, file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    // Not every file system has links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    fs.renameSync(draft, file);
  }
}

/** @param name of a file or a folder. */
function sync(name: string): void {
  const descriptor = fs.openSync(name, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** @param wholeBytes up to which size of the file all of it is checked. */
function checkPages(database: DatabaseSync, file: string, wholeBytes: number): void {
  const { size } = fs.statSync(file);
  // SQLite reads the missing part of a last page as zeros.
  if (size % Number(database.prepare('PRAGMA page_size').get()?.['page_size']) !== 0) throw damaged(file, 'it was cut off');
  const checks = size <= wholeBytes ? ['PRAGMA quick_check(1)'] : checkedTables.map((table) => `PRAGMA quick_check(${table})`);
  for (const check of checks) {
    const result = database.prepare(check).get()?.['quick_check'];
    if (result !== 'ok') throw damaged(file, String(result));
  }
}

/**
 * Has the system read the file in one go: the check takes its pages in the order of the trees, which slow disks punish. Not
 * while a connection is open: closing a file, by whichever descriptor, gives up all locks of the process on it.
 */
function readAhead(file: string): void {
  if (fs.statSync(file).size > wholeCheckBytes.afterCrash) return;
  const descriptor = fs.openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(2 ** 20);
    while (fs.readSync(descriptor, chunk) > 0);
  } finally {
    fs.closeSync(descriptor);
  }
}

function isNotEmpty(file: string): boolean {
  return (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
