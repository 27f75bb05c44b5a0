import { asStrings, type JsonObject, textOf } from '../../shared/json-value.ts';
import { splitType } from '../schema/field.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import { typeOf } from '../schema/type-table.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { type Row, valueOf } from '../store/row.ts';
import { childrenOf } from './child-index.ts';

/** A link to rows of another type whose field names this row. */
interface ChildLink {
  readonly type: string;
  readonly field: string;
}

const childLinks: Readonly<Record<string, Readonly<Record<string, ChildLink>>>> = {
  account: {
    apiKeys: { type: 'apiKey', field: 'accountId' },
    hosts: { type: 'host', field: 'accountId' },
    hostTemplates: { type: 'hostTemplate', field: 'accountId' },
    instances: { type: 'instance', field: 'accountId' },
    secrets: { type: 'secret', field: 'accountId' },
    services: { type: 'service', field: 'accountId' },
    stacks: { type: 'stack', field: 'accountId' },
    volumes: { type: 'volume', field: 'accountId' },
  },
  stack: {
    services: { type: 'service', field: 'stackId' },
    instances: { type: 'instance', field: 'stackId' },
    volumes: { type: 'volume', field: 'stackId' },
    volumeTemplates: { type: 'volumeTemplate', field: 'stackId' },
  },
  service: {
    instances: { type: 'instance', field: 'serviceIds' },
    serviceConsumeMaps: { type: 'serviceConsumeMap', field: 'serviceId' },
  },
  host: {
    instances: { type: 'instance', field: 'hostId' },
    volumes: { type: 'volume', field: 'hostId' },
  },
  instance: { services: { type: 'service', field: 'instanceIds' } },
  hostTemplate: { hosts: { type: 'host', field: 'hostTemplateId' } },
};

/** Names of a row's links besides `self`: its references that are set, then its children. */
export function linkNames(type: TypeDefinition, row: Row): string[] {
  const names = [...type.fields].flatMap(([name, field]) => {
    const isReference = splitType(field.type).outer === 'reference' && name.endsWith('Id');
    return isReference && valueOf(row, name) !== null ? [name.slice(0, -2)] : [];
  });
  return [...names, ...Object.keys(childLinks[type.base] ?? {})];
}

/** What a link leads to: one row or a list; undefined if the type has no such link. */
export function followLink(
  store: ResourceStore,
  type: TypeDefinition,
  row: Row,
  name: string,
): { row: Row | undefined } | { type: TypeDefinition; rows: Row[] } | undefined {
  const children = childLinks[type.base] ?? {};
  const key = Object.keys(children).find((link) => link.toLowerCase() === name.toLowerCase());
  const child = key === undefined ? undefined : children[key];
  if (child) return { type: typeOf(child.type), rows: childRows(store, child, row) };
  const field = type.fields.get(`${name}Id`);
  const target = field && splitType(field.type).inner;
  if (target === undefined) return undefined;
  const id = valueOf(row, `${name}Id`);
  return { row: typeof id === 'string' ? store.find(typeOf(target), id) : undefined };
}

/** The link from a container to its services is the one that its own field holds. */
function childRows(store: ResourceStore, { type, field }: ChildLink, row: Row): Row[] {
  if (field !== 'instanceIds') return [...childrenOf(store, type, field, row.id)];
  return asStrings(row.fields['serviceIds']).flatMap((id) => store.present('service', id) ?? []);
}

/** Fields that are lists of a row's children, filled in when it is shown. */
export function childIds(store: ResourceStore, row: Row, base: string): JsonObject {
  const ids = (type: string, field: string): string[] => childrenOf(store, type, field, row.id).map((child) => child.id);
  if (base === 'service') return { instanceIds: ids('instance', 'serviceIds'), linkedServices: linkedServices(store, row) };
  if (base === 'stack') return { serviceIds: ids('service', 'stackId') };
  return base === 'host' ? { instanceIds: ids('instance', 'hostId') } : {};
}

function linkedServices(store: ResourceStore, row: Row): JsonObject {
  const entries = childrenOf(store, 'serviceConsumeMap', 'serviceId', row.id).map((map): [string, string] => {
    const id = textOf(map.fields['consumedServiceId']);
    return [map.name ?? store.present('service', id)?.name ?? id, id];
  });
  return Object.fromEntries(entries);
}
