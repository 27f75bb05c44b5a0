import type { TypeDefinition } from '../schema/type-definition.ts';

/** What a member may be in a project. */
export const projectRoles = ['owner', 'member', 'restricted', 'readonly'] as const;
export type ProjectRole = (typeof projectRoles)[number];

/** `service` and `admin` may do anything anywhere; `user` is a person outside of any project. */
export type Role = ProjectRole | 'admin' | 'service' | 'user';

export function isProjectRole(role: unknown): role is ProjectRole {
  return projectRoles.some((known) => known === role);
}

/** True for roles that see every project. */
export function seesEverything(role: Role): boolean {
  return role === 'admin' || role === 'service';
}

/** Types that nobody but an administrator changes. */
const administered: ReadonlySet<string> = new Set(['setting', 'account']);
/** Types of the infrastructure, which a restricted member may only look at (Cattle restricted-user.json). */
const infrastructure: ReadonlySet<string> = new Set(['host', 'machine']);

/** Projects are changed by people, outside of any project; a key of the project itself only reads it (Cattle project-auth.json). */
function mayManageProjects(role: Role): boolean {
  return seesEverything(role) || role === 'user';
}

/** The methods of a type that are left to a role. */
export function methodsFor(role: Role, type: TypeDefinition): { collection: readonly string[]; resource: readonly string[] } {
  const isReadOnly =
    role === 'readonly' ||
    (administered.has(type.id) && !seesEverything(role)) ||
    (infrastructure.has(type.id) && role === 'restricted') ||
    (type.id === 'project' && !mayManageProjects(role));
  const only = (methods: readonly string[]): readonly string[] =>
    isReadOnly ? methods.filter((method) => method === 'GET') : methods;
  return { collection: only(type.collectionMethods), resource: only(type.resourceMethods) };
}

/** Whether a role is offered an action at all; its state decides further (Cattle read-user.json). */
export function actionAllowed(role: Role, type: TypeDefinition, action: string): boolean {
  if (role === 'readonly') return type.id === 'container' && action === 'logs';
  if (role === 'restricted' && infrastructure.has(type.id)) return false;
  if (type.id === 'project') return mayManageProjects(role);
  return true;
}

/** Fields that a role never sees, by `type.field`. */
export function fieldVisible(role: Role, type: TypeDefinition, field: string): boolean {
  if (field === 'data') return seesEverything(role);
  const holdsEnvironment = type.id === 'container' || type.id === 'launchConfig' || type.id === 'secondaryLaunchConfig';
  return !(role === 'readonly' && holdsEnvironment && field === 'environment');
}
