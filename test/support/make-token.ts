import crypto, { type KeyLike } from 'node:crypto';

export function base64url(value: string | Buffer): string {
  return Buffer.from(value).toString('base64url');
}

/** A compact token by node:crypto alone; `header` and `payload` may be any text, well-formed or not. */
export function rs256(header: string | object, payload: string | object, key: KeyLike): string {
  const text = (part: string | object): string => (typeof part === 'string' ? part : JSON.stringify(part));
  const input = `${base64url(text(header))}.${base64url(text(payload))}`;
  return `${input}.${base64url(crypto.sign('sha256', Buffer.from(input), key))}`;
}

/** A token as Rancher 1.3 to 1.4 issued it: jwt-go, RS256, four claims, no key id and no date. */
export function rancherToken(
  claims: { driver: string; projectId: string; uuid: string; config?: unknown },
  key: KeyLike,
): string {
  const { config = {}, driver, projectId, uuid } = claims;
  return rs256({ alg: 'RS256', typ: 'JWT' }, { config, driver, projectId, uuid }, key);
}
