import type { JsonObject } from '../../shared/json-value.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import type { ProcessEngine } from './process-engine.ts';

export interface ProcessContext {
  readonly store: ResourceStore;
  readonly engine: ProcessEngine;
}

/** What a process does while it runs: changes, with the emulated milliseconds to wait between them. */
export type Steps = Generator<number, void, void>;
export type ProcessBody = (context: ProcessContext, row: Row, input: JsonObject) => Steps;

/** A process that fails on purpose: its row stays where it is, `transitioning: error` with the message. */
export class ProcessFailure extends Error {
  override readonly name = 'ProcessFailure';
}
