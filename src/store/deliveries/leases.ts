import type { Renewal, Renewed } from '../../framework/deliveries/lease-answers.ts';
import { abortCancelled, decidable, takesBack } from './decisions.ts';
import { addEvent, refreshDelivery } from './delivery-state.ts';
import { dropOwnLane, endAttempt, freeLane, keepPlan } from './lanes.ts';
import { idOf, integer, optionalText, text } from './rows.ts';
import type { Row, Transaction } from './transaction.ts';

/** How many deliveries in a row may end the process before they are set aside. */
const mostCrashes = 3;

export async function renew(tx: Transaction, { owner, leaseMs, fences, asking, awaited }: Renewal): Promise<Renewed> {
  const until = tx.now + leaseMs;
  const lanes = await tx.all(
    `SELECT l.name, l.fence, l.work, l.lease_until, w.cancelled_by FROM lanes l LEFT JOIN work w ON w.id = l.work
    WHERE l.owner = $1 AND l.fence IS NOT NULL`,
    owner,
  );
  // One statement for all, however many there are; those that it should not have changed are few, if any.
  await tx.run('UPDATE lanes SET lease_until = $2 WHERE owner = $1 AND fence IS NOT NULL', owner, until);
  const known = new Set(fences);
  const isKnown = (lane: Row): boolean => known.has(integer(lane, 'fence'));
  for (const lane of lanes.filter((each) => !isKnown(each))) {
    const end = integer(lane, 'lease_until');
    if (!asking && end < tx.now + leaseMs / 2) await giveBack(tx, lane, false);
    else await tx.run('UPDATE lanes SET lease_until = $2 WHERE name = $1', text(lane, 'name'), end);
  }
  await renewWaiting(tx, owner, new Set(awaited), until);
  const held = lanes.filter(isKnown);
  const cancelled = held.filter((lane) => optionalText(lane, 'cancelled_by') !== undefined);
  return { held: held.map((lane) => integer(lane, 'fence')), cancelled: cancelled.map((lane) => integer(lane, 'fence')) };
}

/** Who waits for the turn of an inline delivery still does. */
async function renewWaiting(tx: Transaction, owner: string, awaited: ReadonlySet<string>, until: number): Promise<void> {
  const waiting = `kind = 'inline' AND state = 'waiting' AND awaited_by = $1`;
  const rows = await tx.all(`SELECT id, delivery, ready_at FROM work WHERE ${waiting}`, owner);
  if (rows.length > 0) await tx.run(`UPDATE work SET ready_at = $2 WHERE ${waiting}`, owner, until);
  for (const row of rows.filter((each) => !awaited.has(idOf('delivery', integer(each, 'delivery'))))) {
    await tx.run('UPDATE work SET ready_at = $2 WHERE id = $1', integer(row, 'id'), integer(row, 'ready_at'));
  }
}

export async function release(tx: Transaction, owner: string): Promise<void> {
  const lanes = await tx.all('SELECT name, fence, work FROM lanes WHERE owner = $1 AND fence IS NOT NULL', owner);
  for (const lane of lanes) await giveBack(tx, lane, false);
}

export async function endAllLeases(tx: Transaction): Promise<void> {
  const lanes = await tx.all('SELECT name, fence, work FROM lanes WHERE fence IS NOT NULL');
  for (const lane of lanes) await giveBack(tx, lane, true);
  const inline = await tx.all(`SELECT id, delivery, lane FROM work WHERE kind = 'inline' AND state = 'waiting'`);
  for (const work of inline) await interrupt(tx, work);
}

/**
 * Takes work back from owners that have not renewed their leases: they are dead, or cut off.
 * @param alive who asks for it: that one did not die of its work, however long it could not reach the store.
 */
export async function endExpiredLeases(tx: Transaction, alive: string): Promise<void> {
  const lanes = await tx.all('SELECT name, fence, work, owner FROM lanes WHERE fence IS NOT NULL AND lease_until < $1', tx.now);
  for (const lane of lanes) await giveBack(tx, lane, lane['owner'] !== alive);
  const left = await tx.all(
    `SELECT id, delivery, lane FROM work WHERE state = 'waiting' AND kind = 'inline' AND ready_at < $1`,
    tx.now,
  );
  for (const work of left) await interrupt(tx, work);
}

/** @param lost true if the owner may have died of it. */
async function giveBack(tx: Transaction, lane: Row, lost: boolean): Promise<void> {
  const name = text(lane, 'name');
  const id = integer(lane, 'work');
  const [work] = await tx.all(`SELECT ${decidable}, kind, crashes, cancelled_by FROM work WHERE id = $1`, id);
  await endAttempt(tx, integer(lane, 'fence'), lost ? 'lost' : 'released', lost ? 'the process that did it is gone' : '');
  await keepPlan(tx, id, name);
  await freeLane(tx, name);
  if (work === undefined) return;
  if (text(work, 'kind') === 'inline') return interrupt(tx, work);
  const crashes = integer(work, 'crashes') + (lost ? 1 : 0);
  const asked = optionalText(work, 'cancelled_by');
  const by = takesBack(work) ? undefined : asked;
  const end = by === undefined ? (crashes >= mostCrashes ? 'dead' : undefined) : 'cancelled';
  const message =
    by !== undefined
      ? `cancelled by ${by}`
      : end === 'dead'
        ? `set aside: the process ended ${crashes} times while this was being done`
        : lost
          ? 'taken over from a process that is gone'
          : '';
  await tx.run(
    'UPDATE work SET state = $2, message = $3, crashes = $4, ready_at = $5, ended_at = $6 WHERE id = $1',
    id,
    end ?? 'waiting',
    message,
    crashes,
    tx.now,
    end === undefined ? null : tx.now,
  );
  if (crashes > 0 && end === undefined) await tx.run('UPDATE lanes SET suspect = $2 WHERE name = $1', name, Math.min(2, crashes));
  if (end !== undefined) await tellAction(tx, work, end, message);
  else if (asked !== undefined) await abortCancelled(tx, work, asked);
  await refreshDelivery(tx, integer(work, 'delivery'));
}

/** Whoever waited for an inline delivery is gone: it is never continued by itself, and what it was doing stays recorded. */
async function interrupt(tx: Transaction, work: Row): Promise<void> {
  const delivery = integer(work, 'delivery');
  const message = 'interrupted: the process that did it has ended';
  const actions = await tx.all(
    `SELECT id, delivery, kind FROM work WHERE delivery = $1 AND kind = 'action' AND ended_at IS NULL`,
    delivery,
  );
  await tx.run(
    `UPDATE work SET state = 'interrupted', message = $2, ended_at = $3 WHERE delivery = $1 AND ended_at IS NULL`,
    delivery,
    message,
    tx.now,
  );
  for (const action of actions) await tellAction(tx, action, 'interrupted', message);
  await dropOwnLane(tx, text(work, 'lane'));
  await refreshDelivery(tx, delivery);
}

async function tellAction(
  tx: Transaction,
  work: Row,
  state: 'dead' | 'interrupted' | 'cancelled',
  message: string,
): Promise<void> {
  const delivery = integer(work, 'delivery');
  const [row] = await tx.all('SELECT project_id FROM deliveries WHERE sequence = $1', delivery);
  if (row === undefined || text(work, 'kind') !== 'action') return;
  await addEvent(tx, { delivery, projectId: text(row, 'project_id'), work: integer(work, 'id'), type: 'state', state, message });
}
