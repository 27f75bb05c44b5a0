import { isDigest } from '../framework/image-reference.ts';
import type { IgnoredEvent, ImageEvent, PayloadContents } from '../framework/payload-format.ts';
import { requireFew } from '../framework/read-payload.ts';
import { artifactOf } from './artifact.ts';
import type { ImageName } from './image-name.ts';

/** A push as a payload gives it. Empty texts stand for what is absent. */
export interface Push {
  readonly name: ImageName;
  readonly tag: string;
  /** Taken over if it is a valid digest. */
  readonly digest?: string;
  /** Milliseconds since 1970; left out if no date can have them. */
  readonly pushedAt?: number | undefined;
  readonly eventId?: string;
  /** Media types that tell what was pushed: of the manifest, of its config, or the artifact's own. */
  readonly mediaTypes?: readonly string[];
}

/** The last moment that a JavaScript Date can hold. */
const maxTime = 8.64e15;

/** One push to act on, whatever its tag is. */
export function imageEvent({ name, tag, digest = '', pushedAt, eventId = '' }: Push): ImageEvent {
  return {
    ...(name.registry !== undefined && { registry: name.registry }),
    repository: name.repository,
    tag,
    ...(isDigest(digest) && { digest }),
    ...(pushedAt !== undefined && Math.abs(pushedAt) <= maxTime && { pushedAt }),
    ...(eventId !== '' && { eventId }),
    image: `${name.spelled}:${tag}`,
  };
}

/** One push: to be acted on, or ignored where it has no tag or is no image. */
export function push(pushed: Push): PayloadContents {
  const reason = whyNotAnImage(pushed);
  return reason === undefined ? { events: [imageEvent(pushed)], ignored: [] } : ignored(reason, pushed);
}

/** One thing that deploys nothing. @param about what it is about, as far as the payload says. */
export function ignored(reason: string, about: Partial<Push> = {}, outcome: IgnoredEvent['outcome'] = 'ignore'): PayloadContents {
  const { name, tag = '', digest = '' } = about;
  const isPlainTag = tag !== '' && !isDigestLike(tag);
  const found: IgnoredEvent = {
    outcome,
    reason,
    ...(name?.registry !== undefined && { registry: name.registry }),
    ...(name !== undefined && name.repository !== '' && { repository: name.repository }),
    ...(isPlainTag && { tag }),
    ...(isDigest(digest) && { digest }),
  };
  return { events: [], ignored: [found] };
}

/** A test of the URL. */
export function ping(reason: string): PayloadContents {
  return ignored(reason, {}, 'ping');
}

/**
 * What each entry of a list says.
 * @param what the entries are, for people.
 * @throws ServiceError `InvalidPayload` for a list that is too long; nothing of it has been read then.
 */
export function contentsOfEach<Entry>(
  list: readonly Entry[],
  what: string,
  read: (entry: Entry, index: number) => PayloadContents,
): PayloadContents {
  requireFew(list.length, what);
  return contentsOf(list.map(read));
}

/** Several parts as one, in their order. */
function contentsOf(parts: readonly PayloadContents[]): PayloadContents {
  return { events: parts.flatMap(({ events }) => events), ignored: parts.flatMap((part) => part.ignored) };
}

/** Several registries put the digest where the tag would be, Artifactory with underscores as in its paths. */
function isDigestLike(tag: string): boolean {
  return /^sha\d+(?::|__)/.test(tag);
}

/** How cosign and the referrers' fallback of OCI name what belongs to an image. */
const companionTag = /^sha256-[a-f0-9]{64}(?:\.[a-z]+)?$/;

function whyNotAnImage({ tag, mediaTypes = [] }: Push): string | undefined {
  if (tag === '' || isDigestLike(tag)) return 'the push has no tag';
  const artifact = mediaTypes.map(artifactOf).find((found) => found !== undefined);
  if (artifact !== undefined) return `${artifact} was pushed, not an image`;
  if (companionTag.test(tag)) return `tag ${tag} is that of a signature or an attestation, not of an image`;
  return undefined;
}
