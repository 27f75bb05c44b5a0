import { type DeliveryState, isEnded, stateOfDelivery } from '../../framework/deliveries/delivery-record.ts';
import type { RolloutProgress } from '../../framework/driver.ts';
import { integer, optionalInteger, state, storable, text, toJson } from './rows.ts';
import type { Row, Transaction } from './transaction.ts';

interface Derived {
  readonly state: DeliveryState;
  readonly message: string;
  /** The delivery that took its place. */
  readonly supersededBy: number | undefined;
}

/** Gives a delivery the state that follows from its work, and tells of it if that is news. */
export async function refreshDelivery(tx: Transaction, delivery: number): Promise<void> {
  const derived = await derive(tx, delivery);
  const [row] = await tx.all('SELECT state, message, project_id FROM deliveries WHERE sequence = $1', delivery);
  if (row === undefined || (state(row) === derived.state && text(row, 'message') === derived.message)) return;
  await tx.run(
    'UPDATE deliveries SET state = $2, message = $3, ended_at = $4, superseded_by = $5 WHERE sequence = $1',
    delivery,
    derived.state,
    storable(derived.message),
    isEnded(derived.state) ? tx.now : null,
    derived.supersededBy ?? null,
  );
  if (state(row) === derived.state) return;
  await addEvent(tx, {
    delivery,
    projectId: text(row, 'project_id'),
    type: 'state',
    state: derived.state,
    message: derived.message,
  });
}

async function derive(tx: Transaction, delivery: number): Promise<Derived> {
  const [main] = await tx.all(
    `SELECT state, message, attempts, superseded_by FROM work WHERE delivery = $1 AND kind <> 'action' ORDER BY id LIMIT 1`,
    delivery,
  );
  if (main !== undefined && !isEnded(state(main))) {
    const message = text(main, 'message');
    if (text(main, 'state') === 'running') return { state: 'running', message, supersededBy: undefined };
    // Put back to wait, it has a message, also where that did not count as an attempt.
    const untouched = integer(main, 'attempts') === 0 && message === '';
    return { state: untouched ? 'queued' : 'waiting', message, supersededBy: undefined };
  }
  // Counted by the database: a delivery may have a thousand actions, each of which comes here several times.
  const counted = await tx.all(
    `SELECT state, count(*) AS number, min(id) AS first_id FROM work WHERE delivery = $1 AND kind = 'action'
    GROUP BY state ORDER BY first_id`,
    delivery,
  );
  const decided = stateOfDelivery(counted.map(state)) ?? (main === undefined ? 'ignored' : state(main));
  const first = counted.find((row) => state(row) === decided);
  const [action] =
    first === undefined ? [] : await tx.all('SELECT message, superseded_by FROM work WHERE id = $1', integer(first, 'first_id'));
  const deciding = action ?? main;
  const message = deciding === undefined ? '' : text(deciding, 'message');
  const isSeveral = counted.reduce((sum, row) => sum + integer(row, 'number'), 0) > 1;
  return {
    state: decided,
    message: isSeveral ? `${counts(counted)}${message === '' ? '' : `: ${message}`}` : message,
    supersededBy: decided === 'superseded' && deciding !== undefined ? optionalInteger(deciding, 'superseded_by') : undefined,
  };
}

/** `299 succeeded, 2 failed` */
function counts(counted: readonly Row[]): string {
  return counted.map((row) => `${integer(row, 'number')} ${state(row)}`).join(', ');
}

interface NewEvent {
  readonly delivery: number;
  readonly projectId: string;
  readonly work?: number;
  readonly type: 'state' | 'progress';
  readonly state?: DeliveryState;
  readonly message: string;
  readonly rollout?: RolloutProgress;
}

export async function addEvent(tx: Transaction, event: NewEvent): Promise<void> {
  await tx.run(
    'INSERT INTO events (delivery, project_id, work, at, type, state, message, rollout) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
    event.delivery,
    event.projectId,
    event.work ?? null,
    tx.now,
    event.type,
    event.state ?? null,
    storable(event.message),
    event.rollout ? toJson(event.rollout) : null,
  );
}
