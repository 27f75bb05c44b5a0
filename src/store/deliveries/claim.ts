import {
  type Claim,
  type Claimed,
  type ClaimedDelivery,
  type ClaimRequest,
  LeaseLostError,
  type PlannedWork,
} from '../../framework/deliveries/delivery-store.ts';
import type { PlannedAction } from '../../framework/driver.ts';
import { refreshDelivery } from './delivery-state.ts';
import { neverReady } from './lanes.ts';
import { endExpiredLeases } from './leases.ts';
import { newestWins, type WaitingWork } from './newest-wins.ts';
import { bytes, idOf, integer, json, optionalInteger, optionalText, requireSequence, text } from './rows.ts';
import { supersede, supersededByApplied, type SupersededWork } from './supersede.ts';
import type { Row, Transaction } from './transaction.ts';

export async function claim(tx: Transaction, request: ClaimRequest): Promise<Claimed> {
  await endExpiredLeases(tx);
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
  const next = candidates.find((work) => work.readyAt <= tx.now);
  const level = Math.min(2, crashes);
  if (next !== undefined && level === request.crashes) return startWork(tx, lane, next.id, request.owner, request.leaseMs);
  const readyAt = candidates.reduce((least, work) => Math.min(least, work.readyAt), neverReady);
  await tx.run('UPDATE lanes SET ready_at = $2, suspect = $3 WHERE name = $1', lane, readyAt, level);
  return undefined;
}

interface LaneWork extends WaitingWork, SupersededWork {
  readonly readyAt: number;
  readonly crashes: number;
}

/** Ends the waiting work of a lane that newer work takes the place of. @returns the rest, in the order of arrival. */
async function supersedeWaiting(tx: Transaction, lane: string): Promise<LaneWork[]> {
  const rows = await tx.all(
    `SELECT w.id, w.delivery, w.kind, w.streams, w.pushed_at, w.rank, w.ready_at, w.not_before, w.crashes, d.project_id
    FROM work w JOIN deliveries d ON d.sequence = w.delivery
    WHERE w.lane = $1 AND w.state = 'waiting' AND w.kind <> 'inline' ORDER BY w.id`,
    lane,
  );
  const waiting = rows.map((row): LaneWork & { notBefore: number } => ({
    id: integer(row, 'id'),
    delivery: integer(row, 'delivery'),
    streams: json<string[]>(row, 'streams'),
    pushedAt: optionalInteger(row, 'pushed_at'),
    rank: optionalText(row, 'rank'),
    readyAt: integer(row, 'ready_at'),
    notBefore: integer(row, 'not_before'),
    crashes: integer(row, 'crashes'),
    kind: text(row, 'kind'),
    projectId: text(row, 'project_id'),
  }));
  const superseded = newestWins(waiting);
  const held = new Map<number, number>();
  for (const [older, newer] of superseded) {
    await supersede(tx, older, newer.delivery);
    if (older.notBefore > tx.now) held.set(newer.id, Math.max(older.notBefore, held.get(newer.id) ?? 0));
  }
  const left: LaneWork[] = [];
  for (const work of waiting) {
    if (superseded.has(work)) continue;
    const applied = await supersededByApplied(tx, lane, work);
    if (applied !== undefined) {
      await supersede(tx, work, applied);
      continue;
    }
    // The upstream asked for patience, whoever comes now.
    const notBefore = held.get(work.id);
    if (notBefore !== undefined) await tx.run('UPDATE work SET ready_at = $2, not_before = $2 WHERE id = $1', work.id, notBefore);
    left.push(notBefore === undefined ? work : { ...work, readyAt: Math.max(work.readyAt, notBefore) });
  }
  return left;
}

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

async function startWork(tx: Transaction, lane: string, id: number, owner: string, leaseMs: number): Promise<Claim | undefined> {
  // Counted before anything is done: what ends the process must not be tried for ever.
  const [work] = await tx.all(
    `UPDATE work SET state = 'running', attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, $2)
    WHERE id = $1 AND state = 'waiting' RETURNING *`,
    id,
    tx.now,
  );
  // Cancelled by somebody at this very moment.
  if (work === undefined) return undefined;
  const attempt = integer(work, 'attempts');
  const [attempted] = await tx.all(
    `INSERT INTO attempts (work, number, started_at, message) VALUES ($1, $2, $3, '') RETURNING fence`,
    id,
    attempt,
    tx.now,
  );
  const [row] = await tx.all(
    `UPDATE lanes SET fence = $2, owner = $3, lease_until = $4, work = $5, suspect = 0 WHERE name = $1
    RETURNING last_ended_at, upstream`,
    lane,
    attempted === undefined ? null : integer(attempted, 'fence'),
    owner,
    tx.now + leaseMs,
    id,
  );
  if (row === undefined || attempted === undefined) throw new Error(`the lane ${lane} is gone`);
  const delivery = integer(work, 'delivery');
  await refreshDelivery(tx, delivery);
  const kind = text(work, 'kind') as Claim['kind'];
  return {
    fence: integer(attempted, 'fence'),
    lane,
    upstream: text(work, 'upstream'),
    owner,
    leaseMs,
    kind,
    delivery: await readDelivery(tx, delivery),
    actions: kind === 'action' ? [plannedWork(work)] : kind === 'inline' ? await plannedBefore(tx, delivery) : [],
    attempt,
    firstAttemptAt: integer(work, 'first_attempt_at'),
    crashes: integer(work, 'crashes'),
    outdated: kind === 'action' && integer(row, 'last_ended_at') >= integer(work, 'planned_from'),
  };
}

async function plannedBefore(tx: Transaction, delivery: number): Promise<PlannedWork[]> {
  const rows = await tx.all(`SELECT id, planned, step FROM work WHERE delivery = $1 AND kind = 'action' ORDER BY id`, delivery);
  return rows.map(plannedWork);
}

function plannedWork(row: Row): PlannedWork {
  return { id: idOf('action', integer(row, 'id')), action: json<PlannedAction>(row, 'planned'), step: text(row, 'step') };
}

async function readDelivery(tx: Transaction, sequence: number): Promise<ClaimedDelivery> {
  const [row] = await tx.all('SELECT * FROM deliveries WHERE sequence = $1', sequence);
  if (row === undefined) throw new Error(`the delivery ${sequence} is gone`);
  return {
    id: idOf('delivery', sequence),
    projectId: text(row, 'project_id'),
    receiver: { id: text(row, 'receiver_id'), name: text(row, 'receiver_name'), key: text(row, 'receiver_key') },
    driver: text(row, 'driver'),
    config: json(row, 'config'),
    request: { headers: json(row, 'headers'), query: text(row, 'query'), body: bytes(row, 'body') },
    events: json(row, 'events'),
    receivedAt: integer(row, 'received_at'),
  };
}
