import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { damageOfWriteAheadLog } from '../../src/store/sqlite/write-ahead-log.ts';

const frameBytes = 24 + 4_096;

describe('the check of the write-ahead log', () => {
  let folder = '';
  let log = '';
  let whole = Buffer.alloc(0);
  /** Where each transaction of the log ends. */
  let ends: number[] = [];

  const check = (content: Buffer): string | undefined => {
    fs.writeFileSync(log, content);
    return damageOfWriteAheadLog(log);
  };
  const flip = (at: number): Buffer => {
    const content = Buffer.from(whole);
    content[at] = (content[at] ?? 0) ^ 4;
    return content;
  };

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-write-ahead-log-'));
    const file = path.join(folder, 'some.db');
    log = path.join(folder, 'copy-wal');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA wal_autocheckpoint = 0');
    // A first round, whose frames the second one only partly overwrites.
    database.exec('CREATE TABLE numbers (number, text)');
    for (let number = 0; number < 20; number++) database.exec(`INSERT INTO numbers VALUES (${number}, hex(zeroblob(3000)))`);
    database.prepare('PRAGMA wal_checkpoint(RESTART)').all();
    const firstRound = fs.statSync(`${file}-wal`).size;
    for (let number = 0; number < 5; number++) {
      database.exec(`INSERT INTO numbers VALUES (${number}, hex(zeroblob(3000)))`);
    }
    whole = fs.readFileSync(`${file}-wal`);
    expect(whole.length).to.equal(firstRound);
    ends = [];
    for (let at = 32; at < whole.length; at += frameBytes) {
      const salted = whole.subarray(at + 8, at + 16).equals(whole.subarray(16, 24));
      if (salted && whole.readUInt32BE(at + 4) !== 0) ends.push(at + frameBytes);
    }
    expect(ends).to.have.length(5);
    database.close();
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  it('finds nothing wrong with a log that is whole, empty or not there', () => {
    expect(check(whole)).to.equal(undefined);
    expect(check(Buffer.alloc(0))).to.equal(undefined);
    expect(damageOfWriteAheadLog(path.join(folder, 'none'))).to.equal(undefined);
  });

  it('lets a last transaction be torn, which nobody was told of', () => {
    const [, , , beforeLast = 0, last = 0] = ends;
    for (let at = beforeLast; at < last; at += 512) {
      expect(check(whole.subarray(0, at)), `nothing from ${at} on`).to.equal(undefined);
      const missing = Buffer.from(whole).fill(0, at, Math.min(at + 512, last));
      expect(check(missing), `the sector at ${at} is missing`).to.equal(undefined);
    }
  });

  it('finds each bit that changed in a transaction before the last', () => {
    const [, , , beforeLast = 0] = ends;
    for (let at = 32; at < beforeLast; at += 61) expect(check(flip(at)), String(at)).to.match(/wrong checksum at byte/);
  });

  it('finds each bit that changed in the header', () => {
    for (let at = 0; at < 32; at++) expect(check(flip(at)), String(at)).to.match(/the header of its write-ahead log/);
  });
});
