import crypto from 'node:crypto';

type Bytes = Buffer | string;

const key = crypto.randomBytes(32);

/**
 * Whether both are the same, in a time that tells nothing of what differs: not even of the lengths, since both are hashed
 * under a key that nobody knows.
 */
export function isSame(given: Bytes, expected: Bytes): boolean {
  return crypto.timingSafeEqual(hashed(given), hashed(expected));
}

/** Whether it is any of them; all are looked at, whichever it is. */
export function isAnyOf(given: Bytes, expected: readonly Bytes[]): boolean {
  let found = false;
  for (const each of expected) found = isSame(given, each) || found;
  return found;
}

function hashed(bytes: Bytes): Buffer {
  return crypto.createHmac('sha256', key).update(bytes).digest();
}
