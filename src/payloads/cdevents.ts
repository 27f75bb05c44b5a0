import type { JsonObject } from '../framework/json.ts';
import type { PayloadContents, PayloadFormat, PayloadHeaders } from '../framework/payload-format.ts';
import { cloudEventOf } from './cloud-event.ts';
import { ignored, push } from './contents.ts';
import { parsePackageUrl } from './package-url.ts';
import { firstText, objectAt, shown, textAt, timeOf } from './payload-parts.ts';
import { readEach } from './read-each.ts';

const published = 'dev.cdevents.artifact.published.';

/** The events of the specification, and those that tools add to it. */
export const cdeventsTypes = /^dev\.cdeventsx?\./;

/**
 * CDEvents, bare or in a CloudEvent: an artifact that is an image was published.
 * @see https://cdevents.dev/docs/continuous-integration/
 */
export const cdevents: PayloadFormat = {
  id: 'cdevents',

  recognises(body, headers) {
    const type = cloudEventOf(body, headers)?.type ?? textAt(body, 'context', 'type');
    return cdeventsTypes.test(type);
  },

  read,
  readList: (list) => readEach(list, (body) => read(body, {})),
};

function read(body: JsonObject, headers: PayloadHeaders): PayloadContents {
  const event = cloudEventOf(body, headers);
  const data = event?.data ?? body;
  const context = objectAt(data, 'context');
  const type = firstText(textAt(context, 'type'), event?.type ?? '');
  const subject = textAt(data, 'subject', 'id');
  const image = parsePackageUrl(subject);
  const about = image ?? {};
  if (!`${type}.`.startsWith(published)) return ignored(`CDEvents' event ${shown(type)} is not of a published artifact`, about);
  if (image === undefined) return ignored(`the artifact ${shown(subject)} is not an image: pkg:oci and pkg:docker are`);
  const [source, id] = [textAt(context, 'source'), textAt(context, 'id')];
  const eventId = source === '' || id === '' ? '' : `${source} ${id}`;
  return push({
    ...image,
    pushedAt: timeOf(textAt(context, 'timestamp')) ?? event?.time,
    eventId: firstText(event?.eventId ?? '', eventId),
  });
}
