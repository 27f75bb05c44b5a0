import { isDeepStrictEqual } from 'node:util';
import { asString, type JsonObject } from '../../shared/json-value.ts';
import type { ApiContext, ApiRequest } from '../http/api-request.ts';
import { methodNotAllowed } from '../http/api-error.ts';
import { typeOf } from '../schema/type-table.ts';
import { type Row, valueOf } from '../store/row.ts';
import { checkName } from './check-name.ts';
import { convertInput } from './convert-input.ts';
import { referenceCheck } from './visible-rows.ts';

/** Fields whose change Cattle follows with an update process (`scheduleUpdate` in its schemas). */
const scheduledFields: Readonly<Record<string, readonly string[]>> = {
  service: [
    'name',
    'scale',
    'scalePolicy',
    'metadata',
    'retainIp',
    'selectorLink',
    'selectorContainer',
    'lbConfig',
    'externalIpAddresses',
    'hostname',
  ],
  host: ['labels', 'localStorageMb', 'memory', 'milliCpu'],
  stack: ['name'],
};

/** Puts the fields that may be updated into a row; the others in the body are ignored. @throws ApiError 405, 422 */
export function updateResource({ store, engine }: ApiContext, request: ApiRequest, row: Row): void {
  if (row.removed !== null) throw methodNotAllowed();
  const type = typeOf(row.type);
  const input = convertInput(type, request.body, 'update', referenceCheck(store, request.caller));
  const changed = Object.keys(input).filter((name) => !isDeepStrictEqual(input[name], valueOf(row, name)));
  if (changed.includes('name') && (type.base === 'service' || type.base === 'stack')) {
    const within = type.base === 'service' ? { stackId: asString(row.fields['stackId']) ?? null } : { accountId: row.accountId };
    checkName(store, type.base, asString(input['name']) ?? '', within, row.id);
  }
  assign(row, input);
  if (changed.length > 0) store.changed(row);
  if (changed.some((name) => scheduledFields[type.base]?.includes(name))) engine.start(row, 'update');
}

function assign(row: Row, input: JsonObject): void {
  const { name, description, ...fields } = input;
  if (name !== undefined) row.name = asString(name) ?? null;
  if (description !== undefined) row.description = asString(description) ?? null;
  row.fields = { ...row.fields, ...fields };
  if (row.type === 'setting' && fields['value'] !== undefined) row.fields['activeValue'] = fields['value'];
}
