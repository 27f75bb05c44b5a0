import type { PruneResult, RetentionPolicy } from '../../framework/deliveries/delivery-store.ts';
import { neverReady } from './lanes.ts';
import { integer } from './rows.ts';
import type { Row, Transaction } from './transaction.ts';

/** Deleted in one go, so that accepting never waits long. */
const batch = 500;

export async function prune(tx: Transaction, policy: RetentionPolicy): Promise<PruneResult> {
  const { maxAgeMs, maxDeliveries, maxBytes, minAgeMs } = policy;
  const [counted] = await tx.all('SELECT count(*) AS number FROM deliveries');
  const number = counted === undefined ? 0 : integer(counted, 'number');
  const used = await tx.usedBytes();
  const tooMany = Math.max(0, number - maxDeliveries);
  const tooLarge = used > maxBytes ? batch : 0;
  const wanted = Math.min(batch, Math.max(tooMany, tooLarge));
  const young = tx.now - minAgeMs;
  const aged = await oldest(tx, 'AND ended_at < $1', Math.min(young, tx.now - maxAgeMs), batch);
  const sequences = new Set(aged.map((row) => integer(row, 'sequence')));
  // Those that did nothing go first, and no more go than are too many.
  for (const which of [`AND state IN ('ignored', 'rejected')`, '']) {
    if (sequences.size >= wanted) break;
    for (const row of await oldest(tx, `${which} AND ended_at < $1`, young, wanted)) {
      if (sequences.size < wanted) sequences.add(integer(row, 'sequence'));
    }
  }
  for (const sequence of sequences) await deleteDelivery(tx, sequence);
  await tx.run(
    `DELETE FROM lanes WHERE fence IS NULL AND ready_at = $1 AND last_ended_at < $2
    AND NOT EXISTS (SELECT 1 FROM work WHERE lane = lanes.name AND state = 'waiting')`,
    neverReady,
    young,
  );
  return { deleted: sequences.size, full: sequences.size === 0 && used > maxBytes };
}

async function oldest(tx: Transaction, condition: string, before: number, limit: number): Promise<readonly Row[]> {
  if (limit === 0) return [];
  return tx.all(
    `SELECT sequence FROM deliveries WHERE ended_at IS NOT NULL ${condition} ORDER BY ended_at LIMIT ${limit}`,
    before,
  );
}

export async function deleteDelivery(tx: Transaction, sequence: number): Promise<void> {
  await tx.run('DELETE FROM attempts WHERE work IN (SELECT id FROM work WHERE delivery = $1)', sequence);
  await tx.run('DELETE FROM work WHERE delivery = $1', sequence);
  await tx.run('DELETE FROM events WHERE delivery = $1', sequence);
  await tx.run('DELETE FROM identities WHERE delivery = $1', sequence);
  await tx.run('DELETE FROM deliveries WHERE sequence = $1', sequence);
}
