import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { type Claim, LeaseLostError, StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import type { Log } from '../../src/framework/log.ts';
import { openSqliteDeliveryStore, type SqliteDeliveryStore } from '../../src/store/sqlite/sqlite-delivery-store.ts';
import { newDelivery } from '../support/new-delivery.ts';
import { projectRoot, startProgram } from '../support/program.ts';
import { thrownBy } from '../support/thrown-by.ts';
import { until } from '../support/until.ts';

const silent: Pick<Log, 'info' | 'error'> = { info: () => undefined, error: () => undefined };

describe('the SQLite delivery store', () => {
  let folder = '';
  let file = '';
  let opened: SqliteDeliveryStore[] = [];

  const open = async (log = silent): Promise<SqliteDeliveryStore> => {
    const store = await openSqliteDeliveryStore({ file, log });
    opened.push(store);
    return store;
  };

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-delivery-store-'));
    file = path.join(folder, 'deliveries.db');
  });

  afterEach(async () => {
    for (const store of opened) await store.close();
    opened = [];
    fs.rmSync(folder, { recursive: true });
  });

  it('gives a delivery back as it was, also after it was opened again', async () => {
    const body = Buffer.from([0, 1, 254, 255]);
    const store = await open();
    const { id } = await store.accept(newDelivery({ request: { headers: { a: 'b' }, query: 'c=d', body } }));
    const first = await store.get('1a5', id);
    await store.close();
    const second = await (await open()).get('1a5', id);
    expect(first?.request).to.deep.equal({ headers: { a: 'b' }, query: 'c=d', body });
    expect(Buffer.isBuffer(first?.request.body)).to.equal(true);
    expect(second).to.deep.equal(first);
  });

  it('keeps the bodies of deliveries that are stored together apart', async () => {
    const store = await open();
    const bodies = Array.from({ length: 100 }, (_, index) => Buffer.from(`body ${index} ${'x'.repeat(index)}`));
    const ids = await Promise.all(
      bodies.map(async (body) => (await store.accept(newDelivery({ request: { headers: {}, query: '', body } }))).id),
    );
    const records = await Promise.all(ids.map((id) => store.get('1a5', id)));
    expect(records.map((record) => record?.request.body)).to.deep.equal(bodies);
  });

  it('makes a file that nobody else may read, and leaves no log beside it when it is closed', async () => {
    const store = await open();
    await store.accept(newDelivery());
    expect(fs.statSync(file).mode & 0o777).to.equal(0o600);
    expect(fs.statSync(`${file}-wal`).mode & 0o777).to.equal(0o600);
    await store.close();
    expect(fs.readdirSync(folder)).to.deep.equal(['deliveries.db']);
  });

  it('writes what was asked for before it was closed, and refuses what comes after', async () => {
    const store = await open();
    const asked = Array.from({ length: 2_000 }, () => store.accept(newDelivery()));
    const closed = store.close();
    expect(await thrownBy(store.accept(newDelivery()))).to.be.instanceOf(StoreUnavailableError);
    await closed;
    const ids = new Set((await Promise.all(asked)).map(({ id }) => id));
    expect(ids.size).to.equal(2_000);
    expect(store.health()).to.deep.equal({ available: false, reason: 'the delivery store is closed' });
    const found = await (await open()).list({ projectId: '1a5', limit: 5_000, order: 'asc' });
    expect(found.map(({ id }) => id)).to.have.members([...ids]);
  });

  it('passes errors on in their own classes, each to the one who asked', async () => {
    const store = await open();
    const lost: Claim = {
      fence: 99,
      lane: 'target/a',
      upstream: 'rancher',
      owner: 'test',
      leaseMs: 15_000,
      kind: 'action',
      delivery: { ...newDelivery(), id: '1wd1', request: newDelivery().request },
      actions: [],
      attempt: 1,
      firstAttemptAt: 0,
      crashes: 0,
      outdated: false,
    };
    const [before, refused, after] = await Promise.all([
      store.accept(newDelivery()),
      thrownBy(store.recordStep(lost, '1wa1', 'writing')),
      store.accept(newDelivery()),
    ]);
    expect(refused).to.be.instanceOf(LeaseLostError);
    expect([before.id, after.id]).to.deep.equal(['1wd1', '1wd2']);
    await store.recordProgress(lost, undefined, 'nobody hears that this is too late');
  });

  it('takes only so many deliveries that wait to be stored', async () => {
    const store = await open();
    const results = await Promise.allSettled(Array.from({ length: 10_000 }, () => store.accept(newDelivery())));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).to.be.within(4_000, 6_000);
    expect(refused.every(({ reason }) => reason instanceof StoreUnavailableError)).to.equal(true);
    await store.accept(newDelivery());
  });

  it('takes only so many bytes that wait to be stored', async () => {
    const store = await open();
    const request = { headers: {}, query: '', body: Buffer.alloc(2 ** 20) };
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => store.accept(newDelivery({ request }))));
    expect(results.filter((result) => result.status === 'fulfilled').length).to.be.within(30, 34);
  });

  it('refuses a file that another process has open, and says what to do', async () => {
    const other = startProgram(path.join(projectRoot, 'test/torture/accept-deliveries.ts'), [file]);
    try {
      await other.says(/^accepted /m);
      const startedAt = performance.now();
      await (await openSqliteDeliveryStore({ file: `${file}.free`, log: silent })).close();
      const openedAt = performance.now();
      const error = await thrownBy(open());
      // No longer than it takes to open a file: it is not waited for.
      expect(performance.now() - openedAt - (openedAt - startedAt)).to.be.lessThan(3_000);
      expect(error).to.be.instanceOf(StoreUnavailableError);
      expect(error.message)
        .to.include(`${file} is in use by another process`)
        .and.include('--data-dir')
        .and.include('DATABASE_URL');
    } finally {
      other.process.kill('SIGKILL');
      await other.ended();
    }
    // Whoever comes next has all that was acknowledged.
    const ids = [...other.output().matchAll(/^accepted \S+ (\S+)\n/gm)].map(([, id]) => id ?? '');
    const found = await (await open()).list({ projectId: '1a5', limit: 1_000_000, order: 'asc' });
    expect(found.map(({ id }) => id)).to.include.members(ids);
  });

  it('lets several processes begin with no file at once, of which one gets it', async () => {
    const script = path.join(projectRoot, 'test/torture/accept-deliveries.ts');
    const programs = Array.from({ length: 3 }, () => startProgram(script, [file]));
    try {
      const said = await Promise.all(programs.map((program) => program.says(/^open$|^failed .*$/m)));
      expect(said.filter(([line]) => line === 'open')).to.have.length(1);
      for (const [line] of said) expect(line).to.match(/^open$|is in use by another process/);
    } finally {
      for (const program of programs) program.process.kill('SIGKILL');
      await Promise.all(programs.map((program) => program.ended()));
    }
    expect(fs.readdirSync(folder)).to.have.members(['deliveries.db', 'deliveries.db-wal']);
  });

  it('refuses all calls at once after its thread ended, and opens the file again', async () => {
    const threads: Worker[] = [];
    const remember = (worker: Worker): void => void threads.push(worker);
    process.on('worker', remember);
    try {
      const said: string[] = [];
      const note = (message: string): void => void said.push(message);
      const store = await open({ info: note, error: note });
      const { id } = await store.accept(newDelivery());
      const underWay = thrownBy(store.accept(newDelivery()));
      await threads[0]?.terminate();
      expect(await underWay).to.be.instanceOf(StoreUnavailableError);
      expect(store.health().available).to.equal(false);
      expect(await thrownBy(store.get('1a5', id))).to.be.instanceOf(StoreUnavailableError);
      await until(() => store.health().available);
      expect((await store.get('1a5', id))?.id).to.equal(id);
      expect(said).to.deep.equal(['the delivery store is unavailable', 'the delivery store is available again']);
    } finally {
      process.off('worker', remember);
    }
  });

  it('can be closed while it tries to open the file again', async () => {
    const threads: Worker[] = [];
    const remember = (worker: Worker): void => void threads.push(worker);
    process.on('worker', remember);
    try {
      const store = await open();
      await threads[0]?.terminate();
      await store.close();
      await open();
    } finally {
      process.off('worker', remember);
    }
  });
});
