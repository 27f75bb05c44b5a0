import { type JsonObject, textOf } from '../../shared/json-value.ts';
import { typeOf } from '../schema/type-table.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import type { Clock } from './clock.ts';
import { type ProcessBody, ProcessFailure, type Steps } from './process-body.ts';
import type { ProcessFaults } from './process-faults.ts';
import { processTables, type Transition } from './process-table.ts';

interface Run {
  readonly process: string;
  readonly steps: Steps;
  readonly to: string;
  cancel: () => void;
}

export interface ProcessBodies {
  /** What a process does; a pause if nothing is known of it. */
  bodyOf(row: Row, process: string): ProcessBody;
  /** The process that follows by itself on a finished one, such as activate on create. */
  next(row: Row, process: string): string | undefined;
}

/**
 * Takes rows through their states. One process runs on a row at a time; a new one that the state allows replaces it, as
 * rollback replaces an upgrade.
 */
export class ProcessEngine {
  readonly #store: ResourceStore;
  readonly #clock: Clock;
  readonly #bodies: ProcessBodies;
  readonly #faults: ProcessFaults;
  readonly #runs = new Map<string, Run>();

  constructor(store: ResourceStore, clock: Clock, bodies: ProcessBodies, faults: ProcessFaults) {
    this.#store = store;
    this.#clock = clock;
    this.#bodies = bodies;
    this.#faults = faults;
  }

  /** Where a process would lead from the row's state; undefined if it may not start. */
  transition(row: Row, process: string): Transition | undefined {
    const table = typeOf(row.type).processes;
    return table === undefined ? undefined : processTables[table]?.get(process)?.get(row.state);
  }

  /** Starts a process. @returns false if the row's state does not allow it. */
  start(row: Row, process: string, input: JsonObject = {}): boolean {
    const transition = this.transition(row, process);
    if (!transition) return false;
    this.#runs.get(row.id)?.cancel();
    row.state = transition.through;
    row.transitioning = 'yes';
    row.transitioningMessage = 'In Progress';
    row.hidden['process'] = process;
    this.#store.changed(row);
    const steps = this.#faults.wrap(
      row,
      process,
      this.#bodies.bodyOf(row, process)({ store: this.#store, engine: this }, row, input),
    );
    const run: Run = { process, steps, to: transition.to, cancel: () => undefined };
    this.#runs.set(row.id, run);
    this.#advance(row, run);
    return true;
  }

  /** Starts again what was under way when the rows were last written. */
  resume(rows: Iterable<Row>): void {
    for (const row of rows) {
      const table = typeOf(row.type).processes;
      if (row.transitioning !== 'yes' || this.#runs.has(row.id) || table === undefined) continue;
      const process = textOf(row.hidden['process']);
      const from = [...(processTables[table]?.get(process) ?? [])].find(([, { through }]) => through === row.state)?.[0];
      if (from === undefined) continue;
      row.state = from;
      this.start(row, process);
    }
  }

  #advance(row: Row, run: Run): void {
    for (;;) {
      const wait = this.#step(row, run);
      if (wait === undefined || wait === Infinity) return;
      if (this.#clock.isInstant) continue;
      run.cancel = this.#clock.after(wait, () => {
        this.#advance(row, run);
        this.#flush();
      });
      return;
    }
  }

  /** Outside of a request nobody can be told of a full disk: the rows stay unwritten, and the next request's flush tells. */
  #flush(): void {
    try {
      this.#store.flush();
    } catch {
      // See above.
    }
  }

  /** Milliseconds until the next step; undefined when there is none. */
  #step(row: Row, run: Run): number | undefined {
    try {
      const result = run.steps.next();
      if (this.#runs.get(row.id) !== run) return undefined;
      if (!result.done) {
        this.#store.changed(row);
        return result.value;
      }
      this.#finish(row, run);
    } catch (error) {
      if (!(error instanceof ProcessFailure)) throw error;
      this.#runs.delete(row.id);
      row.transitioning = 'error';
      row.transitioningMessage = error.message;
      this.#store.changed(row);
    }
    return undefined;
  }

  #finish(row: Row, run: Run): void {
    this.#runs.delete(row.id);
    row.state = run.to;
    row.transitioning = 'no';
    row.transitioningMessage = null;
    if (run.to === 'removed') row.removed = Date.now();
    this.#store.changed(row);
    const next = this.#bodies.next(row, run.process);
    if (next !== undefined) this.start(row, next);
  }
}
