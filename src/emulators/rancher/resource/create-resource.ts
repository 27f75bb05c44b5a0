import { asString, type JsonObject } from '../../shared/json-value.ts';
import type { ApiContext, ApiRequest } from '../http/api-request.ts';
import { invalid } from '../http/api-error.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import type { NewRow } from '../store/resource-store.ts';
import { isPresent, type Row, valueOf } from '../store/row.ts';
import { convertInput } from './convert-input.ts';
import { createRules } from './create-rules.ts';
import { referenceCheck } from './visible-rows.ts';

/** A new row and what only this answer shows. */
export interface Created {
  readonly row: Row;
  readonly once: JsonObject;
}

/** Makes a row from a caller's body and starts its create process. @throws ApiError 422 */
export function createResource(context: ApiContext, request: ApiRequest, type: TypeDefinition): Created {
  const { store, engine } = context;
  const input = convertInput(type, request.body, 'create', referenceCheck(store, request.caller));
  checkUnique(context, type, request, input);
  const rules = createRules[type.id]?.(context, request, input) ?? {};
  const once: JsonObject = { ...rules.once };
  const { name, description, kind, accountId, ...fields } = { ...input, ...rules.fields };
  for (const [field, definition] of type.fields) {
    if (definition.readOnCreateOnly && fields[field] !== undefined) {
      once[field] = fields[field];
      delete fields[field];
    }
  }
  const row: NewRow = {
    type: type.id,
    accountId: asString(accountId) ?? rules.accountId ?? request.caller.scope,
    name: asString(name) ?? null,
    description: asString(description) ?? null,
    ...(typeof kind === 'string' ? { kind } : {}),
    fields,
    ...(rules.hidden ? { hidden: rules.hidden } : {}),
  };
  const created = store.create(row);
  engine.start(created, 'create');
  return { row: created, once };
}

function checkUnique({ store }: ApiContext, type: TypeDefinition, request: ApiRequest, input: JsonObject): void {
  for (const [name, field] of type.fields) {
    if (!field.unique) continue;
    const isTaken = [...store.rows(type)].some(
      (row) => isPresent(row) && row.accountId === request.caller.scope && valueOf(row, name) === input[name],
    );
    if (isTaken) throw invalid('NotUnique', name);
  }
}
