import crypto from 'node:crypto';
import { repeatableEnds } from '../../framework/deliveries/delivery-record.ts';
import type { Accepted, NewDelivery } from '../../framework/deliveries/delivery-store.ts';
import type { ImageEvent } from '../../framework/payload-format.ts';
import { checksumOfDelivery, type DeliveryContent } from './checksums.ts';
import { addEvent } from './delivery-state.ts';
import { hasHolds } from './holds.ts';
import { inlineLane, openLane, ownLane, planLane } from './lanes.ts';
import { idOf, integer, requireSequence, state, storable, toJson } from './rows.ts';
import { insertAction, insertWork } from './work-rows.ts';
import { claimInlineWork } from './start-work.ts';
import type { Transaction } from './transaction.ts';
import { supersedeAlike } from './waiting-work.ts';

/** For how long a delivery is known when it comes again. */
const duplicateMs = 24 * 3600 * 1000;
/** A sender that has gone mad must not push out everybody else's deliveries. */
const rejectedPerReceiver = 100;

export async function accept(tx: Transaction, delivery: NewDelivery): Promise<Accepted> {
  const upstream = storable(delivery.upstream);
  const acts = delivery.kind === 'queued' || delivery.kind === 'inline';
  const first = acts && delivery.replayOf === undefined ? await findFirst(tx, delivery) : undefined;
  if (first !== undefined) {
    await tx.run('UPDATE deliveries SET duplicates = duplicates + 1 WHERE sequence = $1', first);
    return { id: idOf('delivery', first), duplicate: true };
  }
  const sequence = await insertDelivery(tx, delivery);
  const id = idOf('delivery', sequence);
  if (!acts) {
    if (delivery.kind === 'rejected') await dropOldRejected(tx, delivery.receiver.key);
    return { id, duplicate: false };
  }
  for (const identity of delivery.identities) await remember(tx, delivery.receiver.key, inIndex(identity), sequence);
  const lane = laneOf(delivery, sequence);
  const streams = delivery.kind === 'inline' ? [] : await planStreams(tx, delivery);
  const alike = streams.length === 0 ? undefined : inIndex(streams.join(' '));
  const work = await insertWork(tx, {
    delivery: sequence,
    kind: delivery.kind === 'inline' ? 'inline' : 'plan',
    state: 'waiting',
    lane,
    upstream,
    streams,
    ...(alike !== undefined && { alike }),
    pushedAt: pushTime(delivery),
    plannedFrom: 0,
    // Whoever waits for its turn says so again and again.
    ...(delivery.kind === 'inline' && { readyAt: tx.now + delivery.leaseMs, awaitedBy: delivery.owner }),
  });
  for (const action of delivery.actions ?? []) {
    await insertAction(tx, { delivery: sequence, lane, upstream, state: 'running', plannedFrom: 0 }, action);
  }
  await openLane(tx, lane, upstream, tx.now);
  if (alike !== undefined) await supersedeAlike(tx, lane, alike);
  if (delivery.kind === 'queued') return { id, duplicate: false };
  const claim = await claimInlineWork(tx, work, lane, delivery.owner, delivery.leaseMs);
  return { id, duplicate: false, ...(claim && { claim }) };
}

async function insertDelivery(tx: Transaction, delivery: NewDelivery): Promise<number> {
  const { receiver, request, kind } = delivery;
  const ended = kind === 'ignored' || kind === 'rejected';
  const first = ended ? kind : 'queued';
  const replayOf = delivery.replayOf === undefined ? null : requireSequence('delivery', delivery.replayOf);
  const content: DeliveryContent = {
    project_id: storable(delivery.projectId),
    receiver_id: storable(receiver.id),
    receiver_name: storable(receiver.name),
    receiver_key: storable(receiver.key),
    driver: storable(delivery.driver),
    kind,
    events: toJson(delivery.events),
    config: toJson(delivery.config),
    headers: toJson(request.headers),
    query: storable(request.query),
    body: request.body,
  };
  const [row] = await tx.all(
    `INSERT INTO deliveries (project_id, receiver_id, receiver_name, receiver_key, driver, kind, state, message, received_at,
      ended_at, duplicates, replay_of, requested_by, events, config, skipped, headers, query, body, checksum)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, '[]', $15, $16, $17, $18) RETURNING sequence`,
    content.project_id,
    content.receiver_id,
    content.receiver_name,
    content.receiver_key,
    content.driver,
    kind,
    first,
    storable(delivery.message ?? ''),
    delivery.receivedAt,
    ended ? tx.now : null,
    replayOf,
    delivery.requestedBy === undefined ? null : storable(delivery.requestedBy),
    content.events,
    content.config,
    content.headers,
    content.query,
    content.body,
    checksumOfDelivery(content),
  );
  if (row === undefined) throw new Error('the database gave no number to a delivery');
  const sequence = integer(row, 'sequence');
  const message = delivery.message ?? '';
  await addEvent(tx, { delivery: sequence, projectId: storable(delivery.projectId), type: 'state', state: first, message });
  return sequence;
}

