import { coerceError, ServiceError } from '../framework/errors.ts';
import { limits } from '../framework/limits.ts';
import type { Payload, PayloadContents, PayloadFormat, PayloadOptions } from '../framework/payload-format.ts';
import { contentsOfEach, ignored, push } from './contents.ts';
import { nameAtHub, splitReference, withoutScheme } from './image-name.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';
import { refuse } from './required-part.ts';

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
  const images = textsAt(body, paths.image, 'imagePath');
  if (images.length === 0) return ignored(`imagePath ${options.imagePath ?? ''} finds nothing in the body`);
  const tags = textsAt(body, paths.tag, 'tagPath');
  const digests = textsAt(body, paths.digest, 'digestPath');
  // One image may have been pushed under many tags, and many images under one tag.
  const count = Math.max(images.length, tags.length);
  const [image, tag, digest] = [
    paired(images, count, 'imagePath'),
    paired(tags, count, 'tagPath'),
    paired(digests, count, 'digestPath'),
  ];
  return contentsOfEach(Array.from({ length: count }), 'pushes', (_, index) => {
    const reference = splitReference(withoutScheme(image(index)));
    return push({
      name: nameAtHub(reference.name),
      tag: tag(index) || reference.tag,
      digest: digest(index) || reference.digest,
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

/** Null is nothing; a number is no tag: 1.10 would have become 1.1 on its way. */
function textsAt(body: Payload, path: JsonPath | undefined, field: string): readonly string[] {
  const found = (path?.(body) ?? []).filter((value) => value !== null);
  if (found.length > limits.payloadEntries)
    refuse(`${field} finds ${found.length} values, and ${limits.payloadEntries} are the most`);
  return found.map((value) => (typeof value === 'string' ? value.trim() : refuse(`${field} finds a value that is no text`)));
}

function paired(values: readonly string[], count: number, field: string): (index: number) => string {
  if (values.length > 1 && values.length !== count) refuse(`${field} finds ${values.length} values for ${count} images`);
  return (index) => values[values.length === 1 ? 0 : index] ?? '';
}

function wrong(fieldName: string, text: string): ServiceError {
  return new ServiceError('InvalidConfig', text, { fieldName });
}
