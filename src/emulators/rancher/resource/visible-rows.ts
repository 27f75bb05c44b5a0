import type { Caller } from '../auth/caller.ts';
import { memberRole } from '../auth/project-members.ts';
import { seesEverything } from '../auth/role.ts';
import { forbidden, notFound } from '../http/api-error.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { isPresent, type Row } from '../store/row.ts';
import { typeNamed } from '../schema/type-table.ts';
import type { ReferenceCheck } from './convert-input.ts';

/** Whether a caller may know of a row. Settings are everybody's, projects and accounts those one can enter. */
export function isVisible(caller: Caller, row: Row): boolean {
  if (row.type === 'setting' || row.type === 'projectTemplate' || caller.sees === undefined) return true;
  if (row.type === 'project' || row.type === 'account') return caller.projects.has(row.id) || row.id === caller.account.id;
  return row.accountId !== null && caller.sees.has(row.accountId);
}

/** The rows of a type that a caller may know of. */
export function* visibleRows(store: ResourceStore, caller: Caller, type: TypeDefinition): Generator<Row> {
  for (const row of store.rows(type)) if (isVisible(caller, row) && (type.id !== 'project' || row.type === 'project')) yield row;
}

/** A row that the caller may know of. @throws ApiError 404 */
export function visibleRow(store: ResourceStore, caller: Caller, type: TypeDefinition, id: string): Row {
  const row = store.find(type, id);
  if (!row || !isVisible(caller, row) || (type.id === 'project' && row.type !== 'project')) throw notFound();
  return row;
}

/** Refuses a person who is in a project, but not as an owner, to change the project. @throws ApiError 403 */
export function requireProjectOwner({ role, account }: Caller, row: Row): void {
  if (row.type === 'project' && !seesEverything(role) && memberRole(row, account) !== 'owner') throw forbidden();
}

/** References may lead to rows that the caller sees and that are not removed. */
export function referenceCheck(store: ResourceStore, caller: Caller): ReferenceCheck {
  return (typeId, id) => {
    const type = typeNamed(typeId);
    const row = type && store.find(type, id);
    return row !== undefined && isPresent(row) && isVisible(caller, row);
  };
}
