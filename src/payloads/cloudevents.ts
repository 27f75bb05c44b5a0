import type { JsonObject } from '../framework/json.ts';
import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { cloudEventOf, jsonIn, type CloudEvent } from './cloud-event.ts';
import { ignored, push } from './contents.ts';
import { ecrHost } from './ecr.ts';
import { hostOf, nameAt, splitReference, type ImageName } from './image-name.ts';
import { isNotAPush, looseImage } from './loose-image.ts';
import { firstText, shown, textAt } from './payload-parts.ts';
import { readEach } from './read-each.ts';
import { refuse } from './required-part.ts';

const imageTypes = /container|image|docker|oci|registry|artifact|\becr\b/i;

/**
 * Any other CloudEvent that is about an image, in structured or in binary mode. Its data may be what a registry sends by itself.
 * @param own formats whose events are CloudEvents of their own types
 * @param formats of such data
 * @see https://cloudevents.io
 */
export function cloudevents(own: readonly PayloadFormat[], formats: readonly PayloadFormat[]): PayloadFormat {
  const format: PayloadFormat = {
    id: 'cloudevents',

    recognises(body, headers) {
      const type = cloudEventOf(body, headers)?.type;
      return type !== undefined && !own.some((one) => one.recognises(body, headers));
    },

    read(body, headers, options) {
      const event = cloudEventOf(body, headers);
      if (event === undefined)
        return refuse('The payload is no CloudEvent: specversion and type are in neither body nor headers');
      const particular = own.find((one) => one.recognises(body, headers));
      if (particular !== undefined) return particular.read(body, headers, options);
      const inner = formats.filter((one) => one.recognises(event.data, {}));
      const [only] = inner;
      if (only !== undefined && inner.length === 1) return only.read(event.data, {}, options);
      return contentsOfEvent(event);
    },

    readList: (list, options) => readEach(list, (body) => format.read(body, {}, options)),
  };
  return format;
}

function contentsOfEvent(event: CloudEvent): PayloadContents {
  const { type, subject, time, eventId, data } = event;
  const found = looseImage(data);
  if (!imageTypes.test(type) && textAt(data, 'image') === '') return ignored(`the event ${shown(type)} is not about images`);
  const fromSubject = splitReference(subject);
  const repository = firstText(found.name?.spelled ?? '', fromSubject.tag === '' ? '' : fromSubject.name);
  if (repository === '') return ignored('the event names no repository');
  const about = {
    name: nameOf(event, found.name, repository),
    tag: firstText(found.tag, fromSubject.tag),
    digest: firstText(found.digest, fromSubject.digest),
  };
  if (isNotAPush(type)) return ignored(`the event ${shown(type)} is not a push`, about);
  return push({ ...about, pushedAt: time, eventId, mediaTypes: mediaTypesIn(data) });
}

/** Zot has the manifest with it, as a text. */
function mediaTypesIn(data: JsonObject): readonly string[] {
  const manifest = jsonIn(textAt(data, 'manifest'));
  const own = [textAt(data, 'artifactType'), textAt(data, 'mediaType')];
  return [textAt(manifest, 'artifactType'), textAt(manifest, 'config', 'mediaType'), ...own];
}

/** The registry is told by the data, or by the source of the event. */
function nameOf({ source, data }: CloudEvent, found: ImageName | undefined, repository: string): ImageName {
  if (
    found !== undefined &&
    (found.spelled !== found.repository || firstText(textAt(data, 'registry'), textAt(data, 'registryUrl')) !== '')
  )
    return found;
  const [scheme, cloud, service, region = '', account = ''] = source.split(':');
  if ((scheme === 'urn' || scheme === 'arn') && cloud?.startsWith('aws') && service === 'ecr')
    return nameAt(ecrHost(firstText(textAt(data, 'registryId'), account), region), repository);
  const host = hostOf(source);
  // A name alone, such as Zot's own, is that of the sender; a registry has a path behind it.
  const isPlace = /^https?:/.test(source) || (host.includes('.') && source !== host);
  return nameAt(isPlace ? host : undefined, repository);
}
