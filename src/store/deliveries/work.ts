import type { Claim, Postponement, WorkEnd } from '../../framework/deliveries/delivery-store.ts';
import type { DecisionName, RolloutProgress } from '../../framework/driver.ts';
import { abortCancelled, decidable, decisionOf, makeReady, takesBack } from './decisions.ts';
import { addEvent, refreshDelivery } from './delivery-state.ts';
import { addHold } from './holds.ts';
import { endAttempt, freeLane, keepPlan, requireClaim } from './lanes.ts';
import { integer, optionalText, requireSequence, storable, text, toJson } from './rows.ts';
import { rememberApplied, tellEnd } from './supersede.ts';
import type { Row, Transaction } from './transaction.ts';
import { LeaseLostError } from '../../framework/deliveries/delivery-store.ts';

export async function recordStep(tx: Transaction, claim: Claim, actionId: string, step: string): Promise<void> {
  // The lease is prolonged along the way: from here on nobody takes the work over before the write is through.
  const held = await tx.run(
    'UPDATE lanes SET lease_until = $3 WHERE name = $1 AND fence = $2',
    claim.lane,
    claim.fence,
    tx.now + claim.leaseMs,
  );
  if (held === 0) throw new LeaseLostError();
  const work = requireSequence('action', actionId);
  // A step further than the attempt before: whatever ended that one, it was not the same again.
  await tx.run(
    'UPDATE work SET step = $2, crashes = CASE WHEN step = $2 THEN crashes ELSE 0 END WHERE id = $1',
    work,
    storable(step),
  );
  await addProgress(tx, claim, work, step);
}

export async function recordProgress(
  tx: Transaction,
  claim: Claim,
  actionId: string | undefined,
  message: string,
  rollout?: RolloutProgress,
): Promise<void> {
  const work = actionId === undefined ? undefined : requireSequence('action', actionId);
  const [held] = await tx.all('SELECT 1 AS one FROM lanes WHERE name = $1 AND fence = $2', claim.lane, claim.fence);
  if (held === undefined) return;
  if (work !== undefined) {
    const changed = await tx.run(`UPDATE work SET message = $2 WHERE id = $1 AND state = 'running'`, work, storable(message));
    if (changed === 0) return;
  }
  await addProgress(tx, claim, work, message, rollout);
}

async function addProgress(
  tx: Transaction,
  { delivery }: Claim,
  work: number | undefined,
  message: string,
  rollout?: RolloutProgress,
): Promise<void> {
  await addEvent(tx, {
    delivery: requireSequence('delivery', delivery.id),
    projectId: delivery.projectId,
    type: 'progress',
    message,
    ...(work !== undefined && { work }),
    ...(rollout && { rollout }),
  });
}

export async function end(tx: Transaction, claim: Claim, actionId: string | undefined, ending: WorkEnd): Promise<void> {
  const claimed = await requireClaim(tx, claim);
  const work = actionId === undefined ? claimed : requireSequence('action', actionId);
  const [row] = await tx.all(
    `UPDATE work SET state = $2, message = $3, ended_at = $4, superseded_by = CASE WHEN $2 = 'superseded' THEN superseded_by END
    WHERE id = $1 AND ended_at IS NULL
    RETURNING delivery, lane, streams, pushed_at, target`,
    work,
    ending.state,
    storable(ending.message),
    tx.now,
  );
  if (row !== undefined && actionId !== undefined) await endAction(tx, claim, row, ending);
  const delivery = requireSequence('delivery', claim.delivery.id);
  if (work === claimed) {
    if (claim.kind === 'inline') await endUnfinished(tx, delivery, ending);
    await endAttempt(tx, claim.fence, ending.state, storable(ending.message));
    await freeLane(tx, claim.lane);
  }
  await tellEnd(tx, work, delivery);
}

/** Nobody comes back to the actions of an inline delivery that was ended before they were done. */
async function endUnfinished(tx: Transaction, delivery: number, { state, message }: WorkEnd): Promise<void> {
  const unfinished = await tx.all(
    `UPDATE work SET state = $2, message = $3, ended_at = $4 WHERE delivery = $1 AND kind = 'action' AND ended_at IS NULL
    RETURNING id`,
    delivery,
    state === 'cancelled' || state === 'interrupted' ? state : 'failed',
    storable(message === '' ? 'not done' : `not done: ${message}`),
    tx.now,
  );
  for (const row of unfinished) await tellEnd(tx, integer(row, 'id'), delivery);
}

