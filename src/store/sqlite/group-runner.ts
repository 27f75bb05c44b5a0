import type { DatabaseSync } from 'node:sqlite';
import { carryError } from './carried-error.ts';
import { databaseFailure, unusable } from './database-failure.ts';
import { PreparedStatements, SqliteTransaction } from './sqlite-transaction.ts';
import type { Call, Outcome } from './worker-messages.ts';

/** The operations by their names; the caller sees to it that the arguments fit. */
export type OperationTable = Readonly<Record<string, (transaction: SqliteTransaction, ...args: never[]) => Promise<unknown>>>;

/** Pages in the write-ahead log from which on they are copied into the file: few enough for the copying to be short. */
const checkpointPages = 4_000;

/** Carries out groups of calls, each group in one transaction, so that all of them share one write to disk. */
export class GroupRunner {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #operations: OperationTable;
  readonly #statements: PreparedStatements;

  constructor(database: DatabaseSync, file: string, operations: OperationTable) {
    this.#database = database;
    this.#file = file;
    this.#operations = operations;
    this.#statements = new PreparedStatements(database);
  }

  /**
   * @returns what became of each call, once it is on disk. A call that fails has no effect, and none on the others.
   * @throws StoreUnavailableError if the file failed: nothing is certain of any of the calls, and the database must not be used
   *   any more.
   */
  async run(calls: readonly Call[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    this.#execute('BEGIN IMMEDIATE');
    for (const call of calls) {
      const transaction = new SqliteTransaction(this.#statements);
      try {
        outcomes.push({ value: await this.#operation(call)(transaction, ...(call.args as never[])) });
      } catch (thrown) {
        const failure = databaseFailure(thrown, this.#file);
        if (failure !== undefined) throw failure;
        outcomes.push({ error: carryError(thrown) });
        if (!transaction.wrote) continue;
        this.#execute('ROLLBACK');
        return calls.length === 1 ? outcomes : await this.#runEach(calls);
      }
    }
    this.#execute('COMMIT');
    return outcomes;
  }

  /** Copies what was committed from the write-ahead log into the file, if there is much of it. */
  checkpointIfDue(): void {
    const { log, checkpointed } = this.#checkpoint('NOOP');
    if (log - checkpointed >= checkpointPages) this.#checkpoint('PASSIVE');
  }

  #execute(sql: 'BEGIN IMMEDIATE' | 'COMMIT' | 'ROLLBACK'): void {
    try {
      this.#database.exec(sql);
    } catch (thrown) {
      throw unusable(this.#file, thrown);
    }
  }

  #checkpoint(mode: 'NOOP' | 'PASSIVE'): { log: number; checkpointed: number } {
    const row = this.#statements.get(`PRAGMA wal_checkpoint(${mode})`).statement.get();
    return { log: Number(row?.['log']), checkpointed: Number(row?.['checkpointed']) };
  }

  async #runEach(calls: readonly Call[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const call of calls) outcomes.push(...(await this.run([call])));
    return outcomes;
  }

  #operation({ name }: Call): OperationTable[string] {
    const operation = this.#operations[name];
    if (operation === undefined) throw new Error(`the store has no operation ${name}`);
    return operation;
  }
}
