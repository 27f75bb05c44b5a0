import type { PayloadFormat } from '../framework/payload-format.ts';
import { ignored, push } from './contents.ts';
import { looseImage, namesAnImage, notAPush } from './loose-image.ts';
import { firstText, textAt, timeOf } from './payload-parts.ts';
import { refuse } from './required-part.ts';

/**
 * The plainest body there is, for CI jobs: `{image}`, or `{repository, tag, digest}`. A name without a host is at Docker Hub.
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
      if (notAPush(event) !== undefined) return ignored(`the event ${event.slice(0, 100)} is not a push`, about);
      const pushedAt = timeOf(body['pushedAt']) ?? timeOf(body['timestamp']);
      return push({ ...about, pushedAt, eventId: textAt(body, 'id') });
    },
  };
}
