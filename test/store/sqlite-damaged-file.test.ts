import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import { migrations } from '../../src/store/deliveries/migrations.ts';
import { databaseFailure } from '../../src/store/sqlite/database-failure.ts';
import { openDatabase } from '../../src/store/sqlite/open-database.ts';
import { openSqliteDeliveryStore } from '../../src/store/sqlite/sqlite-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';
import { thrownBy } from '../support/thrown-by.ts';
import { until } from '../support/until.ts';
import { skip } from '../support/skip.ts';

const stored = 300;
const silent = { info: () => undefined, error: () => undefined };

describe('a damaged file of the SQLite delivery store', () => {
  let folder = '';
  let file = '';
  /** The file after it was closed, and file and log as a crash leaves them. */
  let closed = Buffer.alloc(0);
  let crashed = { file: Buffer.alloc(0), log: Buffer.alloc(0) };

  const put = (content: Buffer, log?: Buffer): void => {
    fs.writeFileSync(file, content);
    if (log === undefined) fs.rmSync(`${file}-wal`, { force: true });
    else fs.writeFileSync(`${file}-wal`, log);
  };
  /** Opens the file and reads all of it: how many deliveries there are, or what was said of it. */
  const tryIt = (): number | string => {
    let database: DatabaseSync | undefined;
    try {
      database = openDatabase(file);
      return database.prepare('SELECT * FROM deliveries ORDER BY sequence').all().length;
    } catch (thrown) {
      const failure = databaseFailure(thrown, file);
      if (failure === undefined) throw thrown;
      return failure.message;
    } finally {
      database?.close();
    }
  };
  const openError = (): Promise<Error> => thrownBy(openSqliteDeliveryStore({ file, log: silent }));

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-damaged-file-'));
    file = path.join(folder, 'deliveries.db');
    const store = await openSqliteDeliveryStore({ file, log: silent });
    const accept = (): Promise<unknown>[] =>
      Array.from({ length: stored / 3 }, (_, index) => store.accept(newDelivery({ identities: [`${index}`.repeat(9)] })));
    await Promise.all(accept());
    await store.close();
    const second = await openSqliteDeliveryStore({ file, log: silent });
    for (let round = 0; round < 2; round++) {
      await Promise.all(Array.from({ length: stored / 3 }, () => second.accept(newDelivery())));
    }
    crashed = { file: fs.readFileSync(file), log: fs.readFileSync(`${file}-wal`) };
    await second.close();
    closed = fs.readFileSync(file);
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  it('is none as long as nothing is wrong with it', () => {
    put(closed);
    expect(tryIt()).to.equal(stored);
    put(crashed.file, crashed.log);
    expect(tryIt()).to.equal(stored);
  });

  it('is refused by the store with the name of the file and what to do', async () => {
    for (const content of [Buffer.alloc(0), Buffer.from('this is no database\n'.repeat(500)), closed.subarray(0, 40_000)]) {
      put(content);
      const error = await openError();
      expect(error).to.be.instanceOf(StoreUnavailableError);
      expect(error.message).to.include(`${file} is damaged`).and.include('backup').and.include(`${file}-wal`);
      expect(fs.readFileSync(file).equals(content), 'the file is left as it is').to.equal(true);
    }
  });

  it('is recognised wherever it was cut off', () => {
    for (let size = 0; size < closed.length; size += 1_537) {
      put(closed.subarray(0, size));
      expect(tryIt(), `${size} of ${closed.length} bytes`).to.match(/is damaged|none of this program's/);
    }
  });

  it('is recognised wherever it was cut off in a crash', () => {
    for (let size = 0; size < crashed.file.length; size += 4_611) {
      put(crashed.file.subarray(0, size), crashed.log);
      const result = tryIt();
      // What was cut off may all be in the log.
      if (result !== stored)
        expect(result, `${size} of ${crashed.file.length} bytes`).to.match(/is damaged|none of this program's/);
    }
  });

  it('has all that was acknowledged before the log was torn, or is refused', () => {
    for (let size = 0; size < crashed.log.length; size += 40_001) {
      put(crashed.file, crashed.log.subarray(0, size));
      const result = tryIt();
      if (typeof result === 'string') expect(result).to.match(/is damaged/);
      else expect(result, `${size} of ${crashed.log.length} bytes`).to.be.within(stored / 3, stored);
    }
  });

  it('is refused, and its log left alone, when bits of what was acknowledged changed in the log', async () => {
    const log = Buffer.from(crashed.log);
    log[5_000] = (log[5_000] ?? 0) ^ 1;
    put(crashed.file, log);
    const error = await openError();
    expect(error.message).to.match(/is damaged \(its write-ahead log has a wrong checksum at byte 4152\)/);
    expect(fs.readFileSync(`${file}-wal`).equals(log)).to.equal(true);
    fs.rmSync(`${file}-shm`, { force: true });
  });

  it('is refused, or has all its deliveries, when bits changed in its header or in the order of its pages', () => {
    let refused = 0;
    const places = Array.from({ length: 100 }, (_, at) => at);
    for (let page = 4_096; page < closed.length; page += 4_096) places.push(page, page + 3, page + 4, page + 6, page + 9);
    for (const [index, at] of places.entries()) {
      const content = Buffer.from(closed);
      content[at] = (content[at] ?? 0) ^ (1 << (index % 8));
      put(content);
      const result = tryIt();
      if (typeof result === 'number') {
        expect(result, `bit ${index % 8} of byte ${at}`).to.equal(stored);
      } else {
        refused++;
        expect(result, `bit ${index % 8} of byte ${at}`).to.match(
          /is damaged|none of this program's|newer release|cannot be written/,
        );
      }
    }
    expect(refused).to.be.greaterThan(places.length / 2);
  });

  it('makes the store refuse all calls, and say why, when the damage shows up later', async () => {
    fs.rmSync(file);
    const said: unknown[] = [];
    const store = await openSqliteDeliveryStore({ file, log: { ...silent, error: (_message, fields) => said.push(fields) } });
    try {
      const request = { headers: {}, query: '', body: Buffer.alloc(2 ** 20, 'b') };
      // More than SQLite keeps in memory.
      for (let number = 0; number < 64; number++) await store.accept(newDelivery({ request }));
      const descriptor = fs.openSync(file, 'r+');
      fs.writeSync(descriptor, Buffer.alloc(2 ** 19), 0, 2 ** 19, 3 * 2 ** 20);
      fs.closeSync(descriptor);
      const reads = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => store.get('1a5', `1wd${index + 1}`)));
      const failed = reads.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
      expect(failed[0]).to.be.instanceOf(StoreUnavailableError);
      expect(failed[0]?.message).to.include(`${file} is damaged`).and.include('backup');
      expect(store.health()).to.deep.equal({ available: false, reason: failed[0]?.message });
      expect(await thrownBy(store.accept(newDelivery()))).to.be.instanceOf(StoreUnavailableError);
      await until(() => store.health().reason?.includes('*** in database main ***') ?? false);
      expect(said).to.deep.equal([{ reason: failed[0]?.message }]);
    } finally {
      await store.close();
      fs.rmSync(`${file}-wal`, { force: true });
    }
  });

  it('is told from one of another program, which is not touched', async () => {
    put(Buffer.alloc(0));
    fs.rmSync(file);
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE receipts (id INTEGER)');
    other.close();
    const before = fs.readFileSync(file);
    expect((await openError()).message)
      .to.include(`${file} is a SQLite file, but none of this program's`)
      .and.include('--data-dir');
    expect(fs.readFileSync(file).equals(before)).to.equal(true);
  });

  it('is told from one that a newer release has written', async () => {
    put(closed);
    const newer = new DatabaseSync(file);
    newer.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    newer.close();
    const { message } = await openError();
    expect(message).to.include(
      `has schema version ${migrations.length + 1}, and this release knows versions up to ${migrations.length}`,
    );
    expect(message).to.include('run the newer release again, or restore the backup');
  });

  it('is told from one that cannot be written', async function () {
    if (process.getuid?.() === 0) skip(this, 'root may write any file');
    put(closed);
    fs.chmodSync(file, 0o400);
    expect((await openError()).message).to.include(`${file} cannot be written`);
    fs.chmodSync(file, 0o600);
  });
});
