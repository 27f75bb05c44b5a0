import { asObject, asString, type JsonObject } from '../../shared/json-value.ts';
import { actionAllowed } from '../auth/role.ts';
import type { ApiContext, ApiRequest } from '../http/api-request.ts';
import { conflict, invalid } from '../http/api-error.ts';
import { availableActions } from '../process/available-actions.ts';
import { evacuate } from '../process/host-processes.ts';
import { convertInput } from '../resource/convert-input.ts';
import { updateResource } from '../resource/update-resource.ts';
import { referenceCheck, requireProjectOwner, visibleRow } from '../resource/visible-rows.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import { typeOf } from '../schema/type-table.ts';
import type { Row } from '../store/row.ts';
import { exportConfig } from './export-config.ts';
import { hostAccess } from './host-access.ts';
import { prepareUpgrade, restorePrevious } from './prepare-upgrade.ts';
import { addServiceLink, removeServiceLink, setServiceLinks } from './service-links.ts';

/** Does its work and gives the answer's body, or nothing for the resource itself. */
type Handler = (context: ApiContext, row: Row, input: JsonObject, request: ApiRequest) => JsonObject | undefined | void;

/** Actions that do something before their process starts. */
const before: Readonly<Record<string, Handler>> = {
  'service.upgrade': (_context, row, input) => prepareUpgrade(row, input),
  'service.rollback': (_context, row) => restorePrevious(row),
  'stack.upgrade': (_context, row, input) => {
    row.fields['previousExternalId'] = row.fields['externalId'] ?? null;
    row.fields['previousEnvironment'] = row.fields['environment'] ?? null;
    row.fields = { ...row.fields, ...withoutNulls(input) };
  },
};

/** Actions that are no process. */
const instead: Readonly<Record<string, Handler>> = {
  'service.setservicelinks': setServiceLinks,
  'service.addservicelink': addServiceLink,
  'service.removeservicelink': removeServiceLink,
  'stack.activateservices': (context, row) => startServices(context, row, 'activate'),
  'stack.deactivateservices': (context, row) => startServices(context, row, 'deactivate'),
  'stack.exportconfig': ({ store }, row, input) => exportConfig(store, row, input),
  'stack.addoutputs': ({ store }, row, input) => {
    row.fields['outputs'] = { ...asObject(row.fields['outputs']), ...asObject(input['outputs']) };
    store.changed(row);
  },
  'host.evacuate': ({ store, engine }, row) => {
    const services = evacuate(store, row);
    engine.start(row, 'deactivate');
    for (const service of services) engine.start(service, 'update');
  },
  'host.dockersocket': hostAccess,
  'instance.execute': hostAccess,
  'instance.logs': hostAccess,
  'instance.proxy': hostAccess,
  'account.setmembers': ({ store }, row, input) => {
    row.fields['members'] = input['members'] ?? [];
    store.changed(row);
    return { type: 'setProjectMembersInput', links: {}, actions: {}, members: row.fields['members'] };
  },
};

/**
 * Runs an action on a resource, with Cattle's order of checks.
 *
 * @returns the row, and the body to answer with if it is not the row.
 * @throws ApiError 422 InvalidAction for one the type or the role does not have, 404, 422 ActionNotAvailable for one the
 *   state does not allow, 422 for bad input.
 */
export function performAction(
  context: ApiContext,
  request: ApiRequest,
  type: TypeDefinition,
  id: string,
  action: string,
): { row: Row; body?: JsonObject } {
  const named = type.id === type.base ? context.store.find(type, id) : undefined;
  const actual = named ? typeOf(named.type) : type;
  const types = actual.actions.get(action);
  if (!types || !actionAllowed(request.view.role, actual, action)) throw invalid('InvalidAction', 'action');
  const row = visibleRow(context.store, request.caller, type, id);
  requireProjectOwner(request.caller, row);
  if (!availableActions(row).includes(action)) throw invalid('ActionNotAvailable', 'action');
  if (action === 'update') {
    updateResource(context, request, row);
    return { row };
  }
  const input =
    types.input === undefined
      ? {}
      : convertInput(typeOf(types.input), request.body, 'create', referenceCheck(context.store, request.caller));
  const key = `${actual.base}.${action}`;
  const handler = instead[key];
  if (handler) {
    const body = handler(context, row, input, request);
    return body ? { row, body } : { row };
  }
  before[key]?.(context, row, input, request);
  if (!context.engine.start(row, action, input)) throw conflict(`${asString(row.name) ?? row.id} is being changed`);
  return { row };
}

function startServices({ store, engine }: ApiContext, stack: Row, process: string): void {
  for (const service of store.where('service', 'stackId', stack.id)) engine.start(service, process);
  store.changed(stack);
}

function withoutNulls(input: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}
