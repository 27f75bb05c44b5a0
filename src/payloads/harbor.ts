import type { JsonObject } from '../framework/json.ts';
import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { cloudEventOf } from './cloud-event.ts';
import { contentsOf, ignored, push } from './contents.ts';
import { nameAt, splitReference } from './image-name.ts';
import { firstText, hasObject, listAt, objectAt, textAt, timeOf } from './payload-parts.ts';

/** Of Harbor 1, Harbor 2, and Harbor 2 in CloudEvents. */
const pushTypes: ReadonlySet<string> = new Set(['pushImage', 'PUSH_ARTIFACT', 'harbor.artifact.pushed']);

/** A notification, whatever its envelope. */
interface Notification {
  readonly type: string;
  readonly data: JsonObject;
  readonly pushedAt: number | undefined;
  readonly eventId: string;
}

/**
 * Harbor's webhook: version 1, version 2, and version 2 as CloudEvents.
 * @see https://goharbor.io/docs/latest/working-with-projects/project-configuration/configure-webhooks/
 * @see https://github.com/goharbor/harbor/tree/main/src/pkg/notifier
 */
export const harbor: PayloadFormat = {
  id: 'harbor',

  recognises(body, headers) {
    const event = cloudEventOf(body, headers);
    if (event !== undefined) return event.type.startsWith('harbor.');
    return textAt(body, 'type') !== '' && hasObject(body, 'event_data');
  },

  read(body, headers) {
    const event = cloudEventOf(body, headers);
    return contentsOfNotification(
      event === undefined
        ? { type: textAt(body, 'type'), data: objectAt(body, 'event_data'), pushedAt: timeOf(body['occur_at']), eventId: '' }
        : { ...event, pushedAt: event.time },
    );
  },
};

function contentsOfNotification({ type, data, pushedAt, eventId }: Notification): PayloadContents {
  const resources = listAt(data, 'resources');
  const repository = objectAt(data, 'repository');
  if (!pushTypes.has(type))
    return ignored(`Harbor's event ${type.slice(0, 100)} is not a push`, aboutResource(resources[0], repository));
  if (resources.length === 0) return ignored('the push names no artifact');
  return contentsOf(
    resources.map((resource) => {
      const about = aboutResource(resource, repository);
      if (about.name.repository === '') return ignored('the push names no repository');
      return push({ ...about, pushedAt, eventId });
    }),
  );
}

/** `resource_url` is `host/project/name:tag`, or `host/project/name@sha256:…` for what has no tag. */
function aboutResource(resource: unknown, repository: unknown) {
  const { name: url, tag, digest } = splitReference(textAt(resource, 'resource_url'));
  const slash = url.indexOf('/');
  const fromUrl = slash < 0 ? '' : url.slice(slash + 1);
  const fullName = firstText(fromUrl, textAt(repository, 'repo_full_name'));
  return {
    name: nameAt(slash < 0 ? undefined : url.slice(0, slash), fullName),
    tag: firstText(textAt(resource, 'tag'), tag),
    digest: firstText(textAt(resource, 'digest'), digest),
  };
}
