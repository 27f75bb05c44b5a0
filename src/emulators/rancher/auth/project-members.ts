import { asObjects } from '../../shared/json-value.ts';
import type { Row } from '../store/row.ts';
import { isProjectRole, type ProjectRole } from './role.ts';

/** Kind of identity that means an account of this server. */
export const localIdentity = 'rancher_id';

/** The role a project's member list gives to an account. */
export function memberRole(project: Row, account: Row): ProjectRole | undefined {
  const member = asObjects(project.fields['members']).find(
    (entry) => entry['externalIdType'] === localIdentity && entry['externalId'] === account.id,
  );
  return isProjectRole(member?.['role']) ? member['role'] : undefined;
}
