import type { IncomingHttpHeaders } from 'node:http';
import { asString } from '../../shared/json-value.ts';
import { ApiError, forbidden, unauthorized } from '../http/api-error.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import type { Authenticator, Principal } from './authenticator.ts';
import { type Role, seesEverything } from './role.ts';

/** Who asks, and for which project. */
export interface Caller {
  /** The account whose key was sent. */
  readonly account: Row;
  readonly role: Role;
  /** Accounts whose rows it sees; undefined for all. */
  readonly sees: ReadonlySet<string> | undefined;
  /** Projects it sees as such, though not what is in them. */
  readonly projects: ReadonlySet<string>;
  /** Account that new rows get and that `X-API-Account-Id` names: the project in scope, else the caller's own. */
  readonly scope: string;
  readonly projectId: string | undefined;
}

export interface CallerRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** Project in the path. */
  readonly pathProject: string | undefined;
}

/** Key pair of a Basic Authorization header. */
export function basicCredentials(header: string | undefined): { accessKey: string; secretKey: string } | undefined {
  const encoded = /^basic\s+(\S+)\s*$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const at = text.indexOf(':');
  return at < 0 ? undefined : { accessKey: text.slice(0, at), secretKey: text.slice(at + 1) };
}

/**
 * Authenticates a request and settles its project: header `X-API-Project-Id`, then parameter `projectId`, then the path
 * (Cattle ApiAuthenticator).
 *
 * @throws ApiError 401 without a valid key, 400 `InvalidFormat` for what is no id, 403 for a project that is not the caller's
 *   or does not exist.
 */
export function identifyCaller(request: CallerRequest, authenticator: Authenticator, store: ResourceStore): Caller {
  const principal = principalOf(request, authenticator, store);
  const header = request.headers['x-api-project-id'];
  const wanted = asString(header) || request.query.get('projectId') || request.pathProject;
  if (!wanted) return unscoped(principal, authenticator);
  if (!/^(1[a-z]+)?\d{1,18}$/i.test(wanted)) {
    throw new ApiError(400, 'InvalidFormat', { message: `projectId header format is incorrect ${wanted}` });
  }
  const projectId = /^\d+$/.test(wanted) ? `1a${wanted}` : wanted.toLowerCase();
  const role = authenticator.roleIn(principal, projectId);
  if (role === undefined && projectId === principal.account.id) return unscoped(principal, authenticator);
  if (role === undefined) throw forbidden();
  return {
    account: principal.account,
    role,
    sees: new Set([projectId]),
    projects: new Set([projectId]),
    scope: projectId,
    projectId,
  };
}

function principalOf(request: CallerRequest, authenticator: Authenticator, store: ResourceStore): Principal {
  const credentials = basicCredentials(request.headers.authorization);
  const principal = credentials && authenticator.authenticate(credentials.accessKey, credentials.secretKey);
  if (principal) return principal;
  const isOpen = store.where('setting', 'name', 'api.security.enabled')[0]?.fields['value'] === 'false';
  if (!isOpen) throw unauthorized();
  return { account: authenticator.serviceAccount, role: 'admin' };
}

/** Without a project a person sees its own account's rows and its projects, an environment key its project. */
function unscoped(principal: Principal, authenticator: Authenticator): Caller {
  const { account, role } = principal;
  const projectId = account.type === 'project' ? account.id : undefined;
  const sees = seesEverything(role) ? undefined : new Set([account.id]);
  return { account, role, sees, projects: new Set(authenticator.projectsOf(principal)), scope: account.id, projectId };
}
