/** Where a process leads from one state. */
export interface Transition {
  /** State while it runs. */
  readonly through: string;
  /** State when it is done. */
  readonly to: string;
}

/** From-state to transition. */
export type Process = ReadonlyMap<string, Transition>;
/** Process name, which is the action's name too, to its transitions. */
export type ProcessTable = ReadonlyMap<string, Process>;

/** Reads lines `name  from,from > through > to`; a name may come again with other from-states. */
export function processTable(text: string): ProcessTable {
  const table = new Map<string, Map<string, Transition>>();
  for (const line of text.split('\n')) {
    const [name, from, , through, , to] = line.trim().split(/\s+/);
    if (!name || !from || !through || !to) continue;
    const process = table.get(name) ?? new Map<string, Transition>();
    for (const state of from.split(',')) process.set(state, { through, to });
    table.set(name, process);
  }
  return table;
}

const removal = `
  remove  requested,registering,inactive,activating,active,deactivating,updating-active,updating-inactive,error,erroring > removing > removed
  purge   removed > purging > purged
`;

const simple = processTable(`
  create  requested > activating > active
  update  active > updating-active > active
  remove  requested,activating,active,updating-active > removing > removed
`);

/** Accounts, credentials and hosts start from this. */
const standard = `
  create      requested > registering > inactive
  activate    inactive,registering > activating > active
  deactivate  active,activating,updating-active > deactivating > inactive
  update      inactive > updating-inactive > inactive
  update      active > updating-active > active
  ${removal}
`;

/** Cattle's state machines (spring-process-context.xml) by the name that a type's `processes` gives. */
export const processTables: Readonly<Record<string, ProcessTable>> = {
  simple,
  credential: processTable(standard),
  account: processTable(`
    ${standard}
    upgrade  active > upgrading > active
  `),
  host: processTable(`
    ${standard}
    deactivate  reconnecting,disconnected > deactivating > inactive
    remove     reconnecting,disconnected,provisioned > removing > removed
    provision  inactive > provisioning > provisioned
    error      provisioning > erroring > error
  `),
  externalEvent: processTable(`
    create  requested > creating > created
    remove  created > removing > removed
  `),
  instance: processTable(`
    create   requested > creating > stopped
    start    stopped > starting > running
    stop     running,starting > stopping > stopped
    restart  running > restarting > running
    update   running > updating-running > running
    update   stopped > updating-stopped > stopped
    remove   requested,creating,starting,running,stopping,stopped,restarting,error > removing > removed
    purge    removed > purging > purged
  `),
  stack: processTable(`
    create         requested > activating > active
    update         active > updating-active > active
    upgrade        active,canceled-upgrade > upgrading > upgraded
    finishupgrade  upgraded > finishing-upgrade > active
    rollback       upgrading,upgraded,canceled-upgrade > rolling-back > active
    cancelupgrade  upgrading,finishing-upgrade > canceling-upgrade > canceled-upgrade
    error          activating,upgrading > erroring > error
    remove  requested,activating,active,updating-active,upgrading,upgraded,finishing-upgrade,rolling-back,canceling-upgrade,canceled-upgrade,erroring,error > removing > removed
  `),
  service: processTable(`
    create           requested > registering > inactive
    activate         inactive,restarting > activating > active
    update           inactive,updating-inactive > updating-inactive > inactive
    update           active,updating-active > updating-active > active
    update           activating > activating > active
    update           finishing-upgrade > finishing-upgrade > active
    update           canceling-upgrade > canceling-upgrade > canceled-upgrade
    update           upgrading > upgrading > upgraded
    update           rolling-back > rolling-back > active
    deactivate       restarting,active,activating,updating-active,updating-inactive > deactivating > inactive
    upgrade          active,activating,inactive,updating-active > upgrading > upgraded
    finishupgrade    upgraded > finishing-upgrade > active
    rollback         upgrading,upgraded,canceled-upgrade > rolling-back > active
    cancelupgrade    upgrading,finishing-upgrade > canceling-upgrade > canceled-upgrade
    continueupgrade  canceled-upgrade > upgrading > upgraded
    restart          active > restarting > active
    remove  requested,registering,inactive,activating,active,updating-active,updating-inactive,deactivating,upgrading,upgraded,finishing-upgrade,rolling-back,canceling-upgrade,canceled-upgrade,restarting,error > removing > removed
  `),
};
