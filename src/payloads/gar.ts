import type { JsonObject } from '../framework/json.ts';
import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { fromBase64, jsonIn } from './cloud-event.ts';
import { ignored, push } from './contents.ts';
import { nameAtHub, splitReference } from './image-name.ts';
import { firstText, hasObject, shown, textAt, timeOf } from './payload-parts.ts';

/**
 * Google Artifact Registry's notifications (topic `gcr`) as Pub/Sub pushes them, wrapped or unwrapped.
 * @see https://cloud.google.com/artifact-registry/docs/configure-notifications
 * @see https://cloud.google.com/pubsub/docs/payload-unwrapping
 */
export const gar: PayloadFormat = {
  id: 'gar',

  recognises(body) {
    if (isWrapped(body)) return textAt(body, 'subscription') !== '' || textAt(body, 'message', 'data') !== '';
    const isReference = [textAt(body, 'tag'), textAt(body, 'digest')].some((text) => text.includes('/'));
    return isReference && ['INSERT', 'DELETE'].includes(textAt(body, 'action'));
  },

  read(body, headers) {
    if (!isWrapped(body)) {
      const eventId = textAt(headers, 'x-goog-pubsub-message-id');
      return contentsOfNotification(body, eventId, timeOf(textAt(headers, 'x-goog-pubsub-publish-time')));
    }
    const data = textAt(body, 'message', 'data');
    if (data === '') return ignored('the Pub/Sub message has no data');
    const notification = jsonIn(fromBase64(data));
    // What is refused is sent again until it expires.
    if (notification === undefined) return ignored('the data of the Pub/Sub message is no JSON object in Base64');
    const eventId = firstText(textAt(body, 'message', 'messageId'), textAt(body, 'message', 'message_id'));
    const publishTime = firstText(textAt(body, 'message', 'publishTime'), textAt(body, 'message', 'publish_time'));
    return contentsOfNotification(notification, eventId, timeOf(publishTime));
  },
};

function isWrapped(body: JsonObject): boolean {
  return hasObject(body, 'message');
}

/** Both `tag` and `digest` are full references. */
function contentsOfNotification(body: JsonObject, eventId: string, pushedAt: number | undefined): PayloadContents {
  const tagged = splitReference(textAt(body, 'tag'));
  const digested = splitReference(textAt(body, 'digest'));
  const reference = firstText(tagged.name, digested.name);
  const action = textAt(body, 'action');
  if (reference === '') return ignored('the Pub/Sub message is not one of Artifact Registry');
  const about = { name: nameAtHub(reference), tag: tagged.tag, digest: digested.digest };
  if (action === 'DELETE') return ignored('an image or a tag was deleted', about);
  if (action !== 'INSERT') return ignored(`Artifact Registry's action ${shown(action)} is not a push`, about);
  return push({ ...about, eventId, pushedAt });
}
