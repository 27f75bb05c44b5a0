import { asNumber, asString, asStrings, type JsonObject, type JsonValue } from '../shared/json-value.ts';
import { isProjectRole } from './auth/role.ts';
import { serviceAccountUuid } from './auth/authenticator.ts';
import { hashSecret, secretMatches } from './auth/secret-hash.ts';
import { configsOf, createContainer, refreshService, unitsOf } from './process/service-containers.ts';
import type { RancherSeed, SeedApiKey, SeedResource } from './rancher-seed.ts';
import { parseId } from './schema/format-id.ts';
import type { TypeDefinition } from './schema/type-definition.ts';
import { typeOf } from './schema/type-table.ts';
import type { ResourceStore } from './store/resource-store.ts';
import type { Row } from './store/row.ts';

const stateOfNew: Readonly<Record<string, string>> = { container: 'running', instance: 'running', externalHostEvent: 'created' };

const coreFields = [
  'id',
  'type',
  'accountId',
  'kind',
  'name',
  'description',
  'state',
  'created',
  'removed',
  'uuid',
  'links',
  'actions',
  'createdTS',
];

/** Accounts that every Rancher has, under the ids they have in a fresh one. */
export function plantAccounts(store: ResourceStore): void {
  const account = (id: string, kind: string, name: string, uuid: string): void => {
    if (!store.find(typeOf('account'), id))
      store.create({ type: 'account', id, accountId: null, kind, name, uuid, state: 'active' });
  };
  account('1a1', 'admin', 'admin', 'admin');
  if (store.filter('projectTemplate', () => true).length === 0) {
    store.create({
      type: 'projectTemplate',
      accountId: null,
      name: 'Cattle',
      state: 'active',
      fields: { isPublic: true, stacks: [] },
    });
  }
  account('1a4', 'service', 'System Service', serviceAccountUuid);
}

/** Adds the resources of a seed. @throws Error for a resource of no known type or with an id of another. */
export function plantResources(store: ResourceStore, seed: RancherSeed): void {
  const rows = (seed.resources ?? []).map((resource) => plantResource(store, resource));
  const withContainers = new Set(store.filter('container', () => true).flatMap((row) => asStrings(row.fields['serviceIds'])));
  for (const row of rows) if (!withContainers.has(row.id)) plantContainers(store, row);
}

/** Adds the keys of a seed, or gives those that exist the seed's secret. A key that was revoked stays so. */
export function plantKeys(store: ResourceStore, seed: RancherSeed): void {
  for (const key of seed.apiKeys ?? []) {
    const known = [...store.rows(typeOf('apiKey'))].find((row) => row.fields['publicValue'] === key.publicValue);
    if (!known) plantKey(store, key);
    else if (!secretMatches(key.secretValue, asString(known.hidden['secretHash']) ?? '')) {
      known.hidden = { ...known.hidden, secretHash: hashSecret(key.secretValue) };
      store.changed(known);
    }
  }
}

function plantResource(store: ResourceStore, resource: SeedResource): Row {
  const type = typeOf(resource.type);
  if (type.idPrefix !== undefined && parseId(type, resource.id) === undefined) {
    throw new Error(`seed: ${resource.id} is no id of a ${resource.type}`);
  }
  const accountId = type.base === 'account' ? null : (asString(resource['accountId']) ?? null);
  if (accountId !== null) ensureProject(store, accountId);
  const given = Object.entries(resource).filter(([name]) => !coreFields.includes(name));
  const removed = timeOf(resource['removed']);
  return store.create({
    type: type.id,
    id: resource.id,
    accountId,
    ...(typeof resource['kind'] === 'string' ? { kind: resource['kind'] } : {}),
    ...(typeof resource['uuid'] === 'string' ? { uuid: resource['uuid'] } : {}),
    name: asString(resource['name']) ?? null,
    description: asString(resource['description']) ?? null,
    state: asString(resource['state']) ?? (removed === null ? (stateOfNew[type.id] ?? 'active') : 'removed'),
    created: timeOf(resource['created']) ?? Date.now(),
    removed,
    fields: { ...defaultsOf(type), ...Object.fromEntries(given) },
  });
}

/** Defaults of the type itself; a required field that is missing does not matter in a seed. */
function defaultsOf(type: TypeDefinition): JsonObject {
  return Object.fromEntries(
    [...type.fields].flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
  );
}

/** Adds an active key, and the project or account it is for if that is missing. */
export function plantKey(store: ResourceStore, key: SeedApiKey): Row {
  if (isProjectRole(key.role)) ensureProject(store, key.accountId);
  if (!store.find(typeOf('account'), key.accountId)) {
    const kind = key.role === 'admin' ? 'admin' : 'user';
    store.create({ type: 'account', id: key.accountId, accountId: null, kind, name: key.accountId, state: 'active' });
  }
  return store.create({
    type: 'apiKey',
    accountId: key.accountId,
    name: key.name ?? null,
    state: 'active',
    fields: { publicValue: key.publicValue },
    hidden: { secretHash: hashSecret(key.secretValue), role: key.role },
  });
}

/** Makes a project with this id unless there is an account with it. */
function ensureProject(store: ResourceStore, id: string): void {
  const type = typeOf('project');
  if (store.find(typeOf('account'), id)) return;
  if (parseId(type, id) === undefined) throw new Error(`seed: ${id} is no id of a project`);
  const fields = { ...defaultsOf(type), members: [], orchestration: 'cattle', healthState: 'healthy' };
  store.create({ type: 'project', id, accountId: null, name: id === '1a5' ? 'Default' : id, state: 'active', fields });
}

/** An active service runs what it should, unless the seed brings its containers. */
function plantContainers(store: ResourceStore, service: Row): void {
  if (typeOf(service.type).base !== 'service' || service.state !== 'active' || service.removed !== null) return;
  for (const unit of unitsOf(store, service)) {
    for (const config of configsOf(service)) createContainer(store, service, config, unit);
  }
  refreshService(store, service);
  store.changed(service);
}

function timeOf(value: JsonValue | undefined): number | null {
  const time = asNumber(value) ?? Date.parse(asString(value) ?? '');
  return Number.isFinite(time) ? time : null;
}
