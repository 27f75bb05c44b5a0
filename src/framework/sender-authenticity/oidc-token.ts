import type { KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { parseStrictJwt } from '../strict-jwt.ts';
import { requireHeader, type SenderCheck, unauthorized } from './sender-proof.ts';

/** Where the keys of issuers are found. */
export interface IssuerKeys {
  /**
   * @returns undefined where the issuer has no such key.
   * @throws ServiceError `Unavailable` where the issuer cannot be asked.
   */
  find(issuer: string, keyId: string): Promise<KeyObject | undefined>;
}

/** What a token has to say. */
export interface WantedToken {
  readonly issuer: string;
  readonly audience: string;
  /** `*` stands for any characters. */
  readonly claims: Readonly<Record<string, string>>;
}

const header = 'Authorization';
/** How far the issuer's clock may be from ours, seconds. */
const leewaySeconds = 60;
/** Longest key id that is looked up, characters. */
const maxKeyIdLength = 256;

/**
 * `Authorization: Bearer` with an RS256 token. Whatever can be refused is refused before the issuer is asked for its key.
 * @param now milliseconds since 1970
 */
export function oidcTokenCheck(wanted: WantedToken, keys: IssuerKeys, now: () => number): SenderCheck {
  return async (proof) => {
    const token = /^Bearer +([^\s]+)$/i.exec(requireHeader(proof, header).text)?.[1];
    if (token === undefined) throw unauthorized(`The header ${header} must be Bearer and a token`);
    if (token.length > limits.tokenLength) throw refuse('it is too long');
    const { header: head, payload } = parseStrictJwt(token, refuse);
    const keyId = head['kid'];
    if (typeof keyId !== 'string' || keyId === '' || keyId.length > maxKeyIdLength) throw refuse('it does not name its key');
    const seconds = Math.floor(now() / 1000);
    checkStandardClaims(payload, wanted, seconds);
    const key = await keys.find(wanted.issuer, keyId);
    if (key === undefined) throw refuse('its issuer has no key of that id');
    verifySignature(token, key, wanted, seconds);
    checkClaims(payload, wanted.claims);
  };
}

function checkStandardClaims({ iss, aud, exp, nbf }: JsonObject, wanted: WantedToken, seconds: number): void {
  if (iss !== wanted.issuer) throw refuse('it is of another issuer');
  const [audience, ...others] = Array.isArray(aud) ? (aud as unknown[]) : [aud];
  if (audience !== wanted.audience || others.length > 0) throw refuse('it is for another audience');
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw refuse('it has no time to end');
  if (exp + leewaySeconds <= seconds) throw refuse('it has expired');
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > seconds + leewaySeconds)) throw refuse('it is not valid yet');
}

/** What was looked at before is looked at again, by those who wrote the book. */
function verifySignature(token: string, key: KeyObject, { issuer, audience }: WantedToken, clockTimestamp: number): void {
  try {
    jsonwebtoken.verify(token, key, {
      algorithms: ['RS256'],
      issuer,
      audience,
      clockTimestamp,
      clockTolerance: leewaySeconds,
    });
  } catch {
    throw refuse('its signature is wrong');
  }
}

function checkClaims(payload: JsonObject, claims: WantedToken['claims']): void {
  for (const [name, pattern] of Object.entries(claims)) {
    const values: unknown = Object.hasOwn(payload, name) ? payload[name] : undefined;
    const texts = (Array.isArray(values) ? (values as unknown[]) : [values]).map(asText);
    if (!texts.some((text) => text !== undefined && matchesClaim(pattern, text)))
      throw refuse(`its claim ${name} is not what this receiver wants`);
  }
  // An address that its owner has not proved to be theirs says nothing.
  const isEmailProved = String(payload['email_verified']) === 'true';
  if (claims['email'] !== undefined && !isEmailProved) throw refuse('its claim email_verified is not true');
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** `*` stands for any characters, every other character for itself. In linear time: each part takes the first place it can. */
export function matchesClaim(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function refuse(reason: string): Error {
  return unauthorized(`The token in the header ${header} is refused: ${reason}`);
}
