import crypto from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import { connectionSettings, idleTransactionMs, statementMs } from './connection-settings.ts';
import { PostgresFailure } from './postgres-failure.ts';
import { PostgresTransaction, runSimple } from './postgres-transaction.ts';

/** Our tables' schema: a database that is shared with others stays clean. */
export const schemaName = 'webhook_service';

/**
 * What a transaction excludes, in all processes.
 *
 * - `read`: nothing; it reads one state of the database and writes nothing.
 * - `alone`: every other but `read`.
 * - `beside`: those that are `alone`, and those `beside` it that have one of the same `names`.
 */
export type Isolation =
  | { readonly kind: 'read' }
  | { readonly kind: 'alone' }
  | { readonly kind: 'beside'; readonly names: readonly string[] };

/** What time it is taken for, from what the database says; for tests. Milliseconds since 1970. */
export type Clock = (now: number) => number;

/** Eight connections: three groups `beside` each other, one `alone`, and readers. */
const mostConnections = 8;
const idleConnectionMs = 30_000;
const closeMs = 1_000;
const mostTries = 4;
const int8 = 20;
const numeric = 1700;

/** A pool of connections to one database. */
export class PostgresDatabase {
  readonly #pool: Pool;
  readonly #clock: Clock;

  private constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Loads PostgreSQL's client, and connects when it is first needed. @throws Error where the URL is wrong; it is not shown. */
  static async open(url: string, clock: Clock = (now) => now): Promise<PostgresDatabase> {
    const settings = connectionSettings(url);
    const { Client, Pool, types } = await import('pg');
    const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
      oid === int8 || oid === numeric ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser;
    const poolSettings = {
      ...settings,
      types: { getTypeParser },
      max: mostConnections,
      pipeline: true,
      idleTimeoutMillis: idleConnectionMs,
    };
    try {
      // The URL is read when a client is made, by the pool not before it connects.
      void new Client(poolSettings);
    } catch {
      throw new Error('DATABASE_URL cannot be used: check its options, and that the files which it names can be read');
    }
    const pool = new Pool(poolSettings);
    // An idle connection that breaks is replaced when one is needed again.
    pool.on('error', () => undefined);
    // Not only once somebody has it: the server may end a connection in the packet that says that it is ready.
    pool.on('connect', (client) => client.on('error', () => undefined));
    return new PostgresDatabase(pool, clock);
  }

  /**
   * Carries out one transaction; `body` is run again where another transaction was in the way.
   * @throws StoreUnavailableError, and what `body` throws.
   */
  async transaction<T>(isolation: Isolation, body: (transaction: PostgresTransaction) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#try(isolation, body);
      } catch (thrown) {
        if (!(thrown instanceof PostgresFailure)) throw thrown;
        if (!thrown.transient || tries === mostTries) throw thrown.toStoreError();
      }
    }
  }

  /** Ends the connections, without waiting long for a server that does not answer. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, closeMs)));
    await Promise.race([this.#pool.end().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  async #try<T>(isolation: Isolation, body: (transaction: PostgresTransaction) => Promise<T>): Promise<T> {
    const { client, now } = await this.#begin(isolation);
    try {
      const result = await body(new PostgresTransaction(client, now));
      const { command } = await runSimple(client, 'COMMIT');
      if (command !== 'COMMIT') throw new StoreUnavailableError('PostgreSQL did not commit');
      client.release();
      return result;
    } catch (thrown) {
      await giveUp(client, thrown);
      throw thrown;
    }
  }

  async #begin(isolation: Isolation): Promise<{ client: PoolClient; now: number }> {
    for (let tries = 1; ; tries++) {
      const client = await this.#connect();
      try {
        const { rows } = await runSimple(client, beginning(isolation));
        return { client, now: this.#clock(Number(rows[0]?.['now'])) };
      } catch (thrown) {
        await giveUp(client, thrown);
        // The server may have been started again since the connection was used last. Nothing has been done on it yet.
        const stale = thrown instanceof PostgresFailure && !thrown.connected && thrown.code !== '';
        if (!stale || tries > mostConnections) throw thrown;
      }
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (thrown) {
      throw new PostgresFailure(thrown);
    }
  }
}

/** Ends a transaction that failed; a connection of which nothing certain is known any more is not used again. */
async function giveUp(client: PoolClient, thrown: unknown): Promise<void> {
  let usable = !(thrown instanceof PostgresFailure) || thrown.connected;
  if (usable) {
    usable = await runSimple(client, 'ROLLBACK').then(
      () => true,
      () => false,
    );
  }
  client.release(!usable);
}

/**
 * Whatever the server's or the user's defaults are, a commit is on disk before it is told. `remote_apply` promises more and stays.
 * Set for one transaction at a time, so that a pooler between us and the server does no harm.
 */
const sessionSettings = `SELECT set_config('search_path', '${schemaName}', true),
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true),
  set_config('statement_timeout', '${statementMs}', true),
  set_config('idle_in_transaction_session_timeout', '${idleTransactionMs}', true)`;
const clock = 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';
const lock = lockNumber(schemaName);

/** One round trip. Each later statement sees what was committed before its locks were given. */
function beginning(isolation: Isolation): string {
  if (isolation.kind === 'read') return `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${sessionSettings}; ${clock}`;
  const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${sessionSettings}`;
  if (isolation.kind === 'alone') return `${begin}; SELECT pg_advisory_xact_lock(${lock}); ${clock}`;
  // All processes take them in the same order, so that none waits for another that waits for it.
  const locks = [...new Set(isolation.names.map(lockNumber))]
    .toSorted(compare)
    .map((number) => `pg_advisory_xact_lock(${number})`);
  const shared = `SELECT pg_advisory_xact_lock_shared(${lock})`;
  return [begin, shared, ...(locks.length > 0 ? [`SELECT ${locks.join(', ')}`] : []), clock].join('; ');
}

function lockNumber(name: string): bigint {
  return crypto.createHash('sha256').update(name).digest().readBigInt64BE();
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
