import type { PayloadFormat } from '../framework/payload-format.ts';
import { contentsOfEach, ignored, push } from './contents.ts';
import { hasTagWithoutQuotes, isNotAPush, looseImage, looseTags, namesAnImage } from './loose-image.ts';
import { firstText, shown, textAt, timeOf } from './payload-parts.ts';
import { refuse } from './required-part.ts';

/**
 * The plainest body there is, for CI jobs: `{image}`, or `{repository, tag, digest}`, or `tags` in a list. A name without a host is at Docker Hub.
 * @param others a body that one of them recognises is not this one's.
 */
export function generic(others: readonly PayloadFormat[]): PayloadFormat {
  return {
    id: 'generic',

    recognises(body, headers) {
      return namesAnImage(body) && !others.some((format) => format.recognises(body, headers));
    },

    read(body) {
      const { name, tag, digest } = looseImage(body);
      if (name === undefined) return refuse('The payload has neither an image nor a repository');
      const about = { name, tag, digest };
      const event = firstText(textAt(body, 'action'), textAt(body, 'event'));
      if (isNotAPush(event)) return ignored(`the event ${shown(event)} is not a push`, about);
      if (tag === '' && hasTagWithoutQuotes(body)) return ignored('the tag is a number: put it in quotes', about);
      const pushedAt = timeOf(body['pushedAt']) ?? timeOf(body['timestamp']);
      const pushed = { ...about, pushedAt, eventId: textAt(body, 'id') };
      const tags = tag === '' ? looseTags(body) : [];
      return tags.length === 0 ? push(pushed) : contentsOfEach(tags, 'tags', (each) => push({ ...pushed, tag: each }));
    },
  };
}
