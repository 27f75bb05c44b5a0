import type { Claim, NewDelivery, PlannedWork, StoredPlan } from '../../framework/deliveries/delivery-store.ts';
import type { PlannedAction } from '../../framework/driver.ts';
import { pushTime } from './accept.ts';
import { checksumOfWork, workContent } from './checksums.ts';
import { addEvent, refreshDelivery } from './delivery-state.ts';
import { isHeldImage } from './held-image.ts';
import { addFoundHold, heldReason, isToBeHeld, onHold } from './holds.ts';
import { endAttempt, freeLane, openLane, requireClaim, targetLane } from './lanes.ts';
import { idOf, integer, optionalInteger, optionalText, requireSequence, storable, toJson } from './rows.ts';
import { supersededByApplied } from './supersede.ts';
import type { Transaction } from './transaction.ts';
import { supersedeWaiting } from './waiting-work.ts';
import { insertAction, streamsOf } from './work-rows.ts';

export async function recordPlan(tx: Transaction, claim: Claim, plan: StoredPlan): Promise<PlannedWork[]> {
  const work = await requireClaim(tx, claim);
  const delivery = requireSequence('delivery', claim.delivery.id);
  if (await endCancelled(tx, claim, work)) {
    await refreshDelivery(tx, delivery);
    return [];
  }
  for (const found of plan.holds ?? []) {
    await rememberTarget(tx, claim.delivery.projectId, found.target);
    await addFoundHold(tx, claim.delivery.projectId, found, `delivery ${claim.delivery.id}`);
  }
  const planned: PlannedWork[] = [];
  const [attempt] = await tx.all('SELECT started_at FROM attempts WHERE fence = $1', claim.fence);
  const plannedFrom = attempt === undefined ? 0 : integer(attempt, 'started_at');
  const { actions, skipped } = await settleSkipped(tx, plan, plannedFrom);
  const [row] = await tx.all('SELECT replay_of, received_at FROM deliveries WHERE sequence = $1', delivery);
  const replayOf = row && optionalInteger(row, 'replay_of');
  const pushedAt = pushTime({
    events: claim.delivery.events,
    receivedAt: row === undefined ? tx.now : integer(row, 'received_at'),
    ...(replayOf !== undefined && { replayOf: idOf('delivery', replayOf) }),
  });
  const inline = claim.kind === 'inline';
  for (const action of actions) {
    await rememberTarget(tx, claim.delivery.projectId, action.target);
    const reason = await heldReason(tx, claim.delivery.projectId, action);
    if (reason !== undefined) {
      skipped.push({ target: action.target, reason });
      continue;
    }
    const lane = inline ? claim.lane : targetLane(action.target);
    const id = await insertAction(
      tx,
      {
        delivery,
        lane,
        upstream: claim.upstream,
        state: inline ? 'running' : 'waiting',
        plannedFrom,
        pushedAt,
        message: action.description,
      },
      action,
      claim.delivery.receiver.key,
    );
    const event = { delivery, projectId: claim.delivery.projectId, work: id, message: action.description };
    await addEvent(tx, { ...event, type: 'state', state: inline ? 'running' : 'waiting' });
    planned.push({ id: idOf('action', id), action, step: '' });
    if (inline) continue;
    await openLane(tx, lane, claim.upstream, tx.now);
    await supersedeWaiting(tx, lane);
  }
  if (skipped.length > 0) await tx.run('UPDATE deliveries SET skipped = $2 WHERE sequence = $1', delivery, toJson(skipped));
  if (!inline || planned.length === 0) await endPlanning(tx, claim, work, planned.length, skipped);
  await refreshDelivery(tx, delivery);
  return planned;
}

export async function judgePlan(
  tx: Transaction,
  projectId: string,
  plan: StoredPlan,
  push: Pick<NewDelivery, 'receiver' | 'events'>,
): Promise<StoredPlan> {
  const { actions, skipped } = await settleSkipped(tx, plan, tx.now);
  const found: NonNullable<StoredPlan['holds']>[number][] = [];
  for (const each of plan.holds ?? []) if (await isToBeHeld(tx, projectId, each)) found.push(each);
  const free: PlannedAction[] = [];
  for (const action of actions) {
    const reason =
      (await heldReason(tx, projectId, action)) ?? foundReason(found, action) ?? (await olderReason(tx, action, push));
    if (reason === undefined) free.push(action);
    else skipped.push({ target: action.target, reason });
  }
  return { actions: free, skipped };
}

