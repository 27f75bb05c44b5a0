import type { ImageEvent } from '../framework/payload-format.ts';

interface Push {
  /** The repository with or without its registry's host: `acme/web`, `host:5000/acme/web`. */
  readonly name: string;
  readonly tag: string;
  /** Taken over if it is a string. */
  readonly digest?: unknown;
  /** Milliseconds since 1970; left out if no date can have them. */
  readonly pushedAt?: number | undefined;
  /** The registry's own id of the event. Taken over if it is a string. */
  readonly eventId?: unknown;
}

/** The last moment that a JavaScript Date can hold. */
const maxTime = 8.64e15;

/**
 * One event, its registry told from its repository as Docker does: the first path component is a host if it has a dot or a
 * colon or is `localhost`.
 * @see https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
 */
export function imageEvent({ name, tag, digest, pushedAt, eventId }: Push): ImageEvent {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === 'localhost';
  return {
    registry: hasHost ? first : 'docker.io',
    repository: hasHost ? name.slice(slash + 1) : name,
    tag,
    ...(typeof digest === 'string' && digest !== '' ? { digest } : {}),
    ...(pushedAt !== undefined && Math.abs(pushedAt) <= maxTime ? { pushedAt } : {}),
    ...(typeof eventId === 'string' && eventId !== '' ? { eventId } : {}),
    image: `${name}:${tag}`,
  };
}
