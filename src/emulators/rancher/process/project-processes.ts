import { pace } from './pace.ts';
import type { ProcessBody } from './process-body.ts';

/** Everything in the project goes with it, its keys too. */
const remove: ProcessBody = function* ({ store, engine }, project) {
  yield pace.containerStop;
  for (const type of ['stack', 'service', 'host', 'apiKey', 'genericObject', 'hostTemplate', 'secret', 'volume']) {
    for (const row of store.where(type, 'accountId', project.id)) engine.start(row, 'remove');
  }
};

/** What each process of an account or project does; the others only take a moment. */
export const projectProcesses: Readonly<Record<string, ProcessBody>> = { remove };
