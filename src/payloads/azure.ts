import type { JsonObject } from '../framework/json.ts';
import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { ignored, ping, push } from './contents.ts';
import { eventOfGrid, isEventOfGrid } from './event-grid.ts';
import { nameAt } from './image-name.ts';
import { namesAnImage } from './loose-image.ts';
import { hasObject, objectAt, shown, textAt, timeOf } from './payload-parts.ts';
import { readEach } from './read-each.ts';
import { requireObject, requireString } from './required-part.ts';

const others: ReadonlyMap<string, string> = new Map([
  ['delete', 'an image was deleted'],
  ['quarantine', 'an image was put into quarantine'],
  ['chart_push', 'a Helm chart was pushed, not an image'],
  ['chart_delete', 'a Helm chart was deleted'],
]);

/**
 * Azure Container Registry's webhook, and its events as Event Grid sends them, in lists. Nothing in the body is signed: who knows the URL can send it. The spelling of the refusals
 * is the Go service's; scripts match on it.
 * @see https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-container-registry
 */
export const azure: PayloadFormat = {
  id: 'azure',

  recognises(body) {
    const action = textAt(body, 'action');
    if (action === 'ping') return isPing(body);
    return (action !== '' && hasTarget(body, action === 'push' || others.has(action))) || isEventOfGrid(body);
  },

  read: (body, _headers, { strict = false }) => (strict || !isEventOfGrid(body) ? read(body, strict) : readEventOfGrid(body)),
  readList: (list) => readEach(list, (body) => (isEventOfGrid(body) ? readEventOfGrid(body) : read(body, false))),
};

function readEventOfGrid(body: JsonObject): PayloadContents {
  const { type, data } = eventOfGrid(body);
  // The URL is not called from here: anybody could have it name any address.
  if (type === 'Microsoft.EventGrid.SubscriptionValidationEvent')
    return ignored('Event Grid asks to validate the subscription: open its validationUrl once');
  if (textAt(data, 'action') === '') return ignored(`Event Grid's event ${shown(type)} is not one of a registry`);
  return read(data, false);
}

function read(body: JsonObject, strict: boolean): PayloadContents {
  const action = textAt(body, 'action');
  if (!strict && action === 'ping') return ping('a test of the webhook');
  const target = requireObject(body, 'target', 'Incomplete Azure Container Reigstry webhook response provided');
  const withoutTag = 'Azure Container Reigstry webhook response contains no tag';
  const tag = strict ? requireString(target, 'tag', withoutTag) : textAt(target, 'tag');
  const withoutRequest = 'Azure Container Reigstry response provided without request information';
  const request = strict ? requireObject(body, 'request', withoutRequest) : objectAt(body, 'request');
  const withoutName = 'Azure Container Reigstry response provided without image name';
  const repository = strict ? requireString(target, 'repository', withoutName) : textAt(target, 'repository');
  const host = strict ? requireString(request, 'host', withoutName) : textAt(request, 'host');
  if (repository === '') return ignored('the event names no repository');
  return contentsOf(action, body, { name: nameAt(host, repository), tag, digest: textAt(target, 'digest') }, strict);
}

function contentsOf(
  action: string,
  body: JsonObject,
  about: Pick<Parameters<typeof push>[0], 'name' | 'tag' | 'digest'>,
  strict: boolean,
): PayloadContents {
  const reason = others.get(action);
  if (reason !== undefined) return ignored(reason, about);
  // The Go service did not look at the action.
  if (!strict && action !== 'push' && action !== '') return ignored(`the action ${shown(action)} is not a push`, about);
  const mediaTypes = [textAt(body, 'target', 'artifactType'), textAt(body, 'target', 'mediaType')];
  return push({ ...about, pushedAt: timeOf(body['timestamp']), eventId: textAt(body, 'id'), mediaTypes });
}

/** @param isKnown true for an action of this registry: then either of its two parts is enough. */
function hasTarget(body: JsonObject, isKnown: boolean): boolean {
  const [hasRequest, hasRepository] = [hasObject(body, 'request'), textAt(body, 'target', 'repository') !== ''];
  return hasObject(body, 'target') && (isKnown ? hasRequest || hasRepository : hasRequest && hasRepository);
}

/** The body of a test is next to empty; those of code hosts say more. */
function isPing(body: JsonObject): boolean {
  const isOfCodeHost = ['hook', 'package', 'registry_package', 'repository', 'sender'].some((name) => hasObject(body, name));
  return !isOfCodeHost && textAt(body, 'zen') === '' && !namesAnImage(body);
}
