import type { Hold, TargetRecord } from '../../framework/deliveries/delivery-record.ts';
import type { NewHold } from '../../framework/deliveries/delivery-store.ts';
import type { FoundHold, PlannedAction } from '../../framework/driver.ts';
import { awaitsOf, decidable, takesBack, tell } from './decisions.ts';
import { isHeldImage } from './held-image.ts';
import { targetLane } from './lanes.ts';
import { idOf, integer, json, optionalText, sequenceOf, storable, text } from './rows.ts';
import { tellEnd } from './supersede.ts';
import type { Row, Transaction } from './transaction.ts';

export async function hold(
  tx: Transaction,
  projectId: string,
  targetId: string,
  newHold: NewHold,
): Promise<TargetRecord | undefined> {
  const target = await findTarget(tx, projectId, targetId);
  if (target === undefined) return undefined;
  await addHold(tx, projectId, text(target, 'name'), newHold);
  return toTarget(tx, target);
}

export async function releaseHold(
  tx: Transaction,
  projectId: string,
  targetId: string,
  image?: string,
): Promise<TargetRecord | undefined> {
  const target = await findTarget(tx, projectId, targetId);
  if (target === undefined) return undefined;
  const id = integer(target, 'id');
  const released = 'UPDATE holds SET released_at = $2 WHERE target = $1 AND released_at IS NULL';
  if (image === undefined) await tx.run(released, id, tx.now);
  else await tx.run(`${released} AND image = $3`, id, tx.now, storable(image));
  return toTarget(tx, target);
}

export async function getTarget(tx: Transaction, projectId: string, targetId: string): Promise<TargetRecord | undefined> {
  const target = await findTarget(tx, projectId, targetId);
  return target && toTarget(tx, target);
}

export async function listTargets(tx: Transaction, projectId: string): Promise<TargetRecord[]> {
  const targets: TargetRecord[] = [];
  for (const row of await tx.all('SELECT id, project_id, name FROM targets WHERE project_id = $1 ORDER BY id', projectId)) {
    targets.push(await toTarget(tx, row));
  }
  return targets;
}

/** Puts a hold on a target of a project, by its name, and ends what waits for it and is held. */
export async function addHold(
  tx: Transaction,
  projectId: string,
  target: string,
  { image, reason, heldBy }: NewHold,
): Promise<void> {
  await tx.run(
    `INSERT INTO holds (target, image, reason, held_by, held_at)
    SELECT id, $3, $4, $5, $6 FROM targets WHERE project_id = $1 AND name = $2
    ON CONFLICT (target, image) DO UPDATE SET reason = excluded.reason, held_by = excluded.held_by, held_at = excluded.held_at,
      released_at = NULL`,
    projectId,
    storable(target),
    storable(image),
    storable(reason),
    storable(heldBy),
    tx.now,
  );
  await endHeld(tx, projectId, target);
}

/** Puts a hold on an image that somebody took off a target, unless there is one or it was released since. */
export async function addFoundHold(tx: Transaction, projectId: string, found: FoundHold, heldBy: string): Promise<void> {
  const { target, image, reason } = found;
  if (await isToBeHeld(tx, projectId, found)) await addHold(tx, projectId, target, { image, reason, heldBy });
}

export async function isToBeHeld(tx: Transaction, projectId: string, { target, image, since }: FoundHold): Promise<boolean> {
  const [row] = await tx.all(
    `SELECT 1 AS one FROM holds h JOIN targets t ON t.id = h.target
    WHERE t.project_id = $1 AND t.name = $2 AND h.image = $3 AND (h.released_at IS NULL OR h.released_at >= $4)`,
    projectId,
    storable(target),
    storable(image),
    since,
  );
  return row === undefined;
}

async function endHeld(tx: Transaction, projectId: string, target: string): Promise<void> {
  const waiting = await tx.all(
    `SELECT ${decidable} FROM work
    WHERE lane = $1 AND state = 'waiting' AND delivery IN (SELECT sequence FROM deliveries WHERE project_id = $2)`,
    targetLane(target),
    projectId,
  );
  for (const work of waiting) {
    const reason = await heldReason(tx, projectId, json<PlannedAction>(work, 'planned'));
    if (reason === undefined) continue;
    if (takesBack(work)) {
      // What is not only waiting to be promoted is under way.
      const isOpen = optionalText(work, 'decision') === undefined && awaitsOf(work).includes('promote');
      if (isOpen) await tell(tx, work, { name: 'abort', by: `a hold: ${reason}` });
      continue;
    }
    const ended = `UPDATE work SET state = 'cancelled', message = $2, ended_at = $3 WHERE id = $1`;
    await tx.run(ended, integer(work, 'id'), storable(reason), tx.now);
    await tellEnd(tx, integer(work, 'id'), integer(work, 'delivery'));
  }
}

/** Why an action must not be done to its target now; undefined if it may. */
export async function heldReason(tx: Transaction, projectId: string, action: PlannedAction): Promise<string | undefined> {
  const holds = await tx.all(
    `SELECT h.image, h.reason, h.held_by FROM holds h JOIN targets t ON t.id = h.target
    WHERE t.project_id = $1 AND t.name = $2 AND h.released_at IS NULL ORDER BY h.held_at`,
    projectId,
    storable(action.target),
  );
  const { images = [] } = action;
  const found = holds.find((row) => {
    const held = text(row, 'image');
    return held === '' || images.some((image) => isHeldImage(held, storable(image)));
  });
  if (found === undefined) return undefined;
  return onHold(text(found, 'held_by'), text(found, 'image'), text(found, 'reason'));
}

/** Why something is not done, for people. */
export function onHold(heldBy: string, image: string, reason: string): string {
  return `on hold by ${heldBy}${image === '' ? '' : ` for ${image}`}${reason === '' ? '' : `: ${reason}`}`;
}

async function findTarget(tx: Transaction, projectId: string, targetId: string): Promise<Row | undefined> {
  const sequence = sequenceOf('target', targetId);
  if (sequence === undefined) return undefined;
  const [row] = await tx.all('SELECT id, project_id, name FROM targets WHERE id = $1 AND project_id = $2', sequence, projectId);
  return row;
}

async function toTarget(tx: Transaction, row: Row): Promise<TargetRecord> {
  const id = integer(row, 'id');
  const holds = await tx.all(
    'SELECT image, reason, held_by, held_at FROM holds WHERE target = $1 AND released_at IS NULL ORDER BY held_at',
    id,
  );
  return { id: idOf('target', id), projectId: text(row, 'project_id'), name: text(row, 'name'), holds: holds.map(toHold) };
}

function toHold(row: Row): Hold {
  return {
    image: text(row, 'image'),
    reason: text(row, 'reason'),
    heldBy: text(row, 'held_by'),
    heldAt: integer(row, 'held_at'),
  };
}

/** Whether anything at all is on hold in a project. */
export async function hasHolds(tx: Transaction, projectId: string): Promise<boolean> {
  const rows = await tx.all(
    `SELECT 1 AS held FROM holds h JOIN targets t ON t.id = h.target
    WHERE t.project_id = $1 AND h.released_at IS NULL LIMIT 1`,
    storable(projectId),
  );
  return rows.length > 0;
}
