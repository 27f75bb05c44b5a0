import { invalid } from '../http/api-error.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { valueOf } from '../store/row.ts';

/**
 * Names of services are unique in a stack, those of stacks in a project.
 *
 * @param within field and value that others must share to count.
 * @param except id of the row that is being renamed.
 * @throws ApiError 422 NotUnique
 */
export function checkName(
  store: ResourceStore,
  type: 'service' | 'stack',
  name: string,
  within: Readonly<Record<string, string | null>>,
  except?: string,
): void {
  const isTaken = store.filter(
    type,
    (row) =>
      row.id !== except &&
      row.name?.toLowerCase() === name.toLowerCase() &&
      Object.entries(within).every(([field, value]) => valueOf(row, field) === value),
  );
  if (isTaken.length > 0) throw invalid('NotUnique', 'name');
}
