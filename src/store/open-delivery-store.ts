import path from 'node:path';
import type { DeliveryStore } from '../framework/deliveries/delivery-store.ts';
import type { Log } from '../framework/log.ts';

export interface DeliveryStoreOptions {
  /** Where several replicas share their deliveries; absent: a file in the data folder. */
  readonly databaseUrl?: string;
  readonly dataDirectory: () => string;
  readonly log: Log;
}

/**
 * Opens the store that is configured; only that one is loaded.
 * @throws StoreUnavailableError that says what is wrong and what to do.
 */
export async function openDeliveryStore({ databaseUrl, dataDirectory, log }: DeliveryStoreOptions): Promise<DeliveryStore> {
  if (databaseUrl !== undefined) {
    const { openPostgresDeliveryStore } = await import('./postgres/postgres-delivery-store.ts');
    return openPostgresDeliveryStore({ url: databaseUrl, log });
  }
  const { openSqliteDeliveryStore } = await import('./sqlite/sqlite-delivery-store.ts');
  return openSqliteDeliveryStore({ file: path.join(dataDirectory(), 'deliveries.db'), log });
}
