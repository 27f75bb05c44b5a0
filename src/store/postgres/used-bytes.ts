import type { Row, Transaction } from '../deliveries/transaction.ts';

/** Our large tables, each with the columns whose size varies. */
const tables: readonly (readonly [string, readonly string[]])[] = [
  ['deliveries', ['receiver_name', 'message', 'events', 'config', 'skipped', 'headers', 'query', 'body']],
  ['work', ['message', 'lane', 'streams', 'target', 'planned', 'step']],
  ['attempts', ['message']],
  ['events', ['message']],
  ['identities', ['identity']],
  ['lanes', ['name']],
];
/** Below this nobody's budget is used up, and what is free need not be known. */
const small = 16 * 1024 * 1024;
/** What a row takes beside those columns, with its head and its entries in the indexes, bytes. */
const perRow = 250;
const sampledRows = 2_000;

/**
 * What our tables take on disk, less what is free in them. PostgreSQL keeps the room of deleted rows for later ones, and without
 * an extension nobody learns how much that is. So the size of the rows is estimated from a sample, and the smaller of the two
 * figures is taken.
 */
export async function usedBytes(tx: Transaction): Promise<number> {
  const [total] = await tx.all(
    `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'`,
  );
  const onDisk = numberIn(total, 'bytes');
  if (onDisk <= small) return onDisk;
  let inRows = 0;
  for (const [table, columns] of tables) inRows += await rowBytes(tx, table, columns);
  return Math.min(onDisk, Math.round(inRows));
}

async function rowBytes(tx: Transaction, table: string, columns: readonly string[]): Promise<number> {
  const [counted] = await tx.all(`SELECT count(*) AS number FROM ${table}`);
  const number = numberIn(counted, 'number');
  if (number === 0) return 0;
  const percent = Math.min(100, (sampledRows / number) * 100);
  const widths = columns.map((column) => `coalesce(pg_column_size(${column}), 0)`).join(' + ');
  const [sample] = await tx.all(
    `SELECT count(*) AS number, coalesce(sum(${widths}), 0)::bigint AS bytes FROM ${table} TABLESAMPLE SYSTEM ($1::float8)`,
    String(percent),
  );
  const sampled = numberIn(sample, 'number');
  const average = sampled === 0 ? 0 : numberIn(sample, 'bytes') / sampled;
  return (average + perRow) * number;
}

function numberIn(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
