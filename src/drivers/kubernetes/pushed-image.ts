import { parseImageReference, type ImageReference } from '../../framework/image-reference.ts';
import type { ImageEvent } from '../../framework/payload-format.ts';
import type { DeploymentUpdateConfig } from './definition.ts';

/** Workload host → the host that pushes to it name. */
export type RegistryAliases = NonNullable<DeploymentUpdateConfig['registryAliases']>;

/** The repository that an event names, in normal form, without tag. @throws ServiceError `InvalidRequest` if it is none. */
export function pushedRepository({ registry, repository }: ImageEvent): ImageReference {
  return parseImageReference(`${registry}/${repository}`);
}

/** `domain/path` with an alias of the registry replaced by what it stands for. */
export function canonicalName({ domain, path }: ImageReference, aliases: RegistryAliases = {}): string {
  const pushed = Object.hasOwn(aliases, domain) ? aliases[domain] : undefined;
  return pushed === undefined ? `${domain}/${path}` : parseImageReference(`${pushed}/${path}`).name;
}
