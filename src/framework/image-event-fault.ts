import { isTag, tryParseImageReference } from './image-reference.ts';
import type { ImageEvent } from './payload-format.ts';

/**
 * The repository that an event names, without a host where it does not say. Alibaba Cloud shows capitals that no image
 * reference may have.
 */
export function pushedName({ registry, repository }: Pick<ImageEvent, 'registry' | 'repository'>): string {
  const path = repository.toLowerCase();
  return registry === undefined ? path : `${registry}/${path}`;
}

/** What is wrong with what was pushed, so that nothing could pull it; undefined if nothing is. */
export function imageEventFault(event: ImageEvent): string | undefined {
  const { registry, repository, tag } = event;
  const name = registry === undefined ? repository : `${registry}/${repository}`;
  if (tryParseImageReference(pushedName(event)) === undefined)
    return `The pushed repository "${shown(name)}" is not a valid name`;
  return tag !== '' && !isTag(tag) ? `The pushed tag "${shown(tag)}" is not valid` : undefined;
}

function shown(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
