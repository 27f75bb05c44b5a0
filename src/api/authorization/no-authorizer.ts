import { type Authorizer, headerText, isReadOnlyRole } from './authorizer.ts';

/** `WEBHOOK_AUTH=none`: exactly what the Go service did, which compares the whole X-API-Roles header with each role. */
export const noAuthorizer: Authorizer = {
  authorize: ({ headers }) => Promise.resolve({ mayWrite: !isReadOnlyRole(headerText(headers, 'x-api-roles')) }),
};
