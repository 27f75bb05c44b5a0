import type {
  ActionRecord,
  AttemptRecord,
  DeliveryEvent,
  DeliveryRecord,
  DeliveryState,
  DeliverySummary,
} from '../../framework/deliveries/delivery-record.ts';
import type { DeliveryQuery, EventQuery, KnownReceiver, ReplayedDelivery } from '../../framework/deliveries/delivery-store.ts';
import type { PlannedAction, RolloutProgress } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { isDeliveryWhole } from './checksums.ts';
import { awaitsOf } from './decisions.ts';
import { bytes, idOf, integer, json, jsonOr, optionalInteger, optionalText, sequenceOf, state, text } from './rows.ts';
import type { Row, SqlValue, Transaction } from './transaction.ts';

/** What can be decided about a delivery that has not ended, if anything. */
const awaited = `CASE WHEN ended_at IS NULL THEN (SELECT min(awaits) FROM work WHERE delivery = deliveries.sequence
    AND ended_at IS NULL AND decision IS NULL) END AS awaits`;

const summaryColumns = `sequence, project_id, receiver_id, receiver_name, receiver_key, driver, state, message, received_at,
  ended_at, duplicates, superseded_by, replay_of, requested_by, events, ${awaited}`;

export async function list(tx: Transaction, query: DeliveryQuery): Promise<DeliverySummary[]> {
  const parameters: SqlValue[] = [];
  const bind = (value: SqlValue): string => `$${parameters.push(value)}`;
  const conditions = [`project_id = ${bind(query.projectId)}`];
  if (query.states) conditions.push(`state IN (${query.states.map(bind).join(', ') || 'NULL'})`);
  if (query.receiverId !== undefined) conditions.push(`receiver_id = ${bind(query.receiverId)}`);
  if (query.driver !== undefined) conditions.push(`driver = ${bind(query.driver)}`);
  if (query.since !== undefined) conditions.push(`received_at >= ${bind(query.since)}`);
  if (query.until !== undefined) conditions.push(`received_at < ${bind(query.until)}`);
  const newestFirst = query.order === 'desc';
  if (query.marker !== undefined) {
    const marker = sequenceOf('delivery', query.marker);
    if (marker === undefined) return [];
    conditions.push(`sequence ${newestFirst ? '<' : '>'} ${bind(marker)}`);
  }
  const rows = await tx.all(
    `SELECT ${summaryColumns} FROM deliveries WHERE ${conditions.join(' AND ')}
    ORDER BY sequence ${newestFirst ? 'DESC' : 'ASC'} LIMIT ${bind(query.limit)}`,
    ...parameters,
  );
  return rows.map(toSummary);
}

export async function get(tx: Transaction, projectId: string, deliveryId: string): Promise<DeliveryRecord | undefined> {
  const row = await find(tx, projectId, deliveryId);
  if (row === undefined) return undefined;
  const actions: ActionRecord[] = [];
  for (const work of await actionRows(tx, row)) actions.push(await toAction(tx, work));
  return { ...toSummary(row), request: toRequest(row), skipped: jsonOr(row, 'skipped', []), actions };
}

export async function getForReplay(
  tx: Transaction,
  projectId: string,
  deliveryId: string,
): Promise<ReplayedDelivery | undefined> {
  const row = await find(tx, projectId, deliveryId);
  if (row === undefined) return undefined;
  if (!isDeliveryWhole(row)) throw new ServiceError('Conflict', `What is stored of delivery ${deliveryId} is damaged`);
  const interrupted = text(row, 'kind') === 'inline' && state(row) === 'interrupted';
  const actions = interrupted ? await actionRows(tx, row) : [];
  return {
    summary: toSummary(row),
    request: toRequest(row),
    // What was done before is not done over what others may have made of it since.
    actions: actions.filter((work) => state(work) === 'interrupted').map((work) => json<PlannedAction>(work, 'planned')),
  };
}

export async function events(tx: Transaction, query: EventQuery): Promise<DeliveryEvent[]> {
  const parameters: SqlValue[] = [];
  const bind = (value: SqlValue): string => `$${parameters.push(value)}`;
  const conditions = [`e.id > ${bind(query.after)}`];
  if (query.projectId !== undefined) conditions.push(`e.project_id = ${bind(query.projectId)}`);
  if (query.deliveryId !== undefined) conditions.push(`e.delivery = ${bind(sequenceOf('delivery', query.deliveryId) ?? 0)}`);
  const rows = await tx.all(
    `SELECT e.id, e.at, e.delivery, e.project_id, e.work, e.type, e.state, e.message, e.rollout, d.receiver_id, d.receiver_name, w.target
    FROM events e JOIN deliveries d ON d.sequence = e.delivery LEFT JOIN work w ON w.id = e.work
    WHERE ${conditions.join(' AND ')} ORDER BY e.id LIMIT ${bind(query.limit)}`,
    ...parameters,
  );
  return rows.map(toEvent);
}

