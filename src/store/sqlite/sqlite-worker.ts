import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { DatabaseSync } from 'node:sqlite';
import { releaseMemoryWhenIdle } from '../../framework/idle-memory.ts';
import { operations } from '../deliveries/operations.ts';
import { DamagedFileError, unusable } from './database-failure.ts';
import { GroupRunner } from './group-runner.ts';
import { checkpoint, openDatabase } from './open-database.ts';
import { unpackCalls } from './packed-calls.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

/**
 * The thread that alone talks to the file, for as long as nothing goes wrong with it: a new thread opens it again.
 * @returns empties the cache of pages.
 */
function serve(port: MessagePort, { file, suspect }: WorkerStart): () => void {
  let database: DatabaseSync | undefined;
  const say = (message: FromWorker): void => port.postMessage(message);
  const end = (message: FromWorker): void => {
    try {
      database?.close();
    } catch {
      // It failed before, or it has nothing more to lose: all that was acknowledged is in the log.
    }
    say(message);
    port.close();
  };
  const fail = (thrown: unknown): void => {
    const failure = unusable(file, thrown);
    end({ type: 'failed', reason: failure.message, damaged: failure instanceof DamagedFileError });
  };
  try {
    database = openDatabase(file, suspect);
    const runner = new GroupRunner(database, file, operations);
    // One group after the other, whatever the operations wait for.
    let last = Promise.resolve();
    let failed = false;
    const take = async (message: ToWorker): Promise<void> => {
      if (failed || database === undefined) return;
      try {
        if (message.type === 'run') {
          say({ type: 'ran', outcomes: await runner.run(unpackCalls(message)) });
          runner.checkpointIfDue();
        } else {
          checkpoint(database, file);
          end({ type: 'closed' });
        }
      } catch (thrown) {
        failed = true;
        fail(thrown);
      }
    };
    port.on('message', (message: ToWorker) => {
      last = last.then(() => take(message));
    });
    say({ type: 'opened' });
  } catch (thrown) {
    fail(thrown);
  }
  return () => {
    if (database?.isOpen) database.exec('PRAGMA shrink_memory');
  };
}

if (parentPort) {
  releaseMemoryWhenIdle(serve(parentPort, workerData as WorkerStart));
}
