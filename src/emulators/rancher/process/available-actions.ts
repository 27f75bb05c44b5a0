import { typeOf } from '../schema/type-table.ts';
import type { Row } from '../store/row.ts';
import { processTables } from './process-table.ts';

/** States in which a host can be emptied or reached (Cattle host.json). */
const hostActionStates: Readonly<Record<string, readonly string[]>> = {
  evacuate: ['active', 'inactive'],
  dockersocket: ['active', 'inactive', 'activating', 'deactivating'],
};

/** States in which a container can be reached. */
const reachable = ['running', 'restarting', 'updating-running'];

/**
 * The actions a row offers now: a process exactly in its from-states, what is no process (links, members, compose files) in
 * every state but removed.
 */
export function availableActions(row: Row): string[] {
  const type = typeOf(row.type);
  const table = type.processes === undefined ? undefined : processTables[type.processes];
  return [...type.actions.keys()].filter((action) => {
    const process = table?.get(action);
    if (process) return process.has(row.state);
    if (row.removed !== null) return false;
    if (type.id === 'host') return hostActionStates[action]?.includes(row.state) ?? false;
    return type.base === 'instance' ? reachable.includes(row.state) || action === 'logs' : true;
  });
}
