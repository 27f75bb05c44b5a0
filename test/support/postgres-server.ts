import { type ChildProcess, execFile, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; there it runs as this user, `nobody` nearly everywhere. */
const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const startMs = 60_000;

/** A PostgreSQL server of its own, on a free port of the loopback, with its data in a temporary folder. */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #bin: string;
  readonly #password: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(folder: string, bin: string, port: number, password: string, settings: readonly string[]) {
    this.#settings = settings;
    this.#folder = folder;
    this.#bin = bin;
    this.port = port;
    this.#password = password;
  }

  /**
   * Makes a server and starts it; takes about a second.
   * @param bin the folder of PostgreSQL's programs.
   * @param settings its settings, such as `fsync=off`.
   */
  static async create(bin: string, settings: readonly string[] = []): Promise<PostgresServer> {
    await removeLeftovers();
    const folder = await mkdtemp(path.join(os.tmpdir(), folderPrefix));
    await writeFile(path.join(folder, runnerFile), String(process.pid));
    await chmod(folder, 0o755);
    const data = path.join(folder, 'data');
    await mkdir(data, { mode: 0o700 });
    const password = crypto.randomBytes(12).toString('hex');
    const passwordFile = path.join(folder, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (unprivileged.uid !== undefined) {
      await chown(data, unprivileged.uid, unprivileged.gid);
      await chown(passwordFile, unprivileged.uid, unprivileged.gid);
    }
    const usable = await usablePrograms(bin, folder);
    await run(
      path.join(usable, 'initdb'),
      ['-D', data, '-U', user, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C', '--no-sync'],
      { ...unprivileged, cwd: data },
    );
    const server = new PostgresServer(folder, usable, await freePort(), password, settings);
    await server.start();
    return server;
  }

  /** The address of a database of this server. */
  url(database = 'postgres'): string {
    return `postgres://${user}:${this.#password}@127.0.0.1:${this.port}/${database}`;
  }

  /** The password that must be in no message. */
  get password(): string {
    return this.#password;
  }

  /** An empty database. @returns its address. */
  createDatabase(): Promise<string> {
    return createDatabase(this.url());
  }

  /** Starts it with the data and on the port that it had before; resolves when it answers. */
  async start(): Promise<void> {
    const deadline = performance.now() + startMs;
    for (;;) {
      const output: string[] = [];
      this.#process = spawn(
        path.join(this.#bin, 'postgres'),
        [
          '-D',
          path.join(this.#folder, 'data'),
          '-p',
          String(this.port),
          '-c',
          'listen_addresses=127.0.0.1',
          '-c',
          'unix_socket_directories=',
          ...this.#settings.flatMap((setting) => ['-c', setting]),
        ],
        { ...unprivileged, cwd: path.join(this.#folder, 'data'), stdio: ['ignore', 'ignore', 'pipe'] },
      );
      this.#process.stderr?.on('data', (chunk: Buffer) => output.length < 50 && output.push(chunk.toString()));
      if (await this.#answers(deadline)) return;
      // Of a server that was killed the children may still be on their way out.
      if (performance.now() > deadline) throw new Error(`PostgreSQL did not start: ${output.join('')}`);
      await delay(100);
    }
  }

  /** Stops it; `fast` ends the connections, `smart` waits for them. */
  async stop(mode: 'fast' | 'smart' = 'fast'): Promise<void> {
    await this.#end(mode === 'fast' ? 'SIGINT' : 'SIGTERM', []);
  }

  /** Kills all its processes at once, as when the machine dies. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', this.#children());
  }

  /** Stops it and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Freezes all its processes: connections stay open and nothing answers. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  /** Kills it and deletes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals, children: readonly number[]): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    for (const child of children) send(child, signal);
    await ended;
  }

  #signal(signal: NodeJS.Signals): void {
    // The postmaster first, so that it makes no more children meanwhile.
    this.#process?.kill(signal);
    for (const child of this.#children()) send(child, signal);
  }

  /** Each of PostgreSQL's processes leads a group of its own, so that there is none to send a signal to. */
  #children(): number[] {
    if (!existsSync('/proc')) return [];
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => parentOf(pid) === this.#process?.pid);
  }

  async #answers(deadline: number): Promise<boolean> {
    while (this.#process?.exitCode === null && performance.now() < deadline) {
      const client = new Client({ connectionString: this.url(), connectionTimeoutMillis: 1000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query('SELECT 1');
        return true;
      } catch {
        await delay(30);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
    return false;
  }
}

const user = 'tester';

/** @param url any database of the server, of a user who may create others. @returns the address of an empty one. */
export async function createDatabase(url: string): Promise<string> {
  const name = `webhook_test_${crypto.randomBytes(6).toString('hex')}`;
  await execute(url, `CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}

/** @param url another database of the server than the one that is dropped. */
export async function dropDatabase(url: string, dropped: string): Promise<void> {
  await execute(url, `DROP DATABASE ${new URL(dropped).pathname.slice(1)} WITH (FORCE)`);
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Programs that the unprivileged user may run: a checkout below /root is closed to it, so they are copied. */
async function usablePrograms(bin: string, folder: string): Promise<string> {
  try {
    await run(path.join(bin, 'postgres'), ['--version'], { ...unprivileged, cwd: '/' });
    return bin;
  } catch (thrown) {
    if (unprivileged.uid === undefined) throw thrown;
  }
  await cp(path.dirname(bin), path.join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return path.join(folder, 'native', path.basename(bin));
}

function parentOf(pid: number): number | undefined {
  try {
    // The name, in brackets, may contain anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '');
    return Number(fields.split(' ')[1]);
  } catch {
    return undefined;
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

const folderPrefix = 'webhook-postgres-';
/** Holds the id of the process that runs the tests. */
const runnerFile = 'runner.pid';

/** Ends what a test runner that was killed left behind. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(os.tmpdir()).filter((each) => each.startsWith(folderPrefix))) {
    const folder = path.join(os.tmpdir(), name);
    const runner = Number(await readFile(path.join(folder, runnerFile), 'utf8').catch(() => '0'));
    if (runner === 0 || send(runner, 0)) continue;
    const [postmaster = '0'] = (await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '0')).split('\n');
    const command = `/proc/${postmaster}/cmdline`;
    if (existsSync(command) && readFileSync(command, 'utf8').includes(folder)) send(Number(postmaster), 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}
