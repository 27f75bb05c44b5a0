import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Salted SHA-256 of a key's secret, `<salt>:<digest>` in hex. A slow hash would buy nothing: secrets are random and long,
 * and every request checks one.
 */
export function hashSecret(secret: string, salt = randomBytes(16).toString('hex')): string {
  return `${salt}:${createHash('sha256').update(salt).update(secret).digest('hex')}`;
}

export function secretMatches(secret: string, hash: string): boolean {
  const salt = hash.split(':')[0] ?? '';
  return sameText(hashSecret(secret, salt), hash);
}

/** Compares without telling by its duration where two texts differ. */
export function sameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
