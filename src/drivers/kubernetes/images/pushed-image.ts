import { pushedName } from '../../../framework/image-event-fault.ts';
import {
  type ImageReference,
  parseImageReference,
  sameRepository,
  tryParseImageReference,
} from '../../../framework/image-reference.ts';
import type { ImageEvent } from '../../../framework/payload-format.ts';
import type { DeploymentUpdateConfig } from '../definition.ts';

/** What workloads name → what pushes name: the host of a registry, or a host and the beginning of the path behind it. */
export type RegistryAliases = NonNullable<DeploymentUpdateConfig['registryAliases']>;

/**
 * True for a push to the repository of an image. One that does not name its registry is a push to any host's: to the one that the
 * image names, and to the one that this stands for.
 */
export function isPushTo(image: ImageReference, event: ImageEvent, aliases: RegistryAliases = {}): boolean {
  const canonical = canonicalName(image, aliases);
  if (event.registry === undefined)
    return [`${image.domain}/${image.path}`, canonical].some((name) =>
      sameRepository(`${name.slice(0, name.indexOf('/'))}/${pushedName(event)}`, name),
    );
  const pushed = tryParseImageReference(pushedName(event));
  return pushed !== undefined && canonicalName(pushed, aliases) === canonical;
}

/** `domain/path` with the longest alias that it begins with replaced by what it stands for. The case of a host does not count. */
export function canonicalName(image: Pick<ImageReference, 'domain' | 'path'>, aliases: RegistryAliases = {}): string {
  const name = withPlainHost(image);
  const [alias] = Object.entries(aliases)
    .filter(([prefix]) => name.startsWith(`${prefix.toLowerCase()}/`))
    .toSorted(([a], [b]) => b.length - a.length);
  if (alias === undefined) return name;
  const [prefix, pushed] = alias;
  return withPlainHost(parseImageReference(pushed + name.slice(prefix.length)));
}

/** In small letters a host may turn out to be Docker Hub's, whose names have other spellings still. */
function withPlainHost({ domain, path }: Pick<ImageReference, 'domain' | 'path'>): string {
  const name = `${domain.toLowerCase()}/${path}`;
  // One without a dot was told from a path by its capitals alone.
  return domain.includes('.') ? (tryParseImageReference(name)?.name ?? name) : name;
}
