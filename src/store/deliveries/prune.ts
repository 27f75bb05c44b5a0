import type { PruneResult, RetentionPolicy } from '../../framework/deliveries/delivery-store.ts';
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
  const deletable = [
    ...(await oldest(tx, 'AND ended_at < $1', Math.min(young, tx.now - maxAgeMs), batch)),
    // Those that did nothing go first.
    ...(await oldest(tx, `AND state IN ('ignored', 'rejected') AND ended_at < $1`, young, wanted)),
    ...(await oldest(tx, 'AND ended_at < $1', young, wanted)),
  ];
  const sequences = [...new Set(deletable.map((row) => integer(row, 'sequence')))].slice(0, batch);
  for (const sequence of sequences) await deleteDelivery(tx, sequence);
  await tx.run('DELETE FROM lanes WHERE fence IS NULL AND ready_at > $1 AND last_ended_at < $2', tx.now + maxAgeMs, young);
  return { deleted: sequences.length, full: sequences.length === 0 && used > maxBytes };
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
