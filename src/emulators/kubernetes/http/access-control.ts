import crypto from 'node:crypto';
import type { ApiPath } from './api-path.ts';
import { qualifiedName } from '../schema/resource-types.ts';
import { detailsOf, StatusError } from './status-error.ts';

/** What a user may do: each rule allows its verbs on its resources; `*` is any. */
export interface AccessRule {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection` */
  readonly verbs: readonly string[];
  /** Plurals; `deployments/scale` for a subresource. */
  readonly resources: readonly string[];
  /** Any if absent. */
  readonly namespace?: string;
}

export interface EmulatorUser {
  /** As messages show it, such as `system:serviceaccount:default:restricted`. */
  readonly name: string;
  readonly rules: readonly AccessRule[];
  /** Made up if absent. */
  readonly token?: string;
}

/**
 * What a client puts before the path instead of a bearer token: kubectl sends no token over plain HTTP, but keeps the path of
 * its server's address.
 */
export const tokenPrefix = '/token/';

const anonymous: EmulatorUser = { name: 'system:anonymous', rules: [] };

/** The users by their tokens, and what they may do. */
export class AccessControl {
  readonly #users = new Map<string, EmulatorUser>();

  /** @param token the administrator's. */
  constructor(token: string) {
    this.#users.set(token, { name: 'kubernetes-admin', rules: [{ verbs: ['*'], resources: ['*'] }] });
  }

  /** @returns the user's token. */
  add(user: EmulatorUser): string {
    const token = user.token ?? crypto.randomBytes(24).toString('hex');
    this.#users.set(token, user);
    return token;
  }

  /** Who calls, and the path without the token that may stand before it. @throws StatusError 401 for a token of nobody. */
  identify(path: string, authorization: string | undefined): { user: EmulatorUser; pathname: string } {
    const [, inPath, rest = ''] = /^\/token\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const pathname = inPath === undefined ? path : rest || '/';
    const token = inPath ?? /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined && authorization === undefined) return { user: anonymous, pathname };
    const user = token === undefined ? undefined : this.#users.get(token);
    if (!user) throw new StatusError(401, 'Unauthorized');
    return { user, pathname };
  }

  /**
   * Who a caller is to be taken for: `kubectl --as`. Of a name that nobody has, one without rights.
   * @throws StatusError 403 unless an administrator asks for it.
   */
  actAs(caller: EmulatorUser, { name, groups }: { readonly name: string; readonly groups: readonly string[] }): EmulatorUser {
    if (!isAdministrator(caller)) {
      const text = `cannot impersonate resource "users" in API group "" at the cluster scope`;
      const message = `users ${JSON.stringify(name)} is forbidden: User ${JSON.stringify(caller.name)} ${text}`;
      throw new StatusError(403, message, { name, kind: 'users' });
    }
    const everything = groups.includes('system:masters') ? caller.rules : undefined;
    const known = [...this.#users.values()].find((user) => user.name === name);
    return { name, rules: everything ?? known?.rules ?? [] };
  }

  /** @param resource the plural, `deployments/scale` for a subresource. */
  allows({ rules }: EmulatorUser, verb: string, resource: string, namespace: string): boolean {
    return rules.some(
      ({ verbs, resources, namespace: only }) =>
        [verb, '*'].some((each) => verbs.includes(each)) &&
        [resource, '*'].some((each) => resources.includes(each)) &&
        (only === undefined || only === namespace),
    );
  }

  /** Whoever has a token may read what is no object, such as discovery. @throws StatusError 403 */
  authorize(user: EmulatorUser, verb: string, pathname: string, path: ApiPath | undefined): void {
    if (!path) {
      if (isAdministrator(user) || (user !== anonymous && verb === 'get')) return;
      throw new StatusError(
        403,
        `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(pathname)}`,
        {},
      );
    }
    const { type, namespace, name, subresource } = path;
    const resource = subresource === '' ? type.resource : `${type.resource}/${subresource}`;
    if (this.allows(user, verb, resource, namespace)) return;
    const what = `${qualifiedName(type)}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
    const text = `${what} is forbidden: User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(type.group)} ${where}`;
    throw new StatusError(403, text, detailsOf(type, name));
  }
}

/** Who may do everything, everywhere. */
export function isAdministrator({ rules }: EmulatorUser): boolean {
  return rules.some(
    ({ verbs, resources, namespace }) => namespace === undefined && verbs.includes('*') && resources.includes('*'),
  );
}

/** The verb that rules are about. */
export function verbOf(method: string, path: ApiPath | undefined, isWatch: boolean): string {
  const isCollection = path?.name === '';
  switch (method) {
    case 'GET':
    case 'HEAD':
      return isWatch ? 'watch' : isCollection ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'DELETE':
      return isCollection ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}
