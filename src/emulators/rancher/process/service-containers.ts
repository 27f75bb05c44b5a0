import { createHash } from 'node:crypto';
import { asNumber, asObject, asObjects, asString, asStrings, isJsonObject, type JsonObject } from '../../shared/json-value.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';

/** One of a service's launch configurations; the primary has no name. */
export interface NamedConfig {
  readonly name: string;
  readonly config: JsonObject;
}

const kindsWithContainers: ReadonlySet<string> = new Set(['service', 'loadBalancerService']);

/** The configurations that containers are made of; `rancher/none` stands for none (Cattle ServiceConstants.IMAGE_NONE). */
export function configsOf(service: Row): NamedConfig[] {
  if (!kindsWithContainers.has(service.type)) return [];
  const primary = service.fields['launchConfig'];
  return [
    ...(isJsonObject(primary) ? [{ name: '', config: primary }] : []),
    ...asObjects(service.fields['secondaryLaunchConfigs']).map((config) => ({ name: asString(config['name']) ?? '', config })),
  ].filter(({ config }) => !isNoImage(config));
}

export function isNoImage(config: JsonObject): boolean {
  return /^(docker:)?rancher\/none(:|$)/.test(asString(config['imageUuid']) ?? '');
}

/** A service's containers that have not been removed, in the order they were made. */
export function containersOf(store: ResourceStore, service: Row): Row[] {
  return store.filter('container', (row) => asStrings(row.fields['serviceIds']).includes(service.id));
}

/** Numbers of the service's units: 1 to its scale, or one for every active host if it is global. */
export function unitsOf(store: ResourceStore, service: Row): number[] {
  const labels = asObject(asObject(service.fields['launchConfig'])['labels']);
  const count =
    labels['io.rancher.scheduler.global'] === 'true'
      ? store.filter('host', (host) => host.accountId === service.accountId && host.state === 'active').length
      : (asNumber(service.fields['scale']) ?? 1);
  return Array.from({ length: Math.min(count, 1_000) }, (_, index) => index + 1);
}

export function isOf(container: Row, config: NamedConfig, unit: number): boolean {
  return container.hidden['config'] === config.name && container.hidden['unit'] === unit;
}

/** Made from the configuration as it is now, not from one that an upgrade replaced. */
export function isCurrent(container: Row, configs: readonly NamedConfig[]): boolean {
  return configs.some(
    ({ name, config }) => name === container.hidden['config'] && (config['version'] ?? '0') === container.fields['version'],
  );
}

/** Makes a container; it is running at once. */
export function createContainer(store: ResourceStore, service: Row, { name, config }: NamedConfig, unit: number): Row {
  const stack = store.present('stack', asString(service.fields['stackId']));
  const hosts = store.filter('host', (host) => host.accountId === service.accountId && host.state === 'active');
  const container = store.create({
    type: 'container',
    accountId: service.accountId,
    name: [stack?.name, service.name, name, unit].filter((part) => part !== undefined && part !== null && part !== '').join('-'),
    state: 'running',
    fields: {
      ...config,
      description: null,
      createIndex: unit,
      hostId: hosts[(unit - 1) % Math.max(hosts.length, 1)]?.id ?? null,
      serviceId: service.id,
      serviceIds: [service.id],
      stackId: service.fields['stackId'] ?? null,
      startCount: 1,
      version: config['version'] ?? '0',
    },
    hidden: { config: name, unit },
  });
  const number = Number(container.id.slice(2));
  container.fields['primaryIpAddress'] = `10.42.${(number >> 8) & 255}.${number & 255}`;
  container.fields['externalId'] = createHash('sha256').update(container.uuid).digest('hex');
  container.fields['firstRunning'] = container.created;
  store.changed(container);
  return container;
}

export function setContainerState(store: ResourceStore, container: Row, state: 'running' | 'stopped' | 'removed'): void {
  if (container.state === state) return;
  container.state = state;
  container.transitioning = 'no';
  if (state === 'removed') container.removed = Date.now();
  store.changed(container);
}

/** Brings the fields that follow from the containers up to date. */
export function refreshService(store: ResourceStore, service: Row): void {
  const configs = configsOf(service);
  const running = containersOf(store, service).filter(
    (container) => container.state === 'running' && isCurrent(container, configs),
  );
  if (kindsWithContainers.has(service.type)) {
    service.fields['currentScale'] = running.filter(
      (container) => container.hidden['config'] === (configs[0]?.name ?? ''),
    ).length;
    service.fields['publicEndpoints'] = running.flatMap((container) => endpointsOf(store, service, container));
  }
  service.fields['healthState'] = service.state === 'removed' ? null : 'healthy';
}

function endpointsOf(store: ResourceStore, service: Row, container: Row): JsonObject[] {
  const host = store.present('host', asString(container.fields['hostId']));
  return asStrings(container.fields['ports']).flatMap((port) => {
    const published = /^(?:[\d.]+:)?(\d+):\d+/.exec(port)?.[1];
    if (published === undefined || !host) return [];
    return [
      {
        type: 'publicEndpoint',
        hostId: host.id,
        instanceId: container.id,
        ipAddress: host.fields['agentIpAddress'] ?? null,
        port: Number(published),
        serviceId: service.id,
      },
    ];
  });
}
