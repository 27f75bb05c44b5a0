import { asNumber, asObject } from '../../shared/json-value.ts';
import type { Row } from '../store/row.ts';
import { pace } from './pace.ts';
import type { ProcessBody, ProcessContext, Steps } from './process-body.ts';
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

/**
 * Replaces old containers by new ones in batches, `intervalMillis` apart. The old ones are stopped and stay until
 * finishupgrade removes them or rollback starts them again (Cattle UpgradeManagerImpl). Started again in the middle, it goes
 * on where it was: what is current is left alone.
 */
export const upgrade: ProcessBody = function* (context, service) {
  const strategy = asObject(asObject(service.fields['upgrade'])['inServiceStrategy']);
  const batchSize = asNumber(strategy['batchSize']) ?? 1;
  const units = unitsOf(context.store, service).filter((unit) => !isUpgraded(context, service, unit));
  yield pace.stateChange;
  for (let index = 0; index < units.length; index += batchSize) {
    if (index > 0) yield asNumber(strategy['intervalMillis']) ?? 2_000;
    const batch = units.slice(index, index + batchSize);
    if (strategy['startFirst'] === true) {
      yield* startNew(context, service, batch);
      yield* stopOld(context, service, batch);
    } else {
      yield* stopOld(context, service, batch);
      yield* startNew(context, service, batch);
    }
  }
};

/** Removes the containers that the upgrade stopped. */
export const finishUpgrade: ProcessBody = function* ({ store }, service) {
  yield pace.containerStop;
  const configs = configsOf(service);
  for (const container of containersOf(store, service)) {
    if (!isCurrent(container, configs)) setContainerState(store, container, 'removed');
  }
  refreshService(store, service);
};

/** Starts the old containers again and removes the new ones; the configuration has been put back before. */
export const rollBack: ProcessBody = function* (context, service) {
  yield pace.containerStart;
  yield* startNew(context, service, unitsOf(context.store, service));
  yield* finishUpgrade(context, service, {});
};

function isUpgraded({ store }: ProcessContext, service: Row, unit: number): boolean {
  const configs = configsOf(service);
  const containers = containersOf(store, service).filter((container) => container.hidden['unit'] === unit);
  const hasAll = configs.every((config) =>
    containers.some(
      (container) => isOf(container, config, unit) && container.state === 'running' && isCurrent(container, configs),
    ),
  );
  return hasAll && containers.every((container) => isCurrent(container, configs) || container.state === 'stopped');
}

function* startNew({ store }: ProcessContext, service: Row, units: readonly number[]): Steps {
  yield pace.containerStart;
  const configs = configsOf(service);
  for (const unit of units) {
    for (const config of configs) {
      const present = containersOf(store, service).find(
        (container) => isOf(container, config, unit) && isCurrent(container, configs),
      );
      if (present) setContainerState(store, present, 'running');
      else createContainer(store, service, config, unit);
    }
  }
  refreshService(store, service);
}

function* stopOld({ store }: ProcessContext, service: Row, units: readonly number[]): Steps {
  yield pace.containerStop;
  const configs = configsOf(service);
  for (const container of containersOf(store, service)) {
    if (units.includes(Number(container.hidden['unit'])) && !isCurrent(container, configs))
      setContainerState(store, container, 'stopped');
  }
  refreshService(store, service);
}
