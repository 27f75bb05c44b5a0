import { asNumber, asObject } from '../../shared/json-value.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import { pace } from './pace.ts';
import type { ProcessBody, Steps } from './process-body.ts';
import {
  configsOf,
  containersOf,
  createContainer,
  isCurrent,
  isOf,
  refreshService,
  setContainerState,
  unitsOf,
} from './service-containers.ts';
import { finishUpgrade, rollBack, upgrade } from './service-upgrade.ts';

/** Starts or makes what the scale asks for and removes what is above it. */
function* reconcile(store: ResourceStore, service: Row): Steps {
  const units = unitsOf(store, service);
  const configs = configsOf(service);
  for (const unit of units) {
    for (const config of configs) {
      const present = containersOf(store, service).find(
        (container) => isOf(container, config, unit) && isCurrent(container, configs),
      );
      if (present?.state === 'running') continue;
      yield pace.containerStart;
      if (present) setContainerState(store, present, 'running');
      else createContainer(store, service, config, unit);
      refreshService(store, service);
    }
  }
  for (const container of containersOf(store, service)) {
    if (units.includes(Number(container.hidden['unit'])) && isCurrent(container, configs)) continue;
    yield pace.containerStop;
    setContainerState(store, container, 'removed');
    refreshService(store, service);
  }
  refreshService(store, service);
}

const activate: ProcessBody = function* ({ store }, service) {
  yield pace.stateChange;
  yield* reconcile(store, service);
};

/** An update in the middle of an upgrade brings that to its end. */
const update: ProcessBody = function* (context, service, input) {
  const unfinished = { upgrading: upgrade, 'finishing-upgrade': finishUpgrade, 'rolling-back': rollBack }[service.state];
  yield pace.stateChange;
  if (unfinished) yield* unfinished(context, service, input);
  else if (service.state === 'updating-active' || service.state === 'activating') yield* reconcile(context.store, service);
};

const deactivate: ProcessBody = function* ({ store }, service) {
  yield pace.containerStop;
  for (const container of containersOf(store, service)) setContainerState(store, container, 'stopped');
  refreshService(store, service);
};

const remove: ProcessBody = function* ({ store }, service) {
  yield pace.containerStop;
  for (const container of containersOf(store, service)) setContainerState(store, container, 'removed');
  const maps = store.filter(
    'serviceConsumeMap',
    (map) => map.fields['serviceId'] === service.id || map.fields['consumedServiceId'] === service.id,
  );
  for (const map of maps) {
    map.state = 'removed';
    map.removed = Date.now();
    store.changed(map);
  }
  refreshService(store, service);
};

const restart: ProcessBody = function* ({ store }, service, input) {
  const strategy = asObject(input['rollingRestartStrategy']);
  const batch = asNumber(strategy['batchSize']) ?? 1;
  const containers = containersOf(store, service);
  for (let index = 0; index < containers.length; index += batch) {
    if (index > 0) yield asNumber(strategy['intervalMillis']) ?? 2_000;
    yield pace.containerStart;
    for (const container of containers.slice(index, index + batch)) {
      container.fields['startCount'] = (asNumber(container.fields['startCount']) ?? 0) + 1;
      setContainerState(store, container, 'running');
      store.changed(container);
    }
  }
};

/** What each process of a service does; the others only take a moment. */
export const serviceProcesses: Readonly<Record<string, ProcessBody>> = {
  activate,
  continueupgrade: upgrade,
  deactivate,
  finishupgrade: finishUpgrade,
  remove,
  restart,
  rollback: rollBack,
  update,
  upgrade,
};
