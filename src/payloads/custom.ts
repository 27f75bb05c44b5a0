import { coerceError, ServiceError } from '../framework/errors.ts';
import type { Payload, PayloadContents, PayloadFormat, PayloadOptions } from '../framework/payload-format.ts';
import { contentsOfEach, ignored, push } from './contents.ts';
import { nameAtHub, splitReference, withoutScheme } from './image-name.ts';
import { findTexts, pairUp, type Findings } from './found-texts.ts';
import { type JsonPath, parseJsonPath, sharedEntries } from './json-path.ts';
import { firstText } from './payload-parts.ts';

/**
 * Any JSON body, by the receiver's own paths: `imagePath` to one or several images or repositories, `tagPath` and `digestPath`
 * to what belongs to each. `auto` never finds it: a receiver has to name it.
 */
export const custom: PayloadFormat = {
  id: 'custom',

  recognises: () => false,

  read: (body, _headers, options) => contentsAt(body, options),
  readList: contentsAt,

  checkOptions(options) {
    pathsOf(options);
  },
};

function contentsAt(body: Payload, options: PayloadOptions): PayloadContents {
  const paths = pathsOf(options);
  const found = (path: JsonPath | undefined, field: string): Findings | undefined => path && findTexts(body, path, field);
  const images = findTexts(body, paths.image, 'imagePath');
  const tags = found(paths.tag, 'tagPath');
  const digests = found(paths.digest, 'digestPath');
  if (images.texts.every(({ text }) => text === ''))
    return ignored(`imagePath ${options.imagePath ?? ''} finds nothing in the body`);
  // One image may have been pushed under many tags, and many images under one tag.
  const rows = pairUp({ path: images.path, rows: images.texts, textOf: (image) => image }, tags, true);
  // A digest belongs to a tag where it stands beside one, else to an image.
  const isOfTag = tags && digests && sharedEntries(tags.path, digests.path) > sharedEntries(images.path, digests.path);
  const pushes = pairUp(
    isOfTag ? { path: tags.path, rows, textOf: ([, tag]) => tag } : { path: images.path, rows, textOf: ([image]) => image },
    digests,
    false,
  );
  return contentsOfEach(pushes, 'pushes', ([[image, tag], digest]) => {
    const reference = splitReference(withoutScheme(image.text));
    if (reference.name === '') return ignored('the push names no repository');
    return push({
      name: nameAtHub(reference.name),
      tag: firstText(tag?.text ?? '', reference.tag),
      digest: firstText(digest?.text ?? '', reference.digest),
    });
  });
}

interface Paths {
  readonly image: JsonPath;
  readonly tag: JsonPath | undefined;
  readonly digest: JsonPath | undefined;
}

/** @throws ServiceError `InvalidConfig` */
function pathsOf({ imagePath = '', tagPath, digestPath }: PayloadOptions): Paths {
  if (imagePath === '') throw wrong('imagePath', 'imagePath not provided, which payloadFormat custom needs');
  return { image: parse('imagePath', imagePath), tag: optional('tagPath', tagPath), digest: optional('digestPath', digestPath) };
}

function optional(field: string, text: string | undefined): JsonPath | undefined {
  return text === undefined || text === '' ? undefined : parse(field, text);
}

function parse(field: string, text: string): JsonPath {
  try {
    return parseJsonPath(text);
  } catch (thrown) {
    throw wrong(field, `Invalid ${field} "${text.slice(0, 200)}": ${coerceError(thrown).message}`);
  }
}

function wrong(fieldName: string, text: string): ServiceError {
  return new ServiceError('InvalidConfig', text, { fieldName });
}
