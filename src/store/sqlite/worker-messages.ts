import type { OperationName } from '../deliveries/operations.ts';
import type { CarriedError } from './carried-error.ts';

/** An operation to do, as the main thread asks for it. */
export interface Call {
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

export type Outcome = { readonly value: unknown } | { readonly error: CarriedError };

/** What the worker is given at its start. */
export interface WorkerStart {
  readonly file: string;
  /** It was found damaged before: all of it is to be checked, however long that takes. */
  readonly suspect: boolean;
}

export type ToWorker =
  /** Calls to be committed together; `bodies` holds the bytes of the requests that are in them, in their order. */
  { readonly type: 'run'; readonly calls: readonly Call[]; readonly bodies: Uint8Array } | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'opened' }
  /** The outcomes of the oldest calls that are under way, once they are on disk. */
  | { readonly type: 'ran'; readonly outcomes: readonly Outcome[] }
  /** The file can no longer be used, or never could: nothing that is under way was done for certain. The worker ends. */
  | { readonly type: 'failed'; readonly reason: string; readonly damaged: boolean }
  | { readonly type: 'closed' };
