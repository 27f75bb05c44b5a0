import crypto from 'node:crypto';
import type { DriverDefinition } from '../driver.ts';
import type { ImageEvent } from '../payload-format.ts';

/** What a sender or a registry names a delivery by, as one header. */
const idHeaders: readonly (readonly [kind: string, header: string])[] = [
  ['github', 'x-github-delivery'],
  // Standard Webhooks
  ['webhook', 'webhook-id'],
  // Pub/Sub, where it sends the message unwrapped and its metadata as headers
  ['pubsub', 'x-goog-pubsub-message-id'],
];

/**
 * By which a delivery is known when it comes again to the same receiver: it is a duplicate of one with which it shares any.
 *
 * - The sender's own id in a header, or a CloudEvent's `source` and `id`: whatever the rest is, since that is what the sender
 *   means by the id.
 * - The registry's ids of all events together. One event of several is no sign: a registry may send it again with new ones.
 * - Repository, tag, push time, and digest if any, of all events together.
 *
 * A sender that gives neither id nor push time is never a duplicate; Docker Hub's `callback_url` is no id. The body says nothing
 * for inline drivers: a second equal request to scale is a second step.
 *
 * @param headers lower-case names
 * @returns hashed, with their kind in front: `github:…`. In the order in which they are to be looked for.
 */
export function deliveryIdentities(
  headers: Readonly<Record<string, string>>,
  events: readonly ImageEvent[],
  mode: DriverDefinition['mode'],
): string[] {
  const header = (name: string): string => headers[name]?.trim() ?? '';
  const sent = idHeaders.map(([kind, name]) => identity(kind, [header(name)]));
  const cloudEvent = identity('cloudevent', [header('ce-source'), header('ce-id')]);
  const told =
    mode === 'inline' ? [] : [identityOfEvents('event', events, eventParts), identityOfEvents('push', events, pushParts)];
  return [...sent, cloudEvent, ...told].filter((found) => found !== undefined);
}

type Parts = readonly (string | number)[];

function eventParts({ registry, eventId }: ImageEvent): Parts | undefined {
  return eventId ? [registry ?? '', eventId] : undefined;
}

function pushParts({ registry, repository, tag, pushedAt, digest = '' }: ImageEvent): Parts | undefined {
  return pushedAt === undefined ? undefined : [registry ?? '', repository, tag, pushedAt, digest];
}

/** None where any event tells nothing of itself; the order of the events says nothing. */
function identityOfEvents(
  kind: string,
  events: readonly ImageEvent[],
  partsOf: (event: ImageEvent) => Parts | undefined,
): string | undefined {
  const parts = events.map(partsOf);
  if (parts.length === 0 || parts.includes(undefined)) return undefined;
  return identity(kind, [...new Set(parts.map((part) => JSON.stringify(part)))].toSorted());
}

/** None where any part is empty. */
function identity(kind: string, parts: readonly string[]): string | undefined {
  return parts.includes('') ? undefined : `${kind}:${crypto.hash('sha256', JSON.stringify(parts), 'base64url')}`;
}
