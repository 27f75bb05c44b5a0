import { isEnded } from '../../framework/deliveries/delivery-record.ts';
import type { Cancelled } from '../../framework/deliveries/lease-answers.ts';
import { decidable, takesBack, tell } from './decisions.ts';
import { dropOwnLane } from './lanes.ts';
import { integer, sequenceOf, state, storable, text } from './rows.ts';
import { tellEnd } from './supersede.ts';
import type { Transaction } from './transaction.ts';

export async function cancel(tx: Transaction, projectId: string, deliveryId: string, by: string): Promise<Cancelled | undefined> {
  const delivery = sequenceOf('delivery', deliveryId);
  if (delivery === undefined) return undefined;
  const [found] = await tx.all('SELECT state FROM deliveries WHERE sequence = $1 AND project_id = $2', delivery, projectId);
  if (found === undefined) return undefined;
  if (isEnded(state(found))) return { state: state(found), running: [] };
  const begun = await tx.all(`SELECT ${decidable} FROM work WHERE delivery = $1 AND state = 'waiting' AND step <> ''`, delivery);
  const told = begun.filter(takesBack);
  for (const row of told) await tell(tx, row, { name: 'abort', by });
  const waiting = await tx.all(
    `UPDATE work SET state = 'cancelled', message = $2, ended_at = $3 WHERE delivery = $1 AND state = 'waiting'
      AND id NOT IN (${told.map((row) => integer(row, 'id')).join(', ') || '0'}) RETURNING id, kind, lane`,
    delivery,
    storable(`cancelled by ${by}`),
    tx.now,
  );
  if (waiting.some((row) => text(row, 'kind') === 'inline')) await cancelPlanned(tx, delivery, by);
  for (const row of waiting) {
    await dropOwnLane(tx, text(row, 'lane'));
    await tellEnd(tx, integer(row, 'id'), delivery);
  }
  await tx.run(`UPDATE work SET cancelled_by = $2 WHERE delivery = $1 AND state = 'running'`, delivery, storable(by));
  const running = await tx.all(
    'SELECT fence FROM lanes WHERE fence IS NOT NULL AND work IN (SELECT id FROM work WHERE delivery = $1)',
    delivery,
  );
  const [after] = await tx.all('SELECT state FROM deliveries WHERE sequence = $1', delivery);
  return { state: state(after ?? found), running: running.map((row) => integer(row, 'fence')) };
}

/** The actions that the replay of an interrupted delivery brought along. */
async function cancelPlanned(tx: Transaction, delivery: number, by: string): Promise<void> {
  await tx.run(
    `UPDATE work SET state = 'cancelled', message = $2, ended_at = $3 WHERE delivery = $1 AND kind = 'action' AND ended_at IS NULL`,
    delivery,
    storable(`cancelled by ${by}`),
    tx.now,
  );
}
