import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import { coerceError } from '../../framework/errors.ts';

/** Primary result codes of SQLite that say something of the file or the disk, not of a statement: https://sqlite.org/rescode.html */
const code = {
  perm: 3,
  busy: 5,
  noMemory: 7,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  notADatabase: 26,
};
const failures: ReadonlySet<number> = new Set(Object.values(code));

/** A file that will not get better by waiting. */
export class DamagedFileError extends StoreUnavailableError {}

/** What a person can do about a file that is damaged. */
export function damaged(file: string, detail: string): DamagedFileError {
  return new DamagedFileError(
    `${file} is damaged (${detail}). Stop the service, move ${file} and ${file}-wal aside, and put a backup in their place or ` +
      'start without: the history of deliveries, and whatever still waited in the file, is lost then',
  );
}

/** For errors that no statement is to blame for. */
export function unusable(file: string, thrown: unknown): StoreUnavailableError {
  const cause = coerceError(thrown);
  return databaseFailure(cause, file) ?? new StoreUnavailableError(`${file} cannot be used: ${cause.message}`, { cause });
}

/** For errors while the file is opened: what SQLite cannot make sense of then is damage, whatever it calls it. */
export function openingFailure(file: string, thrown: unknown): StoreUnavailableError {
  const result = resultCode(thrown);
  return result === undefined || failures.has(result.primary) ? unusable(file, thrown) : damaged(file, result.text);
}

/** The failure of the file or the disk that an error stands for, with what to do; undefined for any other error. */
export function databaseFailure(thrown: unknown, file: string): StoreUnavailableError | undefined {
  if (thrown instanceof StoreUnavailableError) return thrown;
  const result = resultCode(thrown);
  if (result === undefined || !failures.has(result.primary)) return undefined;
  return explain(result.primary, `${result.text}, SQLite's code ${result.extended}`, file);
}

function explain(primary: number, detail: string, file: string): StoreUnavailableError {
  if (primary === code.corrupt || primary === code.notADatabase) return damaged(file, detail);
  if (primary === code.busy) {
    return new StoreUnavailableError(
      `${file} is in use by another process: stop that one, choose another folder with --data-dir (WEBHOOK_DATA_DIR), or use ` +
        'PostgreSQL (DATABASE_URL), which several replicas can share',
    );
  }
  if (primary === code.full) return new StoreUnavailableError(`the disk of ${file} is full: make room on it (${detail})`);
  if (primary === code.perm || primary === code.readOnly || primary === code.cannotOpen) {
    return new StoreUnavailableError(`${file} cannot be written: check who owns it, its mode and its folder (${detail})`);
  }
  return new StoreUnavailableError(`${file} cannot be read or written: check the disk (${detail})`);
}

function resultCode(thrown: unknown): { primary: number; extended: number; text: string } | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return undefined;
  return { primary: thrown.errcode & 0xff, extended: thrown.errcode, text: thrown.message };
}