/** Why an action would be superseded by what its target runs already. */
async function olderReason(
  tx: Transaction,
  action: PlannedAction,
  { events, receiver }: Pick<NewDelivery, 'receiver' | 'events'>,
): Promise<string | undefined> {
  const pushedAt = pushTime({ events, receivedAt: tx.now });
  const work = { streams: streamsOf(action, receiver.key), pushedAt, rank: action.rank };
  const by = await supersededByApplied(tx, targetLane(action.target), work);
  return by === undefined ? undefined : `delivery ${idOf('delivery', by)} has brought what was pushed later`;
}

function foundReason(found: NonNullable<StoredPlan['holds']>, { target, images = [] }: PlannedAction): string | undefined {
  const hold = found.find((each) => each.target === target && images.some((image) => isHeldImage(each.image, image)));
  return hold && onHold('this delivery', hold.image, hold.reason);
}

/** A target that was found as it is to be may still be changed by an older push: then this one keeps it as it is. */
async function settleSkipped(
  tx: Transaction,
  plan: StoredPlan,
  plannedFrom: number,
): Promise<{ actions: PlannedAction[]; skipped: { target: string; reason: string }[] }> {
  const actions = [...plan.actions];
  const skipped: { target: string; reason: string }[] = [];
  for (const { target, reason, otherwise } of plan.skipped) {
    if (otherwise !== undefined && (await isBusySince(tx, targetLane(target), plannedFrom))) actions.push(otherwise);
    else skipped.push({ target, reason });
  }
  return { actions, skipped };
}

async function isBusySince(tx: Transaction, lane: string, time: number): Promise<boolean> {
  const [row] = await tx.all(
    `SELECT 1 AS busy FROM lanes WHERE name = $1 AND (fence IS NOT NULL OR last_ended_at >= $2
      OR EXISTS (SELECT 1 FROM work WHERE lane = $1 AND state = 'waiting'))`,
    lane,
    time,
  );
  return row !== undefined;
}

/** Somebody asked to cancel the delivery while it was planned: then nothing waits to be done. */
async function endCancelled(tx: Transaction, claim: Claim, work: number): Promise<boolean> {
  const [row] = await tx.all('SELECT cancelled_by FROM work WHERE id = $1', work);
  const by = row && optionalText(row, 'cancelled_by');
  if (by === undefined) return false;
  const message = `cancelled by ${by}`;
  await tx.run(`UPDATE work SET state = 'cancelled', message = $2, ended_at = $3 WHERE id = $1`, work, message, tx.now);
  await endAttempt(tx, claim.fence, 'cancelled', message);
  await freeLane(tx, claim.lane);
  return true;
}

async function endPlanning(
  tx: Transaction,
  claim: Claim,
  work: number,
  actions: number,
  skipped: StoredPlan['skipped'],
): Promise<void> {
  const state = actions > 0 ? 'succeeded' : 'ignored';
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].join('; ');
  const message = actions > 0 ? '' : reasons || 'nothing to do';
  await tx.run('UPDATE work SET state = $2, message = $3, ended_at = $4 WHERE id = $1', work, state, storable(message), tx.now);
  await endAttempt(tx, claim.fence, state, '');
  await freeLane(tx, claim.lane);
}

async function rememberTarget(tx: Transaction, projectId: string, target: string): Promise<void> {
  await tx.run(
    'INSERT INTO targets (project_id, name) VALUES ($1, $2) ON CONFLICT (project_id, name) DO NOTHING',
    projectId,
    storable(target),
  );
}

export async function replacePlannedAction(
  tx: Transaction,
  claim: Claim,
  actionId: string,
  action: PlannedAction,
): Promise<void> {
  await requireClaim(tx, claim);
  const id = requireSequence('action', actionId);
  const [row] = await tx.all('SELECT * FROM work WHERE id = $1', id);
  if (row === undefined) return;
  const planned = toJson(action);
  await tx.run(
    'UPDATE work SET planned = $2, planned_from = $3, checksum = $4 WHERE id = $1',
    id,
    planned,
    tx.now + 1,
    checksumOfWork({ ...workContent(row), planned }),
  );
}
