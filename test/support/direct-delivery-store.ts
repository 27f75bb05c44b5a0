import { DatabaseSync } from 'node:sqlite';
import type { DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import { operations } from '../../src/store/deliveries/operations.ts';
import { migrateDatabase } from '../../src/store/sqlite/migrate-database.ts';
import { PreparedStatements, SqliteTransaction } from '../../src/store/sqlite/sqlite-transaction.ts';

/** A delivery store for tests: in memory, in this process, with a clock that can be put forward. */
export interface DirectDeliveryStore {
  readonly store: DeliveryStore;
  advance(ms: number): void;
  /** The rows of a statement, to look behind the store. */
  rows(sql: string): readonly Readonly<Record<string, unknown>>[];
}

class TimedTransaction extends SqliteTransaction {
  override readonly now: number;

  constructor(statements: PreparedStatements, now: number) {
    super(statements);
    this.now = now;
  }
}

/** @param clock milliseconds since 1970. */
export function openDirectDeliveryStore(clock: () => number = Date.now): DirectDeliveryStore {
  const database = new DatabaseSync(':memory:');
  migrateDatabase(database, ':memory:');
  const statements = new PreparedStatements(database);
  let offset = 0;
  let last: Promise<unknown> = Promise.resolve();

  const perform = async (operation: (transaction: TimedTransaction) => Promise<unknown>): Promise<unknown> => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = await operation(new TimedTransaction(statements, clock() + offset));
      database.exec('COMMIT');
      return result;
    } catch (thrown) {
      database.exec('ROLLBACK');
      throw thrown;
    }
  };
  const store = Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      (...args: never[]): Promise<unknown> => {
        const carryOut = operation as unknown as (transaction: TimedTransaction, ...given: never[]) => Promise<unknown>;
        const result = last.then(() => perform((transaction) => carryOut(transaction, ...args)));
        last = result.catch(() => undefined);
        return result;
      },
    ]),
  );
  const close = async (): Promise<void> => {
    await last;
    database.close();
  };
  return {
    store: { ...store, close } as unknown as DeliveryStore,
    advance: (ms) => {
      offset += ms;
    },
    rows: (sql) => database.prepare(sql).all(),
  };
}
