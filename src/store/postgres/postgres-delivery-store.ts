import type { DeliveryStore, NewDelivery } from '../../framework/deliveries/delivery-store.ts';
import type { Log } from '../../framework/log.ts';
import { operations } from '../deliveries/operations.ts';
import { text } from '../deliveries/rows.ts';
import type { Transaction } from '../deliveries/transaction.ts';
import { migrate } from './migrate.ts';
import { OperationGroups } from './operation-groups.ts';
import { type Clock, PostgresDatabase } from './postgres-database.ts';

export interface PostgresStoreOptions {
  /** DATABASE_URL. */
  readonly url: string;
  /** Told of settings of the server that put acknowledged deliveries at risk. */
  readonly log: Pick<Log, 'warn'>;
  readonly clock?: Clock;
}

/**
 * Opens the deliveries in a PostgreSQL database, which any number of replicas may share, and brings its schema up to date.
 *
 * The operations are written for a database with one writer, as SQLite is. Here they get the same: what changes work is done
 * `alone`, in all processes, and only deliveries to different receivers are accepted at the same time. Groups make up for it.
 *
 * @throws StoreUnavailableError if PostgreSQL does not answer or the schema is from a newer release, Error if the URL is wrong.
 */
export async function openPostgresDeliveryStore(options: PostgresStoreOptions): Promise<DeliveryStore> {
  const database = await PostgresDatabase.open(options.url, options.clock);
  try {
    await migrate(database);
    await warnOfRisks(database, options.log);
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
  return createStore(database);
}

function createStore(database: PostgresDatabase): DeliveryStore {
  const accepting = new OperationGroups(database, { kind: 'beside', groups: 3, size: 32 });
  const working = new OperationGroups(database, { kind: 'alone', groups: 1, size: 32 });
  const reading = new OperationGroups(database, { kind: 'read', groups: 4, size: 1 });

  const bind =
    <Parameters extends unknown[], Result>(
      groups: OperationGroups,
      operation: (transaction: Transaction, ...parameters: Parameters) => Promise<Result>,
    ) =>
    (...parameters: Parameters): Promise<Result> =>
      groups.run((transaction) => operation(transaction, ...parameters));

  return {
    accept: (delivery) => accepting.run((tx) => operations.accept(tx, delivery), excludedBy(delivery)),
    claim: bind(working, operations.claim),
    claimInline: bind(working, operations.claimInline),
    renew: bind(working, operations.renew),
    release: bind(working, operations.release),
    endAllLeases: bind(working, operations.endAllLeases),
    recordPlan: bind(working, operations.recordPlan),
    replacePlannedAction: bind(working, operations.replacePlannedAction),
    recordStep: bind(working, operations.recordStep),
    recordProgress: bind(working, operations.recordProgress),
    end: bind(working, operations.end),
    postpone: bind(working, operations.postpone),
    clearCrashes: bind(working, operations.clearCrashes),
    wake: bind(working, operations.wake),
    cancel: bind(working, operations.cancel),
    decide: bind(working, operations.decide),
    hold: bind(working, operations.hold),
    releaseHold: bind(working, operations.releaseHold),
    prune: bind(working, operations.prune),
    // An event's id is given before its transaction is committed. Alone, nobody sees an event while an earlier one may still come.
    events: bind(working, operations.events),
    get: bind(reading, operations.get),
    list: bind(reading, operations.list),
    recentReceivers: bind(reading, operations.recentReceivers),
    judgePlan: bind(reading, operations.judgePlan),
    getTarget: bind(reading, operations.getTarget),
    listTargets: bind(reading, operations.listTargets),
    getForReplay: bind(reading, operations.getForReplay),
    async close() {
      await Promise.all([accepting.drain(), working.drain(), reading.drain()]);
      await database.close();
    },
  };
}

/** What two deliveries that are accepted at the same time must not have in common: identities, and a lane. */
function excludedBy({ receiver, lane }: NewDelivery): string[] {
  return [`receiver ${receiver.key}`, ...(lane === undefined ? [] : [`lane ${lane}`])];
}

async function warnOfRisks(database: PostgresDatabase, log: PostgresStoreOptions['log']): Promise<void> {
  const rows = await database.transaction({ kind: 'read' }, (tx) =>
    tx.all(`SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name`),
  );
  for (const row of rows) {
    log.warn(
      `PostgreSQL runs with ${text(row, 'name')}=off: if its machine dies, deliveries that were answered with 200 may be lost`,
    );
  }
}
