import type { DeliveryState } from '../../framework/deliveries/delivery-record.ts';
import type { PlannedAction } from '../../framework/driver.ts';
import { checksumOfWork, type WorkContent } from './checksums.ts';
import { integer, storable, toJson } from './rows.ts';
import type { Transaction } from './transaction.ts';

export interface NewWork {
  readonly delivery: number;
  readonly kind: 'plan' | 'action' | 'inline';
  readonly state: DeliveryState;
  readonly message?: string;
  readonly lane: string;
  readonly upstream: string;
  readonly streams: readonly string[];
  readonly pushedAt?: number | undefined;
  readonly rank?: string | undefined;
  readonly action?: PlannedAction;
  /** When the target was read for the plan, or a moment before. */
  readonly plannedFrom: number;
  /** When it may be done, now where absent. Of inline work: until when somebody waits for it. */
  readonly readyAt?: number;
  /** Inline: the owner that waits for its turn. */
  readonly awaitedBy?: string;
  /** Plans: the same for deliveries of the same push. */
  readonly alike?: string;
}

export async function insertWork(tx: Transaction, work: NewWork): Promise<number> {
  const { action, delivery, kind, lane, upstream } = work;
  const content: WorkContent = {
    delivery,
    kind,
    lane,
    upstream,
    streams: toJson(work.streams),
    target: action === undefined ? null : storable(action.target),
    planned: action === undefined ? null : toJson(action),
  };
  const [row] = await tx.all(
    `INSERT INTO work (delivery, kind, state, message, lane, upstream, streams, pushed_at, rank, target, planned, step, ready_at,
      not_before, attempts, crashes, planned_from, created_at, awaited_by, alike,
      checksum)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, 0, 0, 0, $13, $14, $15, $16, $17) RETURNING id`,
    delivery,
    kind,
    work.state,
    storable(work.message ?? ''),
    lane,
    upstream,
    content.streams,
    work.pushedAt ?? null,
    work.rank ?? null,
    content.target,
    content.planned,
    work.readyAt ?? tx.now,
    work.plannedFrom,
    tx.now,
    work.awaitedBy ?? null,
    work.alike ?? null,
    checksumOfWork(content),
  );
  if (row === undefined) throw new Error('the database gave no number to a piece of work');
  return integer(row, 'id');
}

/** Inserts what is to be done to a target. */
export function insertAction(
  tx: Transaction,
  work: Pick<NewWork, 'delivery' | 'lane' | 'upstream' | 'state' | 'plannedFrom' | 'pushedAt' | 'message'>,
  action: PlannedAction,
  receiverKey = '',
): Promise<number> {
  return insertWork(tx, { ...work, kind: 'action', streams: streamsOf(action, receiverKey), rank: action.rank, action });
}

/** Receivers never supersede each other, even where they change the same container. */
export function streamsOf({ streams = [] }: PlannedAction, receiverKey: string): string[] {
  return streams.map((stream) => `${receiverKey} ${stream}`);
}
