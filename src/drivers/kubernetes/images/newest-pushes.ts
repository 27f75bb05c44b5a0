import { pushedName } from '../../../framework/image-event-fault.ts';
import { type ImageReference, parseImageReference } from '../../../framework/image-reference.ts';
import type { ImageEvent } from '../../../framework/payload-format.ts';
import type { DeploymentUpdateConfig } from '../definition.ts';
import { canonicalName, isPushTo } from './pushed-image.ts';
import { tagPolicyOf } from '../validate.ts';

/** The newest push of a delivery to each repository, found once for all containers that may run an image of it. */
export interface NewestPushes {
  /** What was pushed, for people. */
  readonly names: readonly string[];
  /** The one to the repository of an image. A push that does not name its registry is one to any. */
  to(image: ImageReference): ImageEvent | undefined;
}

interface Push {
  readonly event: ImageEvent;
  /** The place of its tag in the order of the receiver's tags; empty where they have none. */
  readonly rank: string;
  /** Its place in the delivery. */
  readonly index: number;
}

/** Which is the newest, the order of the receiver's tags says; where they have none, when it was pushed, or which comes last. */
export function newestPushes(events: readonly ImageEvent[], config: DeploymentUpdateConfig): NewestPushes {
  const { registryAliases } = config;
  const policy = tagPolicyOf(config);
  const atRegistry = new Map<string, Push>();
  const anywhere = new Map<string, Push>();
  const names = new Set<string>();
  for (const [index, event] of events.entries()) {
    const name = pushedName(event);
    const pushed = parseImageReference(name);
    const push = { event, rank: policy.rank(event.tag) ?? '', index };
    const [found, key] = event.registry === undefined ? [anywhere, name] : [atRegistry, canonicalName(pushed, registryAliases)];
    found.set(key, newestOf([found.get(key), push]) ?? push);
    names.add(pushed.familiar);
  }
  return {
    names: [...names],
    to(image) {
      const name = canonicalName(image, registryAliases);
      const paths = [image.path, name.slice(name.indexOf('/') + 1)];
      // At Docker Hub `library/` may be left out.
      const spellings = new Set([...paths, ...paths.map((path) => path.replace(/^library\//, ''))]);
      const fitting = Array.from(spellings, (path) => anywhere.get(path)).filter(
        (push) => push !== undefined && isPushTo(image, push.event, registryAliases),
      );
      return newestOf([...fitting, atRegistry.get(name)])?.event;
    },
  };
}

function newestOf(pushes: readonly (Push | undefined)[]): Push | undefined {
  return pushes.reduce(
    (newest, push) => (newest === undefined || (push !== undefined && !isOlder(push, newest)) ? push : newest),
    undefined,
  );
}

function isOlder(push: Push, other: Push): boolean {
  if (push.rank !== other.rank) return push.rank < other.rank;
  const [pushedAt, otherAt] = [push.event.pushedAt ?? 0, other.event.pushedAt ?? 0];
  return pushedAt === otherAt ? push.index < other.index : pushedAt < otherAt;
}
