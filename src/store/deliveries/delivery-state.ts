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
  const work = await tx.all(
    'SELECT kind, state, message, attempts, superseded_by FROM work WHERE delivery = $1 ORDER BY id',
    delivery,
  );
  const derived = derive(work);
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

function derive(work: readonly Row[]): Derived {
  const main = work.find((row) => text(row, 'kind') !== 'action');
  const actions = work.filter((row) => text(row, 'kind') === 'action');
  if (main !== undefined && !isEnded(state(main))) {
    const message = text(main, 'message');
    if (text(main, 'state') === 'running') return { state: 'running', message, supersededBy: undefined };
    // Put back to wait, it has a message, also where that did not count as an attempt.
    const untouched = integer(main, 'attempts') === 0 && message === '';
    return { state: untouched ? 'queued' : 'waiting', message, supersededBy: undefined };
  }
  const decided = stateOfDelivery(actions.map(state)) ?? (main === undefined ? 'ignored' : state(main));
  const deciding = actions.find((row) => state(row) === decided) ?? main;
  const message = deciding === undefined ? '' : text(deciding, 'message');
  return {
    state: decided,
    message: actions.length > 1 ? `${counts(actions)}${message === '' ? '' : `: ${message}`}` : message,
    supersededBy: decided === 'superseded' && deciding !== undefined ? optionalInteger(deciding, 'superseded_by') : undefined,
  };
}

/** `299 succeeded, 2 failed` */
function counts(actions: readonly Row[]): string {
  const numbers = new Map<string, number>();
  for (const row of actions) numbers.set(state(row), (numbers.get(state(row)) ?? 0) + 1);
  return [...numbers].map(([name, number]) => `${number} ${name}`).join(', ');
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
