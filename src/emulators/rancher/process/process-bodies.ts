import type { Row } from '../store/row.ts';
import { typeOf } from '../schema/type-table.ts';
import { externalEventCreate, hostProcesses } from './host-processes.ts';
import { pace } from './pace.ts';
import type { ProcessBody } from './process-body.ts';
import type { ProcessBodies } from './process-engine.ts';
import { projectProcesses } from './project-processes.ts';
import { serviceProcesses } from './service-processes.ts';
import { stackProcesses } from './stack-processes.ts';

const onlyWait: ProcessBody = function* () {
  yield pace.stateChange;
};

const byBase: Readonly<Record<string, Readonly<Record<string, ProcessBody>>>> = {
  account: projectProcesses,
  externalEvent: { create: externalEventCreate },
  host: hostProcesses,
  service: serviceProcesses,
  stack: stackProcesses,
};

/** Types whose create is followed by activate. */
const activeAfterCreate: ReadonlySet<string> = new Set(['account', 'credential', 'host']);

/** The one table that says what processes do and which follow by themselves. */
export const processBodies: ProcessBodies = {
  bodyOf: (row, process) => byBase[typeOf(row.type).base]?.[process] ?? onlyWait,
  next: (row, process) => nextProcess(row, typeOf(row.type).base, process),
};

function nextProcess(row: Row, base: string, process: string): string | undefined {
  if (process === 'create') {
    if (base === 'instance') return row.fields['startOnCreate'] === false ? undefined : 'start';
    if (base === 'service') return row.fields['startOnCreate'] === true ? 'activate' : undefined;
    return activeAfterCreate.has(base) ? 'activate' : undefined;
  }
  return base === 'host' && process === 'deactivate' && row.hidden['removeNext'] === true ? 'remove' : undefined;
}
