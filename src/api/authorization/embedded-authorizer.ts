import { ServiceError } from '../../framework/errors.ts';
import {
  type Access,
  type AuthorizationRequest,
  type Authorizer,
  basicCredentials,
  callerOf,
  isReadOnlyRole,
  requireProjectId,
} from './authorizer.ts';

/** The project an API key of the embedded Rancher is for, and its role there. */
export interface EmbeddedIdentity {
  mayUse(projectId: string): boolean;
  readonly role: string;
}

/** `WEBHOOK_AUTH=embedded`: the embedded Rancher's own API keys, by HTTP Basic. */
export class EmbeddedAuthorizer implements Authorizer {
  readonly #authenticate: (accessKey: string, secretKey: string) => EmbeddedIdentity | undefined;

  constructor(authenticate: (accessKey: string, secretKey: string) => EmbeddedIdentity | undefined) {
    this.#authenticate = authenticate;
  }

  authorize({ headers }: AuthorizationRequest, projectId: string): Promise<Access> {
    requireProjectId(projectId);
    const { accessKey, secretKey } = basicCredentials(headers);
    const identity = accessKey === '' ? undefined : this.#authenticate(accessKey, secretKey);
    if (!identity)
      return Promise.reject(new ServiceError('Unauthorized', 'An API key is needed: HTTP Basic with access key and secret key'));
    if (!identity.mayUse(projectId)) return Promise.reject(new ServiceError('Forbidden', `No access to project ${projectId}`));
    return Promise.resolve({ mayWrite: !isReadOnlyRole(identity.role), ...callerOf(accessKey) });
  }
}
