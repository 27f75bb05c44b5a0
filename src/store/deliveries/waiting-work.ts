import { takesBack } from './decisions.ts';
import { newestWins, type WaitingWork } from './newest-wins.ts';
import { integer, jsonOr, optionalInteger, optionalText, text } from './rows.ts';
import { supersede, supersededByApplied, type SupersededWork } from './supersede.ts';
import type { Row, Transaction } from './transaction.ts';

/** How much of a lane is looked at in one go, so that a very long one holds nobody up. */
const lookedAt = 500;

const columns = `w.id, w.delivery, w.kind, w.streams, w.pushed_at, w.rank, w.ready_at, w.not_before, w.crashes, w.step, w.planned, d.project_id`;

export interface LaneWork extends WaitingWork, SupersededWork {
  readonly readyAt: number;
  readonly notBefore: number;
  readonly crashes: number;
}

/** Ends the waiting work of a lane that newer work takes the place of. @returns the rest, in the order of arrival. */
export async function supersedeWaiting(tx: Transaction, lane: string): Promise<LaneWork[]> {
  const rows = await tx.all(
    `SELECT ${columns} FROM work w JOIN deliveries d ON d.sequence = w.delivery
    WHERE w.lane = $1 AND w.state = 'waiting' AND w.kind <> 'inline' ORDER BY w.id LIMIT ${lookedAt}`,
    lane,
  );
  const left: LaneWork[] = [];
  for (const work of await endSuperseded(tx, rows.map(toLaneWork))) {
    const applied = await supersededByApplied(tx, lane, work);
    const kept = applied === undefined ? work : await supersede(tx, work, applied);
    if (kept !== undefined) left.push(kept);
  }
  return left;
}

/**
 * The same before a plan is made, for the deliveries of one push alone: so that of many equal ones only one ever waits.
 * @param alike what a plan's work has in common with others of the same receiver, repository and tag.
 */
export async function supersedeAlike(tx: Transaction, lane: string, alike: string): Promise<void> {
  const rows = await tx.all(
    `SELECT ${columns} FROM work w JOIN deliveries d ON d.sequence = w.delivery
    WHERE w.lane = $1 AND w.alike = $2 AND w.state = 'waiting' AND w.kind = 'plan' ORDER BY w.id LIMIT ${lookedAt}`,
    lane,
    alike,
  );
  await endSuperseded(tx, rows.map(toLaneWork));
}

async function endSuperseded(tx: Transaction, waiting: readonly LaneWork[]): Promise<LaneWork[]> {
  const superseded = newestWins(waiting);
  const held = new Map<number, number>();
  const told = new Map<LaneWork, LaneWork | undefined>();
  for (const [older, newer] of superseded) {
    told.set(older, await supersede(tx, older, newer.delivery));
    if (older.notBefore > tx.now) held.set(newer.id, Math.max(older.notBefore, held.get(newer.id) ?? 0));
  }
  const left: LaneWork[] = [];
  for (const work of waiting) {
    if (superseded.has(work)) {
      const kept = told.get(work);
      if (kept !== undefined) left.push(kept);
      continue;
    }
    // The upstream asked for patience, whoever comes now.
    const inherited = held.get(work.id);
    const notBefore = inherited === undefined ? undefined : Math.max(inherited, work.notBefore);
    if (notBefore !== undefined) await tx.run('UPDATE work SET ready_at = $2, not_before = $2 WHERE id = $1', work.id, notBefore);
    left.push(notBefore === undefined ? work : { ...work, readyAt: Math.max(work.readyAt, notBefore) });
  }
  return left;
}

function toLaneWork(row: Row): LaneWork {
  return {
    id: integer(row, 'id'),
    delivery: integer(row, 'delivery'),
    streams: jsonOr<string[]>(row, 'streams', []),
    pushedAt: optionalInteger(row, 'pushed_at'),
    rank: optionalText(row, 'rank'),
    readyAt: integer(row, 'ready_at'),
    notBefore: integer(row, 'not_before'),
    crashes: integer(row, 'crashes'),
    kind: text(row, 'kind'),
    takesBack: takesBack(row),
    projectId: text(row, 'project_id'),
  };
}
