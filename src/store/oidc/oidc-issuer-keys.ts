import type { KeyObject } from 'node:crypto';
import { coerceError, ServiceError } from '../../framework/errors.ts';
import { LruMap } from '../../framework/lru-map.ts';
import type { IssuerKeys } from '../../framework/sender-authenticity/oidc-token.ts';
import { fetchKeySet } from './fetch-key-set.ts';

/** For how long keys are used without asking again, milliseconds. */
const freshMs = 3_600_000;
/** For how long they are used while the issuer cannot be asked, milliseconds. */
const staleMs = 24 * 3_600_000;
/** How often an issuer is asked at most, where a key is unknown or it failed, milliseconds. */
const restMs = 60_000;
/** The same, where nothing is known of it, milliseconds. */
const firstRestMs = 5_000;
/** More issuers than an operator may list. */
const maxIssuers = 100;

interface Entry {
  keys: ReadonlyMap<string, KeyObject>;
  /** When `keys` came. */
  fetchedAt: number;
  /** When the issuer was asked last. */
  askedAt: number;
  failure?: Error;
  running?: Promise<void>;
}

/** The keys of issuers, fetched when they are first needed and remembered. Of one issuer one call is made at a time. */
export class OidcIssuerKeys implements IssuerKeys {
  readonly #entries = new LruMap<string, Entry>(maxIssuers);
  readonly #fetch: typeof fetchKeySet;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(fetch: typeof fetchKeySet = fetchKeySet, now: () => number = () => performance.now()) {
    this.#fetch = fetch;
    this.#now = now;
  }

  async find(issuer: string, keyId: string): Promise<KeyObject | undefined> {
    const entry = this.#entryOf(issuer);
    const isFresh = this.#now() - entry.fetchedAt < freshMs;
    if (!(isFresh && entry.keys.has(keyId)) && this.#mayAsk(entry)) await this.#ask(issuer, entry);
    const isUsable = this.#now() - entry.fetchedAt < staleMs;
    const key = isUsable ? entry.keys.get(keyId) : undefined;
    // Nobody can tell whether an issuer that does not answer has made a new key.
    if (key === undefined && entry.failure !== undefined) throw this.#unavailable(issuer, entry, entry.failure);
    return key;
  }

  #entryOf(issuer: string): Entry {
    const known = this.#entries.get(issuer);
    if (known !== undefined) return known;
    const entry: Entry = { keys: new Map(), fetchedAt: -Infinity, askedAt: -Infinity };
    this.#entries.set(issuer, entry);
    return entry;
  }

  #mayAsk(entry: Entry): boolean {
    return entry.running !== undefined || this.#now() - entry.askedAt >= restOf(entry);
  }

  #ask(issuer: string, entry: Entry): Promise<void> {
    entry.running ??= this.#refresh(issuer, entry).finally(() => {
      delete entry.running;
    });
    return entry.running;
  }

  async #refresh(issuer: string, entry: Entry): Promise<void> {
    entry.askedAt = this.#now();
    try {
      entry.keys = await this.#fetch(issuer);
      entry.fetchedAt = this.#now();
      delete entry.failure;
    } catch (thrown) {
      entry.failure = coerceError(thrown);
    }
  }

  #unavailable(issuer: string, entry: Entry, cause: Error): ServiceError {
    const waitMs = entry.askedAt + restOf(entry) - this.#now();
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    const message = `The keys of ${issuer} cannot be fetched, so its tokens cannot be verified now: ${reasonOf(cause)}`;
    return new ServiceError('Unavailable', message, { cause, retryAfterSeconds });
  }
}

function restOf({ keys }: Entry): number {
  return keys.size > 0 ? restMs : firstRestMs;
}

/** Node's code where there is one: its texts may name addresses inside. */
function reasonOf(error: Error): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'no answer in time';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof SyntaxError ? 'the answer is no JSON' : error.message;
}