async function endAction(tx: Transaction, claim: Claim, row: Row, { state, hold }: WorkEnd): Promise<void> {
  if (state === 'succeeded') await rememberApplied(tx, row);
  if (hold === undefined) return;
  const heldBy = `delivery ${claim.delivery.id}`;
  const { images, reason } = hold;
  for (const image of images) await addHold(tx, claim.delivery.projectId, text(row, 'target'), { image, reason, heldBy });
}

export async function postpone(tx: Transaction, claim: Claim, postponement: Postponement): Promise<void> {
  const work = await requireClaim(tx, claim);
  const { message, readyAt, notBefore = 0, counts } = postponement;
  const [row] = await tx.all(
    `UPDATE work SET state = 'waiting', message = $2, ready_at = $3, not_before = $4, attempts = attempts - $5,
      first_attempt_at = CASE WHEN attempts > $5 THEN first_attempt_at END WHERE id = $1
    RETURNING ${decidable}, kind, cancelled_by, decided_by`,
    work,
    storable(message),
    Math.max(readyAt, notBefore),
    notBefore,
    counts ? 0 : 1,
  );
  await endAttempt(tx, claim.fence, counts ? 'retried' : 'released', storable(message));
  await keepPlan(tx, work, claim.lane);
  await freeLane(tx, claim.lane);
  const by = row && optionalText(row, 'cancelled_by');
  if (row !== undefined && by !== undefined && takesBack(row)) await abortCancelled(tx, row, by);
  else if (row !== undefined && by !== undefined) {
    const ended = `UPDATE work SET state = 'cancelled', message = $2, ended_at = $3 WHERE id = $1`;
    await tx.run(ended, work, `cancelled by ${by}`, tx.now);
    return tellEnd(tx, work, integer(row, 'delivery'));
  }
  if (row !== undefined && by === undefined && postponement.awaits) await pause(tx, claim, row, postponement.awaits);
  if (row !== undefined && counts && text(row, 'kind') === 'action') await addProgress(tx, claim, work, message);
  await refreshDelivery(tx, requireSequence('delivery', claim.delivery.id));
}

/** A decision that came while its work was under way is for the next time. What failed before a long wait is forgotten after it. */
async function pause(tx: Transaction, { decision }: Claim, row: Row, awaits: readonly DecisionName[]): Promise<void> {
  const next = decisionOf(row);
  const isNew = next !== undefined && (next.name !== decision?.name || next.by !== decision.by);
  await tx.run(
    'UPDATE work SET awaits = $2, decision = $3, decided_by = $4, attempts = 0, first_attempt_at = NULL WHERE id = $1',
    integer(row, 'id'),
    toJson(awaits),
    isNew ? next.name : null,
    isNew ? next.by : null,
  );
  if (isNew) await makeReady(tx, row);
}

export async function clearCrashes(tx: Transaction, claims: readonly Claim[]): Promise<void> {
  for (const { lane, fence } of claims) {
    await tx.run('UPDATE work SET crashes = 0 WHERE id = (SELECT work FROM lanes WHERE name = $1 AND fence = $2)', lane, fence);
  }
}

type Woken = { readonly upstream: string } | { readonly receiverId: string; readonly projectId: string };

export async function wake(tx: Transaction, what: Woken): Promise<void> {
  // Never before the time that the upstream itself has asked for. An inline delivery's time is the end of somebody's patience.
  const earlier = 'UPDATE work SET ready_at = CASE WHEN not_before > $1 THEN not_before ELSE $1 END';
  if ('upstream' in what) {
    await tx.run(
      `${earlier} WHERE state = 'waiting' AND kind <> 'inline' AND ready_at > $1 AND lane IN (SELECT name FROM lanes WHERE upstream = $2)`,
      tx.now,
      what.upstream,
    );
    await tx.run('UPDATE lanes SET ready_at = $1 WHERE upstream = $2 AND fence IS NULL AND ready_at > $1', tx.now, what.upstream);
    return;
  }
  const ofReceiver = `state = 'waiting' AND kind <> 'inline' AND delivery IN (SELECT sequence FROM deliveries
    WHERE project_id = $2 AND receiver_id = $3 AND state IN ('queued', 'waiting', 'running'))`;
  await tx.run(
    `UPDATE lanes SET ready_at = $1 WHERE fence IS NULL AND ready_at > $1
    AND name IN (SELECT lane FROM work WHERE ${ofReceiver})`,
    tx.now,
    what.projectId,
    what.receiverId,
  );
  await tx.run(`${earlier} WHERE ready_at > $1 AND ${ofReceiver}`, tx.now, what.projectId, what.receiverId);
}
