import { Worker } from 'node:worker_threads';
import type { FromWorker, Outcome, ToWorker, WorkerStart } from './worker-messages.ts';

/** What the owner of a session is told; after `ended` nothing more comes. */
export interface SessionListener {
  opened(): void;
  ran(outcomes: readonly Outcome[]): void;
  /** @param failure why the thread ended; undefined if it was asked to. */
  ended(failure: SessionFailure | undefined): void;
}

export interface SessionFailure {
  readonly reason: string;
  /** The file was found damaged. */
  readonly damaged: boolean;
}

/** The thread's own memory, beside SQLite's cache; megabytes. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 };

/** The life of one worker thread, from opening the file to its end. */
export class WorkerSession {
  readonly #worker: Worker;

  constructor(workerData: WorkerStart, listener: SessionListener) {
    // The compiled program has other extensions than the sources, which run as they are.
    const script = new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);
    this.#worker = new Worker(script, { workerData, resourceLimits, name: 'delivery-store' });
    let failure: SessionFailure | undefined = { reason: 'the thread of the delivery store ended unexpectedly', damaged: false };
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'opened') listener.opened();
      else if (message.type === 'ran') listener.ran(message.outcomes);
      else failure = message.type === 'failed' ? message : undefined;
    });
    this.#worker.on('error', (error) => {
      const reason = `the thread of the delivery store failed: ${error instanceof Error ? error.message : 'unknown error'}`;
      failure = { reason, damaged: false };
    });
    this.#worker.on('exit', () => listener.ended(failure));
  }

  run(group: Extract<ToWorker, { type: 'run' }>): void {
    this.#worker.postMessage(group, [group.bodies.buffer as ArrayBuffer]);
  }

  /** Ends the thread once everything before is done. */
  close(): void {
    const message: ToWorker = { type: 'close' };
    this.#worker.postMessage(message, []);
  }
}
