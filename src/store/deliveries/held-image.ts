import { tryParseImageReference } from '../../framework/image-reference.ts';

/**
 * Whether a hold on one image is one on another too: the same digest under any tag, or the same tag with any digest where the
 * hold names none. Empty holds everything.
 */
export function isHeldImage(held: string, image: string): boolean {
  if (held === '' || held === image) return true;
  const [mine, other] = [tryParseImageReference(held), tryParseImageReference(image)];
  if (mine === undefined || other === undefined) return false;
  if (mine.digest !== undefined) return mine.digest === other.digest;
  return mine.name === other.name && mine.tag !== undefined && mine.tag === other.tag;
}
