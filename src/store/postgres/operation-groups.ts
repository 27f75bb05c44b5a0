import { StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import type { Transaction } from '../deliveries/transaction.ts';
import type { Isolation, PostgresDatabase } from './postgres-database.ts';
import { PostgresFailure } from './postgres-failure.ts';
import type { PostgresTransaction } from './postgres-transaction.ts';

/** Longest wait of a caller, milliseconds. */
const callMs = 10_000;
/** Further callers are refused: they would wait in vain, and their requests take memory. */
const mostWaiting = 10_000;
/** More calls join a group that is under way for so long, milliseconds; after that others want their turn. */
const joinMs = 15;

interface Call {
  readonly operation: (transaction: Transaction) => Promise<unknown>;
  readonly names: readonly string[];
  readonly settle: (outcome: Outcome) => void;
}

type Outcome = { readonly value: unknown } | { readonly error: Error };

export interface GroupSettings {
  /** `beside`: excludes calls with the same names. */
  readonly kind: Isolation['kind'];
  /** How many groups there may be at once. */
  readonly groups: number;
  /** Most calls of one group. */
  readonly size: number;
}

/** Carries out calls in groups: those that wait share one transaction, and with it one write to the server's disk. */
export class OperationGroups {
  readonly #database: PostgresDatabase;
  readonly #settings: GroupSettings;
  readonly #waiting = new Set<Call>();
  readonly #running = new Set<Promise<void>>();

  constructor(database: PostgresDatabase, settings: GroupSettings) {
    this.#database = database;
    this.#settings = settings;
  }

  /**
   * Resolves with what an operation returns, once it is on disk. It may be run several times, but only one of them counts.
   * @throws StoreUnavailableError, after ten seconds at the latest, and what the operation throws.
   */
  run<T>(operation: (transaction: Transaction) => Promise<T>, names: readonly string[] = []): Promise<T> {
    if (this.#waiting.size >= mostWaiting) {
      return Promise.reject(new StoreUnavailableError('too much waits for PostgreSQL already'));
    }
    return new Promise<T>((resolve, reject) => {
      const call: Call = {
        operation,
        names,
        settle: (outcome) => {
          clearTimeout(timer);
          if ('value' in outcome) resolve(outcome.value as T);
          else reject(outcome.error);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(call);
        call.settle({ error: new StoreUnavailableError('PostgreSQL does not answer') });
      }, callMs);
      this.#waiting.add(call);
      this.#start();
    });
  }

  /** Resolves when nothing waits or is under way. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #start(): void {
    if (this.#waiting.size === 0 || this.#running.size >= this.#settings.groups) return;
    const group = this.#runGroup().finally(() => {
      this.#running.delete(group);
      this.#start();
    });
    this.#running.add(group);
  }

  async #runGroup(): Promise<void> {
    const calls = this.#take(this.#settings.size);
    try {
      this.#settle(calls, await this.#transact(calls, this.#settings.kind === 'alone'));
    } catch (thrown) {
      if (calls.length === 1 || thrown instanceof StoreUnavailableError) {
        for (const call of calls) call.settle({ error: toError(thrown) });
      } else {
        for (const call of calls) await this.#runAlone(call);
      }
    }
  }

  async #runAlone(call: Call): Promise<void> {
    try {
      this.#settle([call], await this.#transact([call], false));
    } catch (thrown) {
      call.settle({ error: toError(thrown) });
    }
  }

  /** @param calls grows by those that join, where that is possible. @throws what the first call threw that wrote something. */
  #transact(calls: Call[], joinable: boolean): Promise<Outcome[]> {
    const { kind, size } = this.#settings;
    const isolation: Isolation = kind === 'beside' ? { kind, names: calls.flatMap(({ names }) => names) } : { kind };
    return this.#database.transaction(isolation, async (transaction) => {
      if (kind === 'beside') return sideBySide(calls, transaction);
      const outcomes: Outcome[] = [];
      const end = performance.now() + joinMs;
      for (let index = 0; index < size; index++) {
        if (index === calls.length && joinable && performance.now() < end) calls.push(...this.#take(1));
        const call = calls[index];
        if (call === undefined) break;
        outcomes.push(await attempt(call, transaction));
      }
      return outcomes;
    });
  }

  #take(number: number): Call[] {
    const calls = [...this.#waiting].slice(0, number);
    for (const call of calls) this.#waiting.delete(call);
    return calls;
  }

  #settle(calls: readonly Call[], outcomes: readonly Outcome[]): void {
    for (const [index, call] of calls.entries()) {
      const outcome = outcomes[index];
      if (outcome !== undefined) call.settle(outcome);
    }
  }
}

/** A call that refused before it wrote anything does the others of its group no harm. */
async function attempt(call: Call, transaction: PostgresTransaction): Promise<Outcome> {
  const before = transaction.wrote;
  transaction.wrote = false;
  try {
    return { value: await call.operation(transaction) };
  } catch (thrown) {
    if (thrown instanceof PostgresFailure || transaction.wrote) throw thrown;
    return { error: toError(thrown) };
  } finally {
    transaction.wrote ||= before;
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Calls that have no name in common run at the same time: the connection takes their statements without waiting for answers. */
async function sideBySide(calls: readonly Call[], transaction: PostgresTransaction): Promise<Outcome[]> {
  const last = new Map<string, Promise<unknown>>();
  const failures: unknown[] = [];
  const attempts = calls.map((call) => {
    const before = call.names.flatMap((name) => last.get(name) ?? []);
    const outcome = Promise.all(before)
      .then(() => attempt(call, transaction.another()))
      .catch((thrown: unknown) => {
        failures.push(thrown);
        return { error: toError(thrown) };
      });
    for (const name of call.names) last.set(name, outcome);
    return outcome;
  });
  const outcomes = await Promise.all(attempts);
  // What fails after the first failure fails because of it.
  if (failures.length > 0) throw toError(failures[0]);
  return outcomes;
}
