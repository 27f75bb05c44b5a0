import { ServiceError } from '../../framework/errors.ts';
import { type Authorizer, callerOf, headerText, isReadOnlyRole, requireProjectId } from './authorizer.ts';

/**
 * `WEBHOOK_AUTH=cattle`: behind Rancher's own proxy, which has authenticated the caller and says for which project in
 * X-API-Project-Id and X-API-Roles. The Go service did not compare the project with the one in the query, so that a member of
 * one project could act on another.
 */
export const cattleAuthorizer: Authorizer = {
  authorize({ headers }, projectId) {
    requireProjectId(projectId);
    const authenticated = headerText(headers, 'x-api-project-id');
    if (authenticated === '' || authenticated !== projectId) {
      return Promise.reject(new ServiceError('Forbidden', `Not authenticated for project ${projectId}`));
    }
    const roles = headerText(headers, 'x-api-roles').split(',');
    return Promise.resolve({
      mayWrite: !roles.some((role) => isReadOnlyRole(role.trim().toLowerCase())),
      ...callerOf(headerText(headers, 'x-api-user-id'), headerText(headers, 'x-api-account-id')),
    });
  },
};