export async function recentReceivers(tx: Transaction, deliveries: number): Promise<KnownReceiver[]> {
  const rows = await tx.all(
    `SELECT DISTINCT project_id, receiver_key
    FROM (SELECT project_id, receiver_key FROM deliveries ORDER BY sequence DESC LIMIT $1) AS recent`,
    deliveries,
  );
  return rows.map((row) => ({ projectId: text(row, 'project_id'), keyHash: text(row, 'receiver_key') }));
}

async function find(tx: Transaction, projectId: string, deliveryId: string): Promise<Row | undefined> {
  const sequence = sequenceOf('delivery', deliveryId);
  if (sequence === undefined) return undefined;
  const [row] = await tx.all(`SELECT *, ${awaited} FROM deliveries WHERE sequence = $1 AND project_id = $2`, sequence, projectId);
  return row;
}

function actionRows(tx: Transaction, delivery: Row): Promise<readonly Row[]> {
  return tx.all(`SELECT * FROM work WHERE delivery = $1 AND kind = 'action' ORDER BY id`, integer(delivery, 'sequence'));
}

async function toAction(tx: Transaction, work: Row): Promise<ActionRecord> {
  const id = integer(work, 'id');
  const attempts = await tx.all('SELECT * FROM attempts WHERE work = $1 ORDER BY fence', id);
  const endedAt = optionalInteger(work, 'ended_at');
  const supersededBy = optionalInteger(work, 'superseded_by');
  const waits = text(work, 'state') === 'waiting' && integer(work, 'attempts') > 0;
  return {
    ...jsonOr<PlannedAction>(work, 'planned', { target: text(work, 'target'), description: '', input: {} }),
    id: idOf('action', id),
    state: state(work),
    message: text(work, 'message'),
    step: text(work, 'step'),
    attempts: attempts.map(toAttempt),
    createdAt: integer(work, 'created_at'),
    ...(endedAt !== undefined && { endedAt }),
    ...(waits && { nextAttemptAt: integer(work, 'ready_at') }),
    ...(supersededBy !== undefined && { supersededBy: idOf('delivery', supersededBy) }),
  };
}

function toAttempt(row: Row): AttemptRecord {
  const endedAt = optionalInteger(row, 'ended_at');
  const outcome = optionalText(row, 'outcome');
  return {
    number: integer(row, 'number'),
    startedAt: integer(row, 'started_at'),
    ...(endedAt !== undefined && { endedAt }),
    ...(outcome !== undefined && { outcome }),
    message: text(row, 'message'),
  };
}

function toRequest(row: Row): DeliveryRecord['request'] {
  return { headers: jsonOr(row, 'headers', {}), query: text(row, 'query'), body: bytes(row, 'body') };
}

function toSummary(row: Row): DeliverySummary {
  const endedAt = optionalInteger(row, 'ended_at');
  const supersededBy = optionalInteger(row, 'superseded_by');
  const replayOf = optionalInteger(row, 'replay_of');
  const requestedBy = optionalText(row, 'requested_by');
  const awaits = awaitsOf(row);
  return {
    id: idOf('delivery', integer(row, 'sequence')),
    projectId: text(row, 'project_id'),
    receiver: { id: text(row, 'receiver_id'), name: text(row, 'receiver_name'), key: text(row, 'receiver_key') },
    driver: text(row, 'driver'),
    state: state(row),
    message: text(row, 'message'),
    receivedAt: integer(row, 'received_at'),
    ...(endedAt !== undefined && { endedAt }),
    events: jsonOr(row, 'events', []),
    duplicates: integer(row, 'duplicates'),
    ...(supersededBy !== undefined && { supersededBy: idOf('delivery', supersededBy) }),
    ...(replayOf !== undefined && { replayOf: idOf('delivery', replayOf) }),
    ...(requestedBy !== undefined && { requestedBy }),
    ...(awaits.length > 0 && { awaits }),
  };
}

function toEvent(row: Row): DeliveryEvent {
  const work = optionalInteger(row, 'work');
  const target = optionalText(row, 'target');
  const eventState = optionalText(row, 'state');
  const rollout =
    optionalText(row, 'rollout') === undefined ? undefined : jsonOr<RolloutProgress | undefined>(row, 'rollout', undefined);
  return {
    id: integer(row, 'id'),
    at: integer(row, 'at'),
    deliveryId: idOf('delivery', integer(row, 'delivery')),
    projectId: text(row, 'project_id'),
    receiver: { id: text(row, 'receiver_id'), name: text(row, 'receiver_name') },
    ...(work !== undefined && { actionId: idOf('action', work) }),
    ...(target !== undefined && { target }),
    type: text(row, 'type') === 'state' ? 'state' : 'progress',
    ...(eventState !== undefined && { state: eventState as DeliveryState }),
    message: text(row, 'message'),
    ...(rollout && { rollout }),
  };
}
