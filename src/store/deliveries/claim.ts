import type { Claim, Claimed, ClaimRequest } from '../../framework/deliveries/delivery-store.ts';
import { neverReady } from './lanes.ts';
import { endExpiredLeases } from './leases.ts';
import { optionalInteger, text } from './rows.ts';
import { startWork } from './start-work.ts';
import type { Transaction } from './transaction.ts';
import { type LaneWork, supersedeWaiting } from './waiting-work.ts';

export async function claim(tx: Transaction, request: ClaimRequest): Promise<Claimed> {
  await endExpiredLeases(tx, request.owner);
  const claims: Claim[] = [];
  const upstreams = await tx.all(
    'SELECT DISTINCT upstream FROM lanes WHERE fence IS NULL AND ready_at <= $1 AND suspect = $2',
    tx.now,
    request.crashes,
  );
  for (const row of upstreams) {
    const upstream = text(row, 'upstream');
    const free = Math.min(allowance(request, upstream), request.limit - claims.length);
    if (free > 0) claims.push(...(await claimUpstream(tx, upstream, free, request)));
  }
  const [next] = await tx.all('SELECT min(ready_at) AS at FROM lanes WHERE fence IS NULL AND ready_at > $1', tx.now);
  const nextReadyAt = next && optionalInteger(next, 'at');
  return { claims, ...(nextReadyAt !== undefined && nextReadyAt < neverReady && { nextReadyAt }) };
}

/** An upstream may have any name. */
function allowance({ upstreams, limit }: ClaimRequest, upstream: string): number {
  return Object.hasOwn(upstreams, upstream) ? (upstreams[upstream] ?? limit) : limit;
}

async function claimUpstream(tx: Transaction, upstream: string, free: number, request: ClaimRequest): Promise<Claim[]> {
  const claims: Claim[] = [];
  const seen = new Set<string>();
  for (let progress = true; progress && claims.length < free;) {
    const lanes = await tx.all(
      `SELECT name FROM lanes WHERE fence IS NULL AND upstream = $1 AND ready_at <= $2 AND suspect = $3
      ORDER BY ready_at LIMIT $4`,
      upstream,
      tx.now,
      request.crashes,
      free - claims.length,
    );
    // A lane in which nothing is ready any more is not found again; some other may be, in its place.
    progress = lanes.some((lane) => !seen.has(text(lane, 'name')));
    for (const lane of lanes) {
      const name = text(lane, 'name');
      const claimed = seen.has(name) ? undefined : await claimLane(tx, name, request);
      seen.add(name);
      if (claimed !== undefined) claims.push(claimed);
    }
  }
  return claims;
}

/** Claims a lane's next work, or has the lane looked at again when there is some. */
async function claimLane(tx: Transaction, lane: string, request: ClaimRequest): Promise<Claim | undefined> {
  const waiting = await supersedeWaiting(tx, lane);
  const crashes = waiting.reduce((most, work) => Math.max(most, work.crashes), 0);
  // What may have ended a process is done, or set aside, before the rest of its lane.
  const candidates = waiting.filter((work) => work.crashes === crashes);
  const next = firstOf(candidates.filter((work) => work.readyAt <= tx.now));
  const level = Math.min(2, crashes);
  if (next !== undefined && level === request.crashes) return startWork(tx, lane, next.id, request.owner, request.leaseMs);
  const readyAt = candidates.reduce((least, work) => Math.min(least, work.readyAt), neverReady);
  await tx.run('UPDATE lanes SET ready_at = $2, suspect = $3 WHERE name = $1', lane, readyAt, level);
  return undefined;
}

/**
 * The first to come, except for plans of which all tell when their images were pushed: there the newest, so that a target gets
 * it at once, and what is older is not deployed over it any more. Of equal times the first is taken: the later one wins.
 */
function firstOf(ready: readonly LaneWork[]): LaneWork | undefined {
  const [first, ...others] = ready;
  if (first?.kind !== 'plan' || ready.some(({ pushedAt }) => pushedAt === undefined)) return first;
  return others.reduce((newest, work) => ((work.pushedAt ?? 0) > (newest.pushedAt ?? 0) ? work : newest), first);
}
