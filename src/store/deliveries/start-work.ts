import { type Claim, type ClaimedDelivery, LeaseLostError, type PlannedWork } from '../../framework/deliveries/delivery-store.ts';
import type { PlannedAction } from '../../framework/driver.ts';
import { damagedMessage, isDeliveryWhole, isWorkWhole } from './checksums.ts';
import { awaitsOf, decisionOf } from './decisions.ts';
import { refreshDelivery } from './delivery-state.ts';
import { dropOwnLane } from './lanes.ts';
import { bytes, idOf, integer, json, optionalInteger, requireSequence, text } from './rows.ts';
import { tellEnd } from './supersede.ts';
import type { Row, Transaction } from './transaction.ts';

export async function claimInline(
  tx: Transaction,
  deliveryId: string,
  owner: string,
  leaseMs: number,
): Promise<Claim | undefined> {
  const delivery = requireSequence('delivery', deliveryId);
  const [row] = await tx.all(`SELECT id, lane FROM work WHERE delivery = $1 AND kind = 'inline' AND state = 'waiting'`, delivery);
  if (row === undefined) throw new LeaseLostError();
  return claimInlineWork(tx, integer(row, 'id'), text(row, 'lane'), owner, leaseMs);
}

/** Claims inline work if its lane is free and nobody came before it. */
export async function claimInlineWork(
  tx: Transaction,
  work: number,
  lane: string,
  owner: string,
  leaseMs: number,
): Promise<Claim | undefined> {
  const [row] = await tx.all('SELECT fence FROM lanes WHERE name = $1', lane);
  if (row === undefined || optionalInteger(row, 'fence') !== undefined) return undefined;
  const [first] = await tx.all(`SELECT min(id) AS id FROM work WHERE lane = $1 AND state = 'waiting' AND kind = 'inline'`, lane);
  if (first === undefined || optionalInteger(first, 'id') !== work) return undefined;
  return startWork(tx, lane, work, owner, leaseMs);
}

/**
 * Claims one piece of work. What is stored for it is checked first: nothing is done that nobody asked for.
 * @returns undefined if it is not to be done any more.
 */
export async function startWork(
  tx: Transaction,
  lane: string,
  id: number,
  owner: string,
  leaseMs: number,
): Promise<Claim | undefined> {
  // Counted before anything is done: what ends the process must not be tried for ever.
  const [work] = await tx.all(
    `UPDATE work SET state = 'running', attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, $2)
    WHERE id = $1 AND state = 'waiting' RETURNING *`,
    id,
    tx.now,
  );
  // Cancelled by somebody at this very moment.
  if (work === undefined) return undefined;
  const sequence = integer(work, 'delivery');
  const [delivery] = await tx.all('SELECT * FROM deliveries WHERE sequence = $1', sequence);
  const actions = text(work, 'kind') === 'inline' ? await plannedBefore(tx, sequence) : [work];
  if (delivery === undefined || !isDeliveryWhole(delivery) || ![work, ...actions].every(isWorkWhole)) {
    return setAside(tx, lane, work);
  }
  const attempt = integer(work, 'attempts');
  const [attempted] = await tx.all(
    `INSERT INTO attempts (work, number, started_at, message) VALUES ($1, $2, $3, '') RETURNING fence`,
    id,
    attempt,
    tx.now,
  );
  if (attempted === undefined) throw new Error('the database gave no number to an attempt');
  const fence = integer(attempted, 'fence');
  const [row] = await tx.all(
    `UPDATE lanes SET fence = $2, owner = $3, lease_until = $4, work = $5, suspect = 0 WHERE name = $1 RETURNING last_ended_at`,
    lane,
    fence,
    owner,
    tx.now + leaseMs,
    id,
  );
  if (row === undefined) throw new Error(`the lane ${lane} is gone`);
  await refreshDelivery(tx, sequence);
  const kind = text(work, 'kind') as Claim['kind'];
  const awaits = awaitsOf(work);
  const decision = decisionOf(work);
  return {
    fence,
    lane,
    upstream: text(work, 'upstream'),
    owner,
    leaseMs,
    kind,
    delivery: claimedDelivery(delivery),
    actions: kind === 'plan' ? [] : actions.map(plannedWork),
    attempt,
    firstAttemptAt: integer(work, 'first_attempt_at'),
    crashes: integer(work, 'crashes'),
    outdated: kind === 'action' && integer(row, 'last_ended_at') >= integer(work, 'planned_from'),
    ...(awaits.length > 0 && { awaits }),
    ...(decision && { decision }),
  };
}

/** Ends work whose rows are not as they were written; the rest of its lane is not held up. */
async function setAside(tx: Transaction, lane: string, work: Row): Promise<undefined> {
  const id = integer(work, 'id');
  await tx.run(`UPDATE work SET state = 'dead', message = $2, ended_at = $3 WHERE id = $1`, id, damagedMessage, tx.now);
  await dropOwnLane(tx, lane);
  await tellEnd(tx, id, integer(work, 'delivery'));
}

/** What the delivery that is replayed was about to do. */
function plannedBefore(tx: Transaction, delivery: number): Promise<readonly Row[]> {
  return tx.all(`SELECT * FROM work WHERE delivery = $1 AND kind = 'action' ORDER BY id`, delivery);
}

function plannedWork(row: Row): PlannedWork {
  return { id: idOf('action', integer(row, 'id')), action: json<PlannedAction>(row, 'planned'), step: text(row, 'step') };
}

function claimedDelivery(row: Row): ClaimedDelivery {
  return {
    id: idOf('delivery', integer(row, 'sequence')),
    projectId: text(row, 'project_id'),
    receiver: { id: text(row, 'receiver_id'), name: text(row, 'receiver_name'), key: text(row, 'receiver_key') },
    driver: text(row, 'driver'),
    config: json(row, 'config'),
    request: { headers: json(row, 'headers'), query: text(row, 'query'), body: bytes(row, 'body') },
    events: json(row, 'events'),
    receivedAt: integer(row, 'received_at'),
  };
}
