import { parseImageReference, tryParseImageReference, type ImageReference } from '../../framework/image-reference.ts';
import type { ImageEvent } from '../../framework/payload-format.ts';
import type { DeploymentUpdateConfig } from './definition.ts';

/** Workload host → the host, or the repository prefix behind it, that pushes to it name. */
export type RegistryAliases = NonNullable<DeploymentUpdateConfig['registryAliases']>;

/**
 * The repository that an event names, without a host where it does not say. Alibaba Cloud shows capitals that no image
 * reference may have.
 */
export function pushedName({ registry, repository }: ImageEvent): string {
  const path = repository.toLowerCase();
  return registry === undefined ? path : `${registry}/${path}`;
}

/** True for a push to the repository of an image. One that does not name its registry is a push to any host's. */
export function isPushTo(image: ImageReference, event: ImageEvent, aliases: RegistryAliases = {}): boolean {
  const { registry = image.domain } = event;
  const pushed = tryParseImageReference(pushedName({ ...event, registry }));
  return pushed !== undefined && canonicalName(pushed, aliases) === canonicalName(image, aliases);
}

/** `domain/path` with an alias of the registry replaced by what it stands for. */
export function canonicalName({ domain, path }: ImageReference, aliases: RegistryAliases = {}): string {
  const pushed = Object.hasOwn(aliases, domain) ? aliases[domain] : undefined;
  return pushed === undefined ? `${domain}/${path}` : parseImageReference(`${pushed}/${path}`).name;
}
