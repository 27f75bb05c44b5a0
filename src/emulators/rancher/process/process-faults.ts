import type { Row } from '../store/row.ts';
import { ProcessFailure, type Steps } from './process-body.ts';

/** A process that is to go wrong, for tests of those who wait for it. */
export interface ProcessFault {
  /** Id or name of the resource. */
  readonly resource: string;
  /** Name of the process, for instance `upgrade`. */
  readonly process: string;
  /** `stuck` stays `transitioning: yes` for ever; `error` becomes `transitioning: error`. Both after the first step. */
  readonly mode: 'stuck' | 'error';
  /** transitioningMessage of an error. */
  readonly message?: string;
  /** How often; default every time. */
  readonly times?: number;
}

/** The process faults in force. */
export class ProcessFaults {
  readonly #faults = new Map<ProcessFault, number>();

  add(fault: ProcessFault): void {
    this.#faults.set(fault, fault.times ?? Infinity);
  }

  clear(): void {
    this.#faults.clear();
  }

  list(): ProcessFault[] {
    return [...this.#faults.keys()];
  }

  /** The steps as they are, or cut short by a fault. */
  wrap(row: Row, process: string, steps: Steps): Steps {
    for (const [fault, left] of this.#faults) {
      if (fault.process !== process || (fault.resource !== row.id && fault.resource !== row.name)) continue;
      if (left > 1) this.#faults.set(fault, left - 1);
      else this.#faults.delete(fault);
      return cutShort(steps, fault);
    }
    return steps;
  }
}

function* cutShort(steps: Steps, fault: ProcessFault): Steps {
  const first = steps.next();
  if (!first.done) yield first.value;
  if (fault.mode === 'stuck') yield Infinity;
  throw new ProcessFailure(fault.message ?? `${fault.process} failed`);
}
