import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Row, SqlValue, Transaction } from '../deliveries/transaction.ts';

interface PreparedStatement {
  readonly statement: StatementSync;
  readonly writes: boolean;
}

/** Statements of one connection, prepared once; there are no more of them than the operations have texts. */
export class PreparedStatements {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, PreparedStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(sql: string): PreparedStatement {
    let prepared = this.#statements.get(sql);
    if (prepared === undefined) {
      // To SQLite `$1` is a name, `?1` a position.
      const statement = this.#database.prepare(sql.replaceAll(/\$(\d+)/g, '?$1'));
      prepared = { statement, writes: !/^\s*SELECT\b/i.test(sql) };
      this.#statements.set(sql, prepared);
    }
    return prepared;
  }
}

/** One operation's part of the transaction that is open on a connection. */
export class SqliteTransaction implements Transaction {
  readonly now = Date.now();
  readonly #statements: PreparedStatements;
  #wrote = false;

  constructor(statements: PreparedStatements) {
    this.#statements = statements;
  }

  /** False as long as there is nothing of this operation that could be rolled back. */
  get wrote(): boolean {
    return this.#wrote;
  }

  // An error is to be a rejection.
  // oxlint-disable-next-line require-await
  async all(sql: string, ...parameters: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#prepare(sql).all(...parameters) as unknown as readonly Row[];
  }

  // oxlint-disable-next-line require-await
  async run(sql: string, ...parameters: readonly SqlValue[]): Promise<number> {
    return Number(this.#prepare(sql).run(...parameters).changes);
  }

  async usedBytes(): Promise<number> {
    const [row] = await this.all(
      `SELECT (page_count - freelist_count) * page_size AS bytes
      FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()`,
    );
    return Number(row?.['bytes'] ?? 0);
  }

  #prepare(sql: string): StatementSync {
    const { statement, writes } = this.#statements.get(sql);
    if (writes) this.#wrote = true;
    return statement;
  }
}
