import { asNumber, asObject, asObjects, asString, asStrings, type JsonObject } from '../../shared/json-value.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';

/** A stack's services as docker-compose and rancher-compose files; JSON is YAML too, and needs no quoting rules. */
export function exportConfig(store: ResourceStore, stack: Row, input: JsonObject): JsonObject {
  const wanted = asStrings(input['serviceIds']);
  const services = store
    .where('service', 'stackId', stack.id)
    .filter((service) => wanted.length === 0 || wanted.includes(service.id));
  const docker = services.flatMap((service) => [
    [service.name ?? service.id, dockerPart(asObject(service.fields['launchConfig']))],
    ...asObjects(service.fields['secondaryLaunchConfigs']).map((config) => [asString(config['name']) ?? '', dockerPart(config)]),
  ]);
  const rancher = services.map((service) => [
    service.name ?? service.id,
    { scale: asNumber(service.fields['scale']) ?? 1, start_on_create: true },
  ]);
  return {
    type: 'composeConfig',
    links: {},
    actions: {},
    dockerComposeConfig: compose(docker),
    rancherComposeConfig: compose(rancher),
  };
}

function compose(entries: (string | JsonObject)[][]): string {
  return `${JSON.stringify({ version: '2', services: Object.fromEntries(entries) as JsonObject }, null, 2)}\n`;
}

function dockerPart(config: JsonObject): JsonObject {
  return {
    image: (asString(config['imageUuid']) ?? '').replace(/^docker:/, ''),
    ...(config['environment'] ? { environment: config['environment'] } : {}),
    ...(config['labels'] ? { labels: config['labels'] } : {}),
    ...(config['ports'] ? { ports: config['ports'] } : {}),
    ...(config['command'] ? { command: config['command'] } : {}),
  };
}
