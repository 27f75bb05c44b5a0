import { limits } from '../framework/limits.ts';
import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { contentsOfEach, ignored, push } from './contents.ts';
import { hostOf, nameAt } from './image-name.ts';
import { firstText, hasObject, listAt, shown, textAt, timeOf } from './payload-parts.ts';

const others: ReadonlyMap<string, string> = new Map([
  ['pull', 'an image was pulled'],
  ['mount', 'a layer was mounted'],
  ['delete', 'an image or a layer was deleted'],
]);

/** Images as they are pushed: Docker's manifests and lists, and OCI's manifests and indexes. */
const manifest = /^application\/vnd\.(?:docker\.distribution\.manifest\.|oci\.image\.(?:manifest|index)\.)/;

/**
 * The notifications of distribution/distribution, which is `registry:2`, and of GitLab's container registry. One body may have
 * several events: of a push there is one for each layer too.
 * @see https://distribution.github.io/distribution/about/notifications/
 */
export const distribution: PayloadFormat = {
  id: 'distribution',

  recognises(body) {
    return listAt(body, 'events')
      .slice(0, limits.payloadEntries)
      .some((event) => hasObject(event, 'target') && textAt(event, 'action') !== '');
  },

  read(body) {
    const events = listAt(body, 'events');
    return events.length === 0 ? ignored('there are no events in it') : contentsOfEach(events, 'events', contentsOfEvent);
  },
};

function contentsOfEvent(event: unknown): PayloadContents {
  const repository = textAt(event, 'target', 'repository');
  if (repository === '') return ignored('the event names no repository');
  // A registry that fetches for itself, as a pull-through cache, has no request to tell of.
  const host = firstText(textAt(event, 'request', 'host'), hostOf(textAt(event, 'target', 'url')));
  const about = {
    name: nameAt(host, repository),
    tag: textAt(event, 'target', 'tag'),
    digest: textAt(event, 'target', 'digest'),
  };
  const action = textAt(event, 'action');
  if (action !== 'push') return ignored(others.get(action) ?? `the event ${shown(action)} is not a push`, about);
  const mediaType = textAt(event, 'target', 'mediaType');
  // Only what is a manifest has a tag; old registries call some of them application/octet-stream.
  if (mediaType !== '' && !manifest.test(mediaType) && about.tag === '')
    return ignored('a layer was pushed, not an image', about);
  // What was pushed is told by the config, which comes before the layers.
  const references = listAt(event, 'target', 'references').slice(0, limits.payloadEntries);
  const parts = references.map((part) => textAt(part, 'mediaType'));
  return push({
    ...about,
    pushedAt: timeOf(textAt(event, 'timestamp')),
    eventId: textAt(event, 'id'),
    mediaTypes: [
      textAt(event, 'target', 'artifactType'),
      mediaType.startsWith('application/vnd.') ? mediaType : '',
      ...parts.filter((type) => type.includes('.config.')),
    ],
  });
}
