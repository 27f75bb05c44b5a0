import { asString } from '../../shared/json-value.ts';
import { typeOf } from '../schema/type-table.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { Row } from '../store/row.ts';
import { isProjectRole, type Role } from './role.ts';
import { memberRole } from './project-members.ts';
import { sameText, secretMatches } from './secret-hash.ts';

/** Who a key belongs to. */
export interface Principal {
  /** A project's own id for an environment key, else a person's or the service's account. */
  readonly account: Row;
  readonly role: Role;
}

/** The service account's row; `machineServiceAccount` is the uuid Cattle gives it. */
export const serviceAccountUuid = 'machineServiceAccount';

/** Checks access keys against the service's own key and the stored ones. */
export class Authenticator {
  readonly #store: ResourceStore;
  readonly #accessKey: string;
  readonly #secretKey: string;

  constructor(store: ResourceStore, accessKey: string, secretKey: string) {
    this.#store = store;
    this.#accessKey = accessKey;
    this.#secretKey = secretKey;
  }

  /** The owner of a key pair; undefined if there is no such active key or the secret is wrong. */
  authenticate(accessKey: string, secretKey: string): Principal | undefined {
    if (sameText(accessKey, this.#accessKey)) {
      return sameText(secretKey, this.#secretKey) ? { account: this.serviceAccount, role: 'service' } : undefined;
    }
    for (const key of this.#store.where('apiKey', 'publicValue', accessKey)) {
      const account = this.#store.present('account', key.accountId ?? undefined);
      const matches = secretMatches(secretKey, asString(key.hidden['secretHash']) ?? '');
      if (matches && key.state === 'active' && account?.state === 'active') return { account, role: roleOfKey(key, account) };
    }
    return undefined;
  }

  get serviceAccount(): Row {
    const account = this.#store.where('account', 'uuid', serviceAccountUuid)[0];
    if (!account) throw new Error('no service account');
    return account;
  }

  /** The role of a principal in a project; undefined if it has none. */
  roleIn(principal: Principal, projectId: string): Role | undefined {
    const project = this.#store.find(typeOf('project'), projectId);
    if (project?.type !== 'project' || project.state !== 'active') return undefined;
    if (principal.role === 'service' || principal.role === 'admin') return principal.role;
    if (principal.account.id === project.id) return principal.role;
    return principal.account.type === 'project' ? undefined : memberRole(project, principal.account);
  }

  /** Ids of the projects a principal can enter. */
  projectsOf(principal: Principal): string[] {
    return this.#store
      .filter('project', (project) => this.roleIn(principal, project.id) !== undefined)
      .map((project) => project.id);
  }
}

function roleOfKey(key: Row, account: Row): Role {
  const role = key.hidden['role'];
  if (account.type === 'project') return isProjectRole(role) ? role : role === 'admin' ? 'owner' : 'readonly';
  return account.kind === 'admin' ? 'admin' : 'user';
}
