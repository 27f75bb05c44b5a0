import type { TypeDefinition } from '../schema/type-definition.ts';
import type { Role } from '../auth/role.ts';

/** For whom, and below which address, resources are shown. */
export interface View {
  /** `http://host/v2-beta` or `http://host/v2-beta/projects/1a5`: what every link starts with. */
  readonly prefix: string;
  /** `http://host/v2-beta`. */
  readonly versionUrl: string;
  readonly role: Role;
  /** `actions`, or `actionLinks` for callers that send X-API-Action-Links, as the web UI does. */
  readonly actionsKey: string;
}

/** Address of a type's collection. */
export function collectionUrl(view: View, type: TypeDefinition): string {
  return `${view.prefix}/${type.plural.toLowerCase()}`;
}
