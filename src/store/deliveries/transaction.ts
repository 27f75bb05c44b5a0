export type SqlValue = string | number | null | Uint8Array;

export type Row = Readonly<Record<string, SqlValue>>;

/**
 * One transaction on the deliveries' database. The SQL is what SQLite and PostgreSQL both understand, with `$1`, `$2` for the
 * parameters; every number is an integer below 2^53.
 *
 * What an operation reads stays as it is until its transaction ends: both databases carry them out as if one came after the other.
 */
export interface Transaction {
  /** The time by which leases are judged, milliseconds since 1970; on PostgreSQL its own, so that all replicas agree. */
  readonly now: number;
  /** The rows that a statement gives. */
  all(sql: string, ...parameters: readonly SqlValue[]): Promise<readonly Row[]>;
  /** @returns how many rows were changed. */
  run(sql: string, ...parameters: readonly SqlValue[]): Promise<number>;
  /** What the database takes on disk, less what is free in it, bytes. */
  usedBytes(): Promise<number>;
}
