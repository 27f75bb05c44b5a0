import type { PayloadContents, PayloadFormat } from '../framework/payload-format.ts';
import { cloudEventOf, type CloudEvent } from './cloud-event.ts';
import { ignored, push } from './contents.ts';
import { ecrHost } from './ecr.ts';
import { hostOf, nameAt, splitReference, type ImageName } from './image-name.ts';
import { looseImage, notAPush } from './loose-image.ts';
import { firstText, textAt } from './payload-parts.ts';
import { refuse } from './required-part.ts';

const imageTypes = /container|image|docker|oci|registry|artifact|\becr\b/i;

/**
 * Any other CloudEvent that is about an image, in structured or in binary mode. Its data may be what a registry sends by itself.
 * @param formats of such data
 * @see https://cloudevents.io
 */
export function cloudevents(formats: readonly PayloadFormat[]): PayloadFormat {
  return {
    id: 'cloudevents',

    recognises(body, headers) {
      const type = cloudEventOf(body, headers)?.type;
      return type !== undefined && !type.startsWith('harbor.') && !type.startsWith('dev.cdevents.');
    },

    read(body, headers, options) {
      const event = cloudEventOf(body, headers);
      if (event === undefined)
        return refuse('The payload is no CloudEvent: specversion and type are in neither body nor headers');
      const inner = formats.filter((format) => format.recognises(event.data, {}));
      const [format] = inner;
      if (format !== undefined && inner.length === 1) return format.read(event.data, {}, options);
      return contentsOfEvent(event);
    },
  };
}

function contentsOfEvent(event: CloudEvent): PayloadContents {
  const { type, subject, time, eventId, data } = event;
  const found = looseImage(data);
  if (!imageTypes.test(type) && textAt(data, 'image') === '')
    return ignored(`the event ${type.slice(0, 100)} is not about images`);
  const fromSubject = splitReference(subject);
  const repository = firstText(found.name?.spelled ?? '', fromSubject.tag === '' ? '' : fromSubject.name);
  if (repository === '') return ignored('the event names no repository');
  const about = {
    name: nameOf(event, found.name, repository),
    tag: firstText(found.tag, fromSubject.tag),
    digest: firstText(found.digest, fromSubject.digest),
  };
  if (notAPush(type) !== undefined) return ignored(`the event ${type.slice(0, 100)} is not a push`, about);
  return push({ ...about, pushedAt: time, eventId });
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
  return nameAt(/^https?:/.test(source) || host.includes('.') ? host : undefined, repository);
}
