import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import { createLog } from '../../src/framework/log.ts';
import { openSqliteDeliveryStore } from '../../src/store/sqlite/sqlite-delivery-store.ts';

/** A delivery store in a folder of its own, which goes when it is closed. */
export async function openTemporaryStore(): Promise<{ store: DeliveryStore; close(): Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'deliveries-'));
  const store = await openSqliteDeliveryStore({ file: path.join(folder, 'deliveries.db'), log: createLog(() => undefined) });
  const close = async (): Promise<void> => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { store, close };
}
