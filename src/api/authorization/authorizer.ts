import type { IncomingHttpHeaders } from 'node:http';
import { ServiceError } from '../../framework/errors.ts';

/** What a caller may do with the receivers of one project. Who may not write does not see trigger URLs either. */
export interface Access {
  readonly mayWrite: boolean;
  /** Who it is: an access key or a Rancher account, never a secret. Absent where nobody knows. */
  readonly caller?: string;
}

export interface AuthorizationRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** Decides who may manage a project's receivers; one implementation per `WEBHOOK_AUTH`. */
export interface Authorizer {
  /** @throws ServiceError `Unauthorized`, `Forbidden` or `Unavailable` for a caller that may do nothing. */
  authorize(request: AuthorizationRequest, projectId: string): Promise<Access>;
}

/** The roles of a Rancher 1.6 environment that may not create or delete receivers. */
const readOnlyRoles = new Set(['readonly', 'restricted', 'v1-readonly', 'v1-restricted']);

export function isReadOnlyRole(role: string): boolean {
  return readOnlyRoles.has(role);
}

/** @throws ServiceError with the Go service's text. */
export function requireProjectId(projectId: string): void {
  if (projectId === '') throw new ServiceError('InvalidRequest', 'projectId must be supplied as query parameter');
}

/** The access key and the secret key of HTTP Basic; both empty where there are none. */
export function basicCredentials(headers: IncomingHttpHeaders): { accessKey: string; secretKey: string } {
  const [, encoded = ''] = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(headerText(headers, 'authorization')) ?? [];
  const [accessKey = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { accessKey, secretKey: secret.join(':') };
}

/** The first of these that can be shown as the name of a caller. */
export function callerOf(...names: readonly string[]): Pick<Access, 'caller'> {
  const caller = names.find((name) => /^[\w.:@-]{1,64}$/.test(name));
  return caller === undefined ? {} : { caller };
}

export function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}
