import { pace } from './pace.ts';
import type { ProcessBody } from './process-body.ts';

/** Everything in the stack goes with it. */
const remove: ProcessBody = function* ({ store, engine }, stack) {
  yield pace.containerStop;
  for (const service of store.where('service', 'stackId', stack.id)) engine.start(service, 'remove');
  for (const template of store.where('volumeTemplate', 'stackId', stack.id)) engine.start(template, 'remove');
};

/** What each process of a stack does; the others only take a moment. */
export const stackProcesses: Readonly<Record<string, ProcessBody>> = { remove };
