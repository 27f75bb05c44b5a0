import { isJsonObject, type JsonObject } from '../framework/json.ts';
import type { PayloadContents } from '../framework/payload-format.ts';
import { contentsOfEach, ignored } from './contents.ts';
import { refuse } from './required-part.ts';

/** What a list says, each entry of which is a body by itself. */
export function readEach(list: readonly unknown[], read: (body: JsonObject) => PayloadContents): PayloadContents {
  if (list.length === 0) return ignored('there are no events in it');
  return contentsOfEach(list, 'entries', (entry) =>
    isJsonObject(entry) ? read(entry) : refuse('An entry of the payload is not a JSON object'),
  );
}
