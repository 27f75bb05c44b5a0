import type { JsonObject } from '../framework/json.ts';
import { limits } from '../framework/limits.ts';
import type { PayloadContents, PayloadFormat, PayloadHeaders } from '../framework/payload-format.ts';
import { cloudEventOf } from './cloud-event.ts';
import { contentsOfEach, ignored, push } from './contents.ts';
import { nameAt, splitReference, withoutScheme, type ImageName } from './image-name.ts';
import { firstText, hasObject, listAt, objectAt, partAt, shown, textAt, timeOf } from './payload-parts.ts';
import { readEach } from './read-each.ts';

/** Of Harbor 1, Harbor 2, and Harbor 2 in CloudEvents. */
const pushTypes: ReadonlySet<string> = new Set(['pushImage', 'PUSH_ARTIFACT', 'harbor.artifact.pushed']);

/** What else Harbor 1 and 2 tell of, which they may do without any data. */
const otherTypes =
  /^(?:(?:pull|delete)Image|(?:upload|download|delete)Chart|(?:PULL|DELETE)_ARTIFACT|(?:UPLOAD|DOWNLOAD|DELETE)_CHART|SCANNING_[A-Z]+|QUOTA_[A-Z]+|REPLICATION|TAG_RETENTION)$/;

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
    const type = textAt(body, 'type');
    return (type !== '' && hasObject(body, 'event_data')) || isHarborsAlone(body, type) || isPrerelease(body);
  },

  read,
  readList: (list) => readEach(list, (body) => read(body, {})),
};

function read(body: JsonObject, headers: PayloadHeaders): PayloadContents {
  const event = cloudEventOf(body, headers);
  if (event !== undefined) return contentsOfNotification({ ...event, pushedAt: event.time });
  if (isPrerelease(body)) return contentsOfPrerelease(body);
  const data = objectAt(body, 'event_data');
  return contentsOfNotification({ type: textAt(body, 'type'), data, pushedAt: timeOf(body['occur_at']), eventId: '' });
}

/** Mirantis, too, has a `type` in capitals, and `contents` beside it. */
function isHarborsAlone(body: JsonObject, type: string): boolean {
  return (pushTypes.has(type) || otherTypes.test(type)) && partAt(body, 'contents') === undefined;
}

/** The shape that Harbor 1.9 was documented with. */
function isPrerelease(body: JsonObject): boolean {
  const events = listAt(body, 'events').slice(0, limits.payloadEntries);
  return textAt(body, 'event_type') !== '' && events.some((event) => textAt(event, 'repo_name') !== '');
}

function contentsOfPrerelease(body: JsonObject): PayloadContents {
  const type = textAt(body, 'event_type');
  return contentsOfEach(listAt(body, 'events'), 'events', (event) => {
    const parts = [textAt(event, 'project'), textAt(event, 'repo_name')].filter((part) => part !== '');
    const about = {
      name: nameAt(undefined, firstText(textAt(event, 'full_name'), parts.join('/'))),
      tag: textAt(event, 'tag'),
    };
    if (!pushTypes.has(type)) return ignored(`Harbor's event ${shown(type)} is not a push`, about);
    return about.name.repository === '' ? ignored('the push names no repository') : push(about);
  });
}

function contentsOfNotification({ type, data, pushedAt, eventId }: Notification): PayloadContents {
  const resources = listAt(data, 'resources');
  const repository = objectAt(data, 'repository');
  if (!pushTypes.has(type))
    return ignored(`Harbor's event ${shown(type)} is not a push`, aboutResource(resources[0], repository));
  if (resources.length === 0) return ignored('the push names no artifact');
  return contentsOfEach(resources, 'artifacts', (resource) => {
    const about = aboutResource(resource, repository);
    if (about.name.repository === '') return ignored('the push names no repository');
    return push({ ...about, pushedAt, eventId });
  });
}

/** `resource_url` is `host/project/name:tag`, or `host/project/name@sha256:…` for what has no tag. */
function aboutResource(resource: unknown, repository: unknown) {
  const { name: url, tag, digest } = splitReference(withoutScheme(textAt(resource, 'resource_url')));
  const parts = [textAt(repository, 'namespace'), textAt(repository, 'name')].filter((part) => part !== '');
  return {
    name: nameOf(url, firstText(textAt(repository, 'repo_full_name'), parts.join('/'))),
    tag: firstText(tag, textAt(resource, 'tag')),
    digest: firstText(textAt(resource, 'digest'), digest),
  };
}

/** What stands before the repository in the URL is the host, which may have no dot in it. */
function nameOf(url: string, repository: string): ImageName {
  if (url === '' || url === repository) return nameAt(undefined, repository);
  const host = url.slice(0, url.indexOf('/'));
  return repository !== '' && url === `${host}/${repository}` ? nameAt(host, repository) : nameAt(undefined, url);
}
