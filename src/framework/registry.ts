import { ServiceError, type ErrorCode } from './errors.ts';

/** An immutable table from wire id to implementation. */
export interface Registry<T> {
  readonly all: readonly T[];
  find(id: string): T | undefined;
  /** @throws ServiceError with `code` and the text `unknown(id)`. */
  require(id: string, code: ErrorCode, unknown: (id: string) => string): T;
}

/**
 * @param entries the implementations, in the order in which they are shown.
 * @param idOf the wire id of an implementation; a second one with the same id is a programming error and throws.
 */
export function createRegistry<T>(entries: readonly T[], idOf: (entry: T) => string): Registry<T> {
  const byId = new Map<string, T>();
  for (const entry of entries) {
    if (byId.has(idOf(entry))) throw new Error(`two implementations are registered as ${idOf(entry)}`);
    byId.set(idOf(entry), entry);
  }
  const find = (id: string): T | undefined => byId.get(id);
  return Object.freeze({
    all: Object.freeze([...entries]),
    find,
    require(id: string, code: ErrorCode, unknown: (id: string) => string): T {
      const entry = find(id);
      if (entry === undefined) throw new ServiceError(code, unknown(id));
      return entry;
    },
  });
}
