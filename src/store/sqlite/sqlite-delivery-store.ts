import { type DeliveryStore, type StoreHealth, StoreUnavailableError } from '../../framework/deliveries/delivery-store.ts';
import type { Log } from '../../framework/log.ts';
import type { OperationName } from '../deliveries/operations.ts';
import { CallQueue } from './call-queue.ts';
import { WorkerSession } from './worker-session.ts';

export interface SqliteDeliveryStoreOptions {
  /** Made if it is not there; SQLite keeps a second file beside it, with `-wal` at its end. */
  readonly file: string;
  readonly log: Pick<Log, 'info' | 'error'>;
}

/** How soon a file that failed is opened again, milliseconds. */
const reopenMs = 1_000;
/** A file that fails for the same reason again within this time, as on a full disk, is not told of again, milliseconds. */
const quietMs = 60_000;

/**
 * Opens the deliveries of a single process in one file.
 * @throws StoreUnavailableError that says what is wrong with the file and what to do.
 */
export async function openSqliteDeliveryStore(options: SqliteDeliveryStoreOptions): Promise<SqliteDeliveryStore> {
  const store = new SqliteDeliveryStore(options);
  await store.open();
  return store;
}

/**
 * The delivery store in one SQLite file. A thread of its own writes the file, and commits together what was asked for while it
 * wrote before. After a failure every call is refused at once, until the file could be opened again and was found whole.
 */
export class SqliteDeliveryStore implements DeliveryStore {
  readonly accept = this.#operation('accept');
  readonly claim = this.#operation('claim');
  readonly claimInline = this.#operation('claimInline');
  readonly renew = this.#operation('renew');
  readonly release = this.#operation('release');
  readonly endAllLeases = this.#operation('endAllLeases');
  readonly recordPlan = this.#operation('recordPlan');
  readonly judgePlan = this.#operation('judgePlan');
  readonly replacePlannedAction = this.#operation('replacePlannedAction');
  readonly recordStep = this.#operation('recordStep');
  readonly end = this.#operation('end');
  readonly postpone = this.#operation('postpone');
  readonly clearCrashes = this.#operation('clearCrashes');
  readonly wake = this.#operation('wake');
  readonly cancel = this.#operation('cancel');
  readonly decide = this.#operation('decide');
  readonly hold = this.#operation('hold');
  readonly releaseHold = this.#operation('releaseHold');
  readonly get = this.#operation('get');
  readonly list = this.#operation('list');
  readonly events = this.#operation('events');
  readonly recentReceivers = this.#operation('recentReceivers');
  readonly getTarget = this.#operation('getTarget');
  readonly listTargets = this.#operation('listTargets');
  readonly getForReplay = this.#operation('getForReplay');
  readonly prune = this.#operation('prune');

  readonly #options: SqliteDeliveryStoreOptions;
  readonly #queue = new CallQueue();
  /** Undefined while calls are taken. */
  #refusal: string | undefined = 'the delivery store is not open yet';
  /** The file was found damaged. */
  #suspect = false;
  #closing = false;
  #reopening: NodeJS.Timeout | undefined;
  #session: WorkerSession | undefined;
  #opening: Promise<void> | undefined;
  #onEnd: (() => void) | undefined;
  #lastFailure: { readonly reason: string; readonly at: number } | undefined;

  constructor(options: SqliteDeliveryStoreOptions) {
    this.#options = options;
  }

  /** Resolves at once: the line is written along with whatever is written next. */
  // oxlint-disable-next-line require-await
  readonly recordProgress: DeliveryStore['recordProgress'] = async (...args) => {
    this.#requireOpen();
    this.#queue.addForLater({ name: 'recordProgress', args });
  };

  health(): StoreHealth {
    return this.#refusal === undefined ? { available: true } : { available: false, reason: this.#refusal };
  }

  /** @throws StoreUnavailableError */
  open(): Promise<void> {
    this.#opening = new Promise((resolve, reject) => {
      const start = { file: this.#options.file, suspect: this.#suspect };
      const session = new WorkerSession(start, {
        opened: () => {
          this.#session = session;
          this.#suspect = false;
          this.#refusal = undefined;
          this.#queue.start(session);
          resolve();
        },
        ran: (outcomes) => this.#queue.settle(outcomes),
        ended: (failure) => {
          this.#suspect ||= failure?.damaged === true;
          const wasOpen = this.#session === session;
          this.#session = undefined;
          this.#refuse(failure?.reason ?? 'the delivery store is closed');
          this.#onEnd?.();
          if (!wasOpen) reject(new StoreUnavailableError(this.#refusal));
          else if (failure !== undefined) this.#recover(failure.reason);
        },
      });
    });
    return this.#opening;
  }

  /** Writes what was asked for so far, and closes the file. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#reopening);
    if (this.#session === undefined) await this.#opening?.catch(() => undefined);
    const session = this.#session;
    if (session !== undefined) {
      this.#queue.flush();
      this.#refusal = 'the delivery store is closed';
      await new Promise<void>((resolve) => {
        this.#onEnd = resolve;
        session.close();
      });
    }
    this.#refuse('the delivery store is closed');
  }

  #operation<Name extends Exclude<OperationName, 'recordProgress'>>(name: Name): DeliveryStore[Name] {
    const call = async (...args: readonly unknown[]): Promise<unknown> => {
      this.#requireOpen();
      return await this.#queue.add({ name, args });
    };
    return call as DeliveryStore[Name];
  }

  #requireOpen(): void {
    if (this.#refusal !== undefined) throw new StoreUnavailableError(this.#refusal);
  }

  #refuse(reason: string): void {
    this.#refusal = reason;
    this.#queue.stop(reason);
  }

  #recover(reason: string): void {
    if (this.#closing) return;
    const last = this.#lastFailure;
    const told = last?.reason === reason && performance.now() - last.at < quietMs;
    this.#lastFailure = { reason, at: performance.now() };
    if (!told) this.#options.log.error('the delivery store is unavailable', { reason });
    const reopen = async (): Promise<void> => {
      const startedAt = performance.now();
      try {
        await this.open();
        if (!told) this.#options.log.info('the delivery store is available again');
      } catch {
        again(performance.now() - startedAt);
      }
    };
    const again = (tookMs: number): void => {
      // A damaged file is checked as a whole each time.
      const waitMs = Math.max(reopenMs, 5 * tookMs);
      if (!this.#closing) this.#reopening = setTimeout(() => void reopen(), waitMs).unref();
    };
    again(0);
  }
}
