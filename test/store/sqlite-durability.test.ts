import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { openSqliteDeliveryStore } from '../../src/store/sqlite/sqlite-delivery-store.ts';
import { projectRoot } from '../support/program.ts';
import { finishedSyncs, need } from '../support/strace.ts';
import { until } from '../support/until.ts';
import { skip } from '../support/skip.ts';

const script = path.join(projectRoot, 'test/torture/accept-deliveries.ts');
const silent = { info: () => undefined, error: () => undefined };

interface Running {
  readonly process: ChildProcess;
  output(): string;
  ended(): Promise<unknown>;
}

function run(command: string, args: readonly string[]): Running {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = once(child, 'close');
  return { process: child, output: () => output, ended: () => ended };
}

const acceptedIds = (output: string): string[] => [...output.matchAll(/^accepted \S+ (\S+)\n/gm)].map(([, id]) => id ?? '');

describe('what the SQLite delivery store acknowledged', function () {
  this.timeout(180_000);
  let folder = '';
  let file = '';

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-durability-'));
    file = path.join(folder, 'deliveries.db');
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const storedIds = async (): Promise<string[]> => {
    const store = await openSqliteDeliveryStore({ file, log: silent });
    try {
      return (await store.list({ projectId: '1a5', limit: 1_000_000, order: 'asc' })).map(({ id }) => id);
    } finally {
      await store.close();
    }
  };

  it('is there after the process was killed, round after round', async () => {
    const acknowledged: string[] = [];
    for (let round = 1; round <= 5; round++) {
      const program = run(process.execPath, [script, file, '16']);
      await until(() => acceptedIds(program.output()).length >= 37 * round ** 2);
      program.process.kill('SIGKILL');
      await program.ended();
      acknowledged.push(...acceptedIds(program.output()));
      expect(new Set(acknowledged).size).to.equal(acknowledged.length);
      expect(await storedIds()).to.include.members(acknowledged);
    }
  });

  it('was on disk before that was said', async function () {
    need(this, 'strace', ['-V']);
    const trace = path.join(folder, 'trace');
    const calls = 'trace=write,pwrite64,fsync,fdatasync';
    const options = ['-f', '-y', '-s', '4096', '-e', calls, '-o', trace];
    const program = run('strace', [...options, process.execPath, script, file, '8', '200']);
    await program.ended();
    expect(acceptedIds(program.output())).to.have.length(200);
    const lines = fs.readFileSync(trace, 'utf8').split('\n');
    const said = lines.flatMap((line, at) => {
      const [, mark] = /write\(1<[^>]*>, "accepted (mark-\S+) /.exec(line) ?? [];
      return mark === undefined ? [] : [{ mark, at }];
    });
    expect(said).to.have.length(200);
    const syncs = finishedSyncs(lines);
    // Together, not one by one.
    expect(syncs.length).to.be.lessThan(150);
    for (const { mark, at } of said) {
      const written = lines.findIndex((line) => /pwrite64\(\d+<[^>]*-wal>/.test(line) && line.includes(mark));
      expect(written, `${mark} was written`).to.be.within(0, at);
      const covering = syncs.filter(({ begun, finished }) => begun > written && finished < at);
      expect(covering, `${mark} was on disk`).to.not.have.length(0);
    }
  });

  it('is there after the disk failed to write, and more can be stored again', async function () {
    need(this, 'strace', ['-V']);
    const syncs = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO:when=20'];
    const program = run('strace', ['-f', '-o', path.join(folder, 'trace'), ...syncs, process.execPath, script, file, '4', '150']);
    await program.ended();
    const output = program.output();
    expect(output).to.match(/^refused \S+ StoreUnavailableError .*deliveries\.db cannot be read or written: check the disk/m);
    const [, afterwards = ''] = output.split('log the delivery store is available again\n');
    expect(acceptedIds(afterwards)).to.not.have.length(0);
    expect(output).to.match(/^closed$/m);
    expect(await storedIds()).to.include.members(acceptedIds(output));
  });

  it('is there after the file could not grow, and more can be stored once it can', async function () {
    need(this, 'prlimit', ['--version']);
    const limited = ['-c', 'ulimit -S -f 2000; exec "$0" "$@"', process.execPath, script, file, '8'];
    await outOfRoom(run('sh', limited), /cannot be read or written: check the disk/, ({ process: { pid } }) => {
      execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited']);
    });
  });

  it('is there after the disk was full, and more can be stored once there is room', async function () {
    const disk = path.join(folder, 'disk');
    fs.mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status !== 0)
      skip(this, 'no file system can be mounted here');
    try {
      file = path.join(disk, 'deliveries.db');
      await outOfRoom(run(process.execPath, [script, file, '8']), /the disk of \S+ is full: make room on it/, () => {
        execFileSync('mount', ['-o', 'remount,size=64m', disk]);
      });
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  async function outOfRoom(program: Running, refusal: RegExp, makeRoom: (program: Running) => void): Promise<void> {
    try {
      const refused = (): string[] =>
        program
          .output()
          .split('\n')
          .filter((line) => line.startsWith('refused '));
      await until(() => refused().length > 20);
      expect(refused().at(-1))
        .to.match(/StoreUnavailableError/)
        .and.match(refusal);
      makeRoom(program);
      const before = acceptedIds(program.output()).length;
      await until(() => acceptedIds(program.output()).length > before + 1_500);
    } finally {
      program.process.kill('SIGKILL');
      await program.ended();
    }
    const acknowledged = acceptedIds(program.output());
    expect(await storedIds()).to.include.members(acknowledged);
  }
});
