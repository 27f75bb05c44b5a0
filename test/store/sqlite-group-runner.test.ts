import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { LeaseLostError, StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { restoreError } from '../../src/store/sqlite/carried-error.ts';
import { GroupRunner, type OperationTable } from '../../src/store/sqlite/group-runner.ts';
import { openDatabase } from '../../src/store/sqlite/open-database.ts';
import type { Call, Outcome } from '../../src/store/sqlite/worker-messages.ts';
import { thrownBy } from '../support/thrown-by.ts';

/** Operations on targets, of which some fail before and some after they have written. */
const operations: OperationTable = {
  accept: async (tx, name: string) => {
    const [row] = await tx.all('INSERT INTO targets (project_id, name) VALUES ($2, $1) RETURNING id', name, '1a5');
    return row?.['id'];
  },
  get: async (tx) => {
    await tx.all('SELECT 1 AS one');
    throw new LeaseLostError();
  },
  hold: async (tx, name: string) => {
    await tx.run('INSERT INTO targets (project_id, name) VALUES ($1, $2)', '1a5', name);
    throw new ServiceError('Conflict', 'not now', { retryAfterSeconds: 7, fieldName: 'name' });
  },
  prune: async (tx) => {
    await tx.run('INSERT INTO no_such_table VALUES (1)');
  },
  wake: async () => {
    throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 });
  },
};

describe('the group runner of the SQLite store', () => {
  let folder = '';
  let database: DatabaseSync;
  let runner: GroupRunner;
  let executed: string[] = [];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-group-runner-'));
    const file = path.join(folder, 'deliveries.db');
    database = openDatabase(file);
    executed = [];
    const exec = database.exec.bind(database);
    database.exec = (sql) => {
      executed.push(sql);
      exec(sql);
    };
    runner = new GroupRunner(database, file, operations);
  });

  afterEach(() => {
    database.close();
    fs.rmSync(folder, { recursive: true });
  });

  const call = (name: Call['name'], ...args: unknown[]): Call => ({ name, args });
  const names = (): unknown[] =>
    database
      .prepare('SELECT name FROM targets ORDER BY id')
      .all()
      .map((row) => row['name']);
  const errorIn = (outcome: Outcome | undefined): Error => {
    if (outcome === undefined || !('error' in outcome)) throw new Error('the call did not fail');
    return restoreError(outcome.error);
  };

  it('commits all calls of a group at once', async () => {
    const outcomes = await runner.run([call('accept', 'a'), call('accept', 'b'), call('accept', 'c')]);
    expect(outcomes).to.deep.equal([{ value: 1 }, { value: 2 }, { value: 3 }]);
    expect(executed).to.deep.equal(['BEGIN IMMEDIATE', 'COMMIT']);
    expect(names()).to.deep.equal(['a', 'b', 'c']);
  });

  it('commits the others along when a call failed before it wrote', async () => {
    const outcomes = await runner.run([call('accept', 'a'), call('get'), call('accept', 'c')]);
    expect(errorIn(outcomes[1])).to.be.instanceOf(LeaseLostError);
    expect(executed).to.deep.equal(['BEGIN IMMEDIATE', 'COMMIT']);
    expect(names()).to.deep.equal(['a', 'c']);
  });

  it('undoes what a failed call wrote, and nothing else', async () => {
    const outcomes = await runner.run([
      call('accept', 'a'),
      call('hold', 'b'),
      call('prune'),
      call('accept', 'c'),
      call('accept', 'a'),
    ]);
    expect(outcomes.map((outcome) => 'value' in outcome)).to.deep.equal([true, false, false, true, false]);
    const conflict = errorIn(outcomes[1]);
    expect(conflict).to.be.instanceOf(ServiceError);
    expect(conflict).to.include({ code: 'Conflict', status: 409, message: 'not now', retryAfterSeconds: 7, fieldName: 'name' });
    expect(errorIn(outcomes[2]).message).to.match(/no such table/);
    expect(errorIn(outcomes[4]).message).to.match(/UNIQUE/);
    expect(names()).to.deep.equal(['a', 'c']);
  });

  it('fails as a whole where the file fails', async () => {
    const error = await thrownBy(runner.run([call('accept', 'a'), call('wake'), call('accept', 'c')]));
    expect(error).to.be.instanceOf(StoreUnavailableError);
    expect(error.message).to.include(path.join(folder, 'deliveries.db')).and.include('check the disk');
  });

  it('fails as a whole where the file is no longer open', async () => {
    database.close();
    expect(await thrownBy(runner.run([call('accept', 'a')]))).to.be.instanceOf(StoreUnavailableError);
    database = openDatabase(path.join(folder, 'deliveries.db'));
  });

  it('copies the log into the file before it grows large', async () => {
    const log = path.join(folder, 'deliveries.db-wal');
    for (let group = 0; group < 40; group++) {
      await runner.run(Array.from({ length: 20 }, (_, index) => call('accept', `${group}/${index}/${'x'.repeat(40_000)}`)));
      runner.checkpointIfDue();
    }
    expect(names()).to.have.length(800);
    expect(fs.statSync(log).size).to.be.lessThan(20 * 2 ** 20);
    expect(fs.statSync(path.join(folder, 'deliveries.db')).size).to.be.greaterThan(30 * 2 ** 20);
  });
});
