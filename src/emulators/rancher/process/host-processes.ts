import { asObject, asString, asStrings } from '../../shared/json-value.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import { pace } from './pace.ts';
import type { ProcessBody } from './process-body.ts';
import { setContainerState } from './service-containers.ts';

/** A machine comes up: it gets an agent, an address and a physical host. */
const create: ProcessBody = function* ({ store }, host) {
  yield pace.hostProvision;
  const number = Number(host.id.slice(2));
  const machine = store.create({
    type: 'machine',
    accountId: host.accountId,
    name: asString(host.fields['hostname']) ?? null,
    state: 'active',
    fields: { driver: host.fields['driver'] ?? null, hostTemplateId: host.fields['hostTemplateId'] ?? null },
  });
  host.fields['physicalHostId'] = machine.id;
  host.fields['agentId'] = `1a${1_000 + number}`;
  host.fields['agentIpAddress'] = `172.17.${(number >> 8) & 255}.${number & 255}`;
  host.fields['agentState'] = 'active';
};

/** Moves everything off the host: containers that services own come back elsewhere. */
export function evacuate(store: ResourceStore, host: Row): Row[] {
  const moved = new Map<string, Row>();
  for (const container of store.where('container', 'hostId', host.id)) {
    setContainerState(store, container, 'removed');
    for (const id of asStrings(container.fields['serviceIds'])) {
      const service = store.present('service', id);
      if (service) moved.set(id, service);
    }
  }
  return [...moved.values()];
}

const deactivate: ProcessBody = function* () {
  yield pace.stateChange;
};

const remove: ProcessBody = function* ({ store, engine }, host) {
  yield pace.containerStop;
  const services = evacuate(store, host);
  const machine = store.present('machine', asString(host.fields['physicalHostId']));
  if (machine) engine.start(machine, 'remove');
  for (const service of services) engine.start(service, 'update');
};

/** What each process of a host does; the others only take a moment. */
export const hostProcesses: Readonly<Record<string, ProcessBody>> = { create, deactivate, remove };

/**
 * `host.evacuate` empties the host that is named, or every host with the label `key=value`, and removes it if `deleteHost`
 * says so (Cattle ExternalHostEventCreate). Any other event type does nothing.
 */
export const externalEventCreate: ProcessBody = function* ({ store, engine }, event) {
  yield pace.stateChange;
  if (event.fields['eventType'] !== 'host.evacuate') return;
  for (const host of store.filter('host', (row) => row.accountId === event.accountId && isMeant(row, event))) {
    const services = evacuate(store, host);
    const isLast = event.fields['deleteHost'] === true;
    host.hidden['removeNext'] = isLast;
    if (!engine.start(host, 'deactivate') && isLast) engine.start(host, 'remove');
    for (const service of services) engine.start(service, 'update');
  }
};

function isMeant(host: Row, event: Row): boolean {
  if (event.fields['hostId'] !== null && event.fields['hostId'] !== undefined) return event.fields['hostId'] === host.id;
  const [key, value] = (asString(event.fields['hostLabel']) ?? '').split('=');
  return key !== undefined && key !== '' && asObject(host.fields['labels'])[key] === (value ?? '');
}
