import { LeaseLostError, type Claim } from '../../framework/deliveries/delivery-store.ts';
import { storable } from './rows.ts';
import type { Transaction } from './transaction.ts';

/** A lane in which nothing waits. */
export const neverReady = Number.MAX_SAFE_INTEGER;

/** Has a lane looked at as soon as something may be ready in it, at a time. */
export async function openLane(tx: Transaction, name: string, upstream: string, readyAt: number): Promise<void> {
  await tx.run(
    `INSERT INTO lanes (name, upstream, ready_at, suspect, last_ended_at) VALUES ($1, $2, $3, 0, 0)
    ON CONFLICT (name) DO UPDATE SET
      ready_at = CASE WHEN lanes.ready_at < excluded.ready_at THEN lanes.ready_at ELSE excluded.ready_at END,
      upstream = excluded.upstream`,
    name,
    upstream,
    readyAt,
  );
}

/** @throws LeaseLostError unless the claim still is the one on its lane. */
export async function requireClaim(tx: Transaction, { lane, fence }: Claim): Promise<number> {
  const [row] = await tx.all('SELECT work FROM lanes WHERE name = $1 AND fence = $2', lane, fence);
  const work = row?.['work'];
  if (typeof work !== 'number') throw new LeaseLostError();
  return work;
}

/** Ends the claim on a lane, whatever became of its work. */
export async function freeLane(tx: Transaction, lane: string): Promise<void> {
  if (isOwnLane(lane)) return dropOwnLane(tx, lane);
  await tx.run(
    'UPDATE lanes SET fence = NULL, owner = NULL, lease_until = NULL, work = NULL, ready_at = $2, last_ended_at = $2 WHERE name = $1',
    lane,
    tx.now,
  );
}

/** The lane of a single delivery goes with it. */
export async function dropOwnLane(tx: Transaction, lane: string): Promise<void> {
  if (isOwnLane(lane)) await tx.run('DELETE FROM lanes WHERE name = $1', lane);
}

/**
 * What an action has done itself does not make its plan outdated. To be called before its lane is freed.
 */
export async function keepPlan(tx: Transaction, work: number, lane: string): Promise<void> {
  await tx.run(
    `UPDATE work SET planned_from = $3 WHERE id = $1 AND planned_from > (SELECT last_ended_at FROM lanes WHERE name = $2)`,
    work,
    lane,
    tx.now + 1,
  );
}

/** Ends the attempt that a fence stands for. */
export async function endAttempt(tx: Transaction, fence: number, outcome: string, message: string): Promise<void> {
  await tx.run('UPDATE attempts SET ended_at = $2, outcome = $3, message = $4 WHERE fence = $1', fence, tx.now, outcome, message);
}

/** The lane of an inline delivery that excludes no other. */
export function ownLane(delivery: number): string {
  return `delivery/${delivery}`;
}

function isOwnLane(lane: string): boolean {
  return lane.startsWith('delivery/');
}

/** The lane in which a receiver's deliveries wait for their plan. */
export function planLane(projectId: string, receiverKey: string): string {
  return storable(`receiver/${projectId}/${receiverKey}`);
}

/** The lane of whatever is done to a target, by whichever project. */
export function targetLane(target: string): string {
  return storable(`target/${target}`);
}

/** The lane of inline deliveries that must not run at the same time. */
export function inlineLane(exclusive: string): string {
  return storable(`inline/${exclusive}`);
}
