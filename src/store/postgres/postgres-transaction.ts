import crypto from 'node:crypto';
import type { ClientBase, QueryArrayResult, QueryResult } from 'pg';
import type { Row, SqlValue, Transaction } from '../deliveries/transaction.ts';
import { PostgresFailure } from './postgres-failure.ts';
import { usedBytes } from './used-bytes.ts';

/** So many statements are prepared per connection, which the server keeps until it closes. */
const mostPrepared = 300;

/** A transaction on one connection. */
export class PostgresTransaction implements Transaction {
  readonly now: number;
  /** Whether anything may have been changed. */
  wrote = false;
  readonly #client: ClientBase;

  constructor(client: ClientBase, now: number) {
    this.#client = client;
    this.now = now;
  }

  /** The same transaction for a call of its own. */
  another(): PostgresTransaction {
    return new PostgresTransaction(this.#client, this.now);
  }

  async all(sql: string, ...parameters: readonly SqlValue[]): Promise<readonly Row[]> {
    if (!/^\s*SELECT\b/i.test(sql)) this.wrote = true;
    return (await this.#query(sql, parameters)).rows as Row[];
  }

  async run(sql: string, ...parameters: readonly SqlValue[]): Promise<number> {
    const changed = (await this.#query(sql, parameters)).rowCount ?? 0;
    if (changed > 0) this.wrote = true;
    return changed;
  }

  usedBytes(): Promise<number> {
    return usedBytes(this);
  }

  async #query(text: string, values: readonly SqlValue[]): Promise<QueryResult> {
    const name = preparedName(text);
    try {
      return await this.#client.query({ text, values: values.map(storable), ...(name !== undefined && { name }) });
    } catch (thrown) {
      throw new PostgresFailure(thrown);
    }
  }
}

/** PostgreSQL takes no NUL in a text, and what is looked for may have one as well as what is stored. */
function storable(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\u2400') : value;
}

const names = new Map<string, string>();

function preparedName(sql: string): string | undefined {
  const known = names.get(sql);
  if (known !== undefined || names.size >= mostPrepared) return known;
  const name = `w${crypto.createHash('sha256').update(sql).digest('hex').slice(0, 24)}`;
  names.set(sql, name);
  return name;
}

/** Runs statements that have no parameters in one round trip. @returns the rows of the last one. @throws PostgresFailure */
export async function runSimple(
  client: ClientBase,
  sql: string,
): Promise<{ readonly rows: readonly Row[]; readonly command: string }> {
  try {
    const answer: unknown = await client.query(sql);
    const results = (Array.isArray(answer) ? answer : [answer]) as (QueryResult | QueryArrayResult)[];
    const last = results.at(-1);
    return { rows: (last?.rows ?? []) as Row[], command: last?.command ?? '' };
  } catch (thrown) {
    throw new PostgresFailure(thrown);
  }
}
