import { decidable, tell } from './decisions.ts';
import { addEvent, refreshDelivery } from './delivery-state.ts';
import { idOf, integer, json, optionalInteger, text } from './rows.ts';
import type { WaitingWork } from './newest-wins.ts';
import type { Row, Transaction } from './transaction.ts';

/** Waiting work, with what is needed to end it. */
export interface SupersededWork extends Pick<WaitingWork, 'id' | 'delivery'> {
  readonly kind: string;
  readonly projectId: string;
  /** It has begun, and is not to be ended from outside. */
  readonly takesBack: boolean;
}

/**
 * Ends waiting work for the sake of a newer delivery; what takes back by itself what it has begun is told to.
 * @returns what still waits then.
 */
export async function supersede<T extends SupersededWork>(tx: Transaction, work: T, by: number): Promise<T | undefined> {
  if (!work.takesBack) {
    await endSuperseded(tx, work, by);
    return undefined;
  }
  const [row] = await tx.all(`SELECT ${decidable} FROM work WHERE id = $1 AND decision IS NULL`, work.id);
  if (row === undefined) return work;
  await tx.run('UPDATE work SET superseded_by = $2 WHERE id = $1', work.id, by);
  await tell(tx, row, { name: 'supersede', by: idOf('delivery', by) });
  return { ...work, readyAt: tx.now };
}

async function endSuperseded(tx: Transaction, { id, delivery, kind, projectId }: SupersededWork, by: number): Promise<void> {
  const message = `superseded by ${idOf('delivery', by)}`;
  const changed = await tx.run(
    `UPDATE work SET state = 'superseded', message = $2, superseded_by = $3, ended_at = $4 WHERE id = $1 AND state = 'waiting'`,
    id,
    message,
    by,
    tx.now,
  );
  if (changed === 0) return;
  if (kind === 'action') return tellEnd(tx, id, delivery);
  // Nothing else belongs to a delivery that was never planned; there may be very many of them.
  await tx.run(
    `UPDATE deliveries SET state = 'superseded', message = $2, superseded_by = $3, ended_at = $4 WHERE sequence = $1`,
    delivery,
    message,
    by,
    tx.now,
  );
  await addEvent(tx, { delivery, projectId, type: 'state', state: 'superseded', message });
}

/** Tells how an action ended, and gives its delivery the state that follows. */
export async function tellEnd(tx: Transaction, work: number, delivery: number): Promise<void> {
  const [row] = await tx.all(
    'SELECT w.kind, w.state, w.message, d.project_id FROM work w JOIN deliveries d ON d.sequence = w.delivery WHERE w.id = $1',
    work,
  );
  if (row !== undefined && text(row, 'kind') === 'action') {
    const state = text(row, 'state') as 'superseded';
    await addEvent(tx, {
      delivery,
      projectId: text(row, 'project_id'),
      work,
      type: 'state',
      state,
      message: text(row, 'message'),
    });
  }
  await refreshDelivery(tx, delivery);
}

/** The delivery whose newer push the target already runs, in every stream of this work. A late, older push is not deployed. */
export async function supersededByApplied(
  tx: Transaction,
  lane: string,
  work: Pick<WaitingWork, 'streams' | 'pushedAt' | 'rank'>,
): Promise<number | undefined> {
  if (work.pushedAt === undefined || work.rank !== undefined || !lane.startsWith('target/')) return undefined;
  let by: number | undefined;
  for (const stream of work.streams) {
    const [row] = await tx.all(
      'SELECT delivery FROM applied WHERE lane = $1 AND stream = $2 AND pushed_at > $3',
      lane,
      stream,
      work.pushedAt,
    );
    if (row === undefined) return undefined;
    by = integer(row, 'delivery');
  }
  return by;
}

/** Remembers which push a target runs now. */
export async function rememberApplied(tx: Transaction, work: Row): Promise<void> {
  const pushedAt = optionalInteger(work, 'pushed_at');
  for (const stream of json<string[]>(work, 'streams')) {
    if (pushedAt === undefined) {
      await tx.run('DELETE FROM applied WHERE lane = $1 AND stream = $2', text(work, 'lane'), stream);
      continue;
    }
    await tx.run(
      `INSERT INTO applied (lane, stream, pushed_at, delivery) VALUES ($1, $2, $3, $4)
      ON CONFLICT (lane, stream) DO UPDATE SET pushed_at = excluded.pushed_at, delivery = excluded.delivery`,
      text(work, 'lane'),
      stream,
      pushedAt,
      integer(work, 'delivery'),
    );
  }
}
