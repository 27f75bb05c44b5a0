import { asObject, asObjects, asString, type JsonObject } from '../../shared/json-value.ts';
import type { ApiContext } from '../http/api-request.ts';
import type { Row } from '../store/row.ts';

interface Link {
  readonly name: string | null;
  readonly serviceId: string;
}

function linkOf(value: JsonObject): Link[] {
  const serviceId = asString(value['serviceId']);
  return serviceId === undefined ? [] : [{ name: asString(value['name']) || null, serviceId }];
}

function isSame(map: Row, link: Link): boolean {
  return (
    map.fields['consumedServiceId'] === link.serviceId && (map.name?.toLowerCase() ?? null) === (link.name?.toLowerCase() ?? null)
  );
}

function add({ store, engine }: ApiContext, service: Row, link: Link): void {
  if (store.where('serviceConsumeMap', 'serviceId', service.id).some((map) => isSame(map, link))) return;
  const map = store.create({
    type: 'serviceConsumeMap',
    accountId: service.accountId,
    name: link.name,
    fields: { serviceId: service.id, consumedServiceId: link.serviceId, ports: [] },
  });
  engine.start(map, 'create');
}

/** Makes the service's links exactly those given; no `serviceLinks` at all means none (Cattle SetServiceLinksActionHandler). */
export function setServiceLinks(context: ApiContext, service: Row, input: JsonObject): void {
  const links = asObjects(input['serviceLinks']).flatMap((link) => linkOf(link));
  for (const map of context.store.where('serviceConsumeMap', 'serviceId', service.id)) {
    if (!links.some((link) => isSame(map, link))) context.engine.start(map, 'remove');
  }
  for (const link of links) add(context, service, link);
  context.store.changed(service);
}

export function addServiceLink(context: ApiContext, service: Row, input: JsonObject): void {
  for (const link of linkOf(asObject(input['serviceLink']))) add(context, service, link);
  context.store.changed(service);
}

export function removeServiceLink(context: ApiContext, service: Row, input: JsonObject): void {
  const links = linkOf(asObject(input['serviceLink']));
  for (const map of context.store.where('serviceConsumeMap', 'serviceId', service.id)) {
    if (links.some((link) => isSame(map, link))) context.engine.start(map, 'remove');
  }
  context.store.changed(service);
}
