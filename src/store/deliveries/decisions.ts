import type { Decision, DecisionName, PlannedAction } from '../../framework/driver.ts';
import { addEvent } from './delivery-state.ts';
import { openLane } from './lanes.ts';
import { integer, json, jsonOr, optionalText, sequenceOf, storable, text } from './rows.ts';
import type { Row, Transaction } from './transaction.ts';

/** What is needed of a row of `work` to decide about it. */
export const decidable = 'id, delivery, lane, upstream, state, step, planned, awaits, decision';

export async function decide(
  tx: Transaction,
  projectId: string,
  deliveryId: string,
  decision: DecisionName,
  by: string,
): Promise<number | undefined> {
  const delivery = sequenceOf('delivery', deliveryId);
  if (delivery === undefined) return undefined;
  const [found] = await tx.all('SELECT 1 AS one FROM deliveries WHERE sequence = $1 AND project_id = $2', delivery, projectId);
  if (found === undefined) return undefined;
  const awaiting = await tx.all(
    `SELECT ${decidable} FROM work WHERE delivery = $1 AND ended_at IS NULL AND awaits IS NOT NULL AND decision IS NULL`,
    delivery,
  );
  const told = awaiting.filter((row) => awaitsOf(row).includes(decision));
  for (const row of told) await tell(tx, row, { name: decision, by });
  return told.length;
}

/** What may be decided about a piece of work, whether or not it was. */
export function awaitsOf(row: Row): readonly DecisionName[] {
  return optionalText(row, 'awaits') === undefined ? [] : json<DecisionName[]>(row, 'awaits');
}

/** What was decided about a piece of work. */
export function decisionOf(row: Row): Decision | undefined {
  const name = optionalText(row, 'decision');
  return name === undefined ? undefined : { name: name as Decision['name'], by: text(row, 'decided_by') };
}

/** True for what is not to be ended from outside, since it takes back what it began. */
export function takesBack(row: Row): boolean {
  return text(row, 'step') !== '' && jsonOr<Partial<PlannedAction> | null>(row, 'planned', null)?.takesBack === true;
}

/** Tells work what was decided, and makes it ready. */
export async function tell(tx: Transaction, row: Row, { name, by }: Decision): Promise<void> {
  const id = integer(row, 'id');
  await tx.run('UPDATE work SET decision = $2, decided_by = $3 WHERE id = $1', id, name, storable(by));
  await makeReady(tx, row);
  const delivery = integer(row, 'delivery');
  const [found] = await tx.all('SELECT project_id FROM deliveries WHERE sequence = $1', delivery);
  if (found === undefined) return;
  await addEvent(tx, { delivery, projectId: text(found, 'project_id'), work: id, type: 'progress', message: `${name} by ${by}` });
}

export async function makeReady(tx: Transaction, row: Row): Promise<void> {
  await tx.run('UPDATE work SET ready_at = $2 WHERE id = $1', integer(row, 'id'), tx.now);
  await openLane(tx, text(row, 'lane'), text(row, 'upstream'), tx.now);
}

/** A cancel of what takes back by itself is a decision about it. */
export async function abortCancelled(tx: Transaction, row: Row, by: string): Promise<void> {
  await tx.run('UPDATE work SET cancelled_by = NULL WHERE id = $1', integer(row, 'id'));
  await tell(tx, row, { name: 'abort', by });
}