/** By what pushes to one receiver are the same: of these the newest waits for its plan, and the others are superseded. */
async function planStreams(tx: Transaction, { events, projectId, anyTag = false }: NewDelivery): Promise<string[]> {
  // The newest may be on hold, and then is not what an older one has to give way to.
  const perTag = !anyTag || (await hasHolds(tx, projectId));
  const name = ({ registry = '', repository, tag }: ImageEvent): string => `${registry}/${repository}${perTag ? `:${tag}` : ''}`;
  return [...new Set(events.map(name))];
}

/** How far the clock of a registry may be ahead of ours, milliseconds. */
const clockLeewayMs = 5 * 60_000;

/**
 * When the newest image was pushed, if all tell. A replay counts as new: somebody asked for it. A time that has not come yet tells
 * nothing: whatever is pushed until then would be older.
 */
export function pushTime({
  events,
  replayOf,
  receivedAt,
}: Pick<NewDelivery, 'events' | 'replayOf' | 'receivedAt'>): number | undefined {
  const times = events.flatMap(({ pushedAt }) => (pushedAt === undefined ? [] : [toInteger(pushedAt)]));
  if (replayOf !== undefined || times.length === 0 || times.length < events.length) return undefined;
  const newest = Math.max(...times);
  return newest <= receivedAt + clockLeewayMs ? newest : undefined;
}

/** A sender may say anything; both databases keep integers below 2^53. */
function toInteger(time: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, Math.round(time)));
}

function laneOf({ kind, lane, projectId, receiver }: NewDelivery, sequence: number): string {
  if (kind === 'inline') return lane === undefined ? ownLane(sequence) : inlineLane(lane);
  return planLane(projectId, receiver.key);
}

/** The delivery that this one repeats, if it is a duplicate. */
async function findFirst(tx: Transaction, { receiver, identities }: NewDelivery): Promise<number | undefined> {
  for (const identity of identities.map(inIndex)) {
    const [row] = await tx.all(
      `SELECT i.delivery, i.accepted_at, d.state FROM identities i JOIN deliveries d ON d.sequence = i.delivery
      WHERE i.receiver_key = $1 AND i.identity = $2`,
      receiver.key,
      identity,
    );
    if (row === undefined || integer(row, 'accepted_at') <= tx.now - duplicateMs || repeatableEnds.includes(state(row))) continue;
    return integer(row, 'delivery');
  }
  return undefined;
}

/** PostgreSQL takes no long texts into an index. */
function inIndex(identity: string): string {
  return identity.length > 500 ? `sha256 ${crypto.hash('sha256', identity)}` : identity;
}

async function remember(tx: Transaction, key: string, identity: string, delivery: number): Promise<void> {
  await tx.run(
    `INSERT INTO identities (receiver_key, identity, delivery, accepted_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (receiver_key, identity) DO UPDATE SET delivery = excluded.delivery, accepted_at = excluded.accepted_at`,
    key,
    identity,
    delivery,
    tx.now,
  );
}

async function dropOldRejected(tx: Transaction, receiverKey: string): Promise<void> {
  const old = await tx.all(
    `SELECT sequence FROM deliveries WHERE receiver_key = $1 AND state = 'rejected'
    ORDER BY sequence DESC LIMIT 10 OFFSET ${rejectedPerReceiver}`,
    receiverKey,
  );
  for (const row of old) {
    const sequence = integer(row, 'sequence');
    await tx.run('DELETE FROM events WHERE delivery = $1', sequence);
    await tx.run('DELETE FROM deliveries WHERE sequence = $1', sequence);
  }
}
