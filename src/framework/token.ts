import crypto from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { ServiceError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { KeyRing, VerificationKey } from './key-ring.ts';
import { limits } from './limits.ts';
import { LruMap } from './lru-map.ts';

/** What a trigger token says. Rancher 1.3 to 1.4 issued exactly these claims. */
export interface TokenClaims {
  readonly config?: unknown;
  readonly driver?: unknown;
  readonly projectId?: unknown;
  /** The `key` of the receiver's genericObject. */
  readonly uuid?: unknown;
}

export interface VerifiedToken {
  readonly claims: TokenClaims;
  /** True if the token names its key, as ours do and Rancher's did not. */
  readonly named: boolean;
}

const maxVerified = 10_000;

/** Signs and verifies trigger tokens: RS256 in compact form, and nothing else. */
export class Tokens {
  readonly #ring: KeyRing;
  readonly #verified = new LruMap<string, VerifiedToken>(maxVerified);

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  get canSign(): boolean {
    return this.#ring.signing !== undefined;
  }

  /** @throws ServiceError `Internal` without a private key. */
  sign(claims: Required<TokenClaims>): string {
    const { signing } = this.#ring;
    if (!signing) throw new ServiceError('Internal', 'Tokens cannot be signed without RSA_PRIVATE_KEY_CONTENTS');
    // No `iat`: jwt-go refuses a token that was issued in the future of its own clock.
    return jsonwebtoken.sign({ ...claims }, signing.key, { algorithm: 'RS256', keyid: signing.kid, noTimestamp: true });
  }

  /**
   * The claims of a good token. A verified one is remembered by its hash; whether its receiver still exists is asked every time.
   * @throws ServiceError `InvalidToken` with jwt-go's text; it never holds any part of the token.
   */
  verify(token: string): VerifiedToken {
    if (token.length > limits.tokenLength) throw invalid('token is too long');
    const digest = crypto.createHash('sha256').update(token).digest('base64');
    const known = this.#verified.get(digest);
    if (known) return known;
    const { header, payload } = parseStrictly(token);
    const verified = { claims: this.#check(token, header), named: header['kid'] !== undefined };
    // What expires must be looked at each time.
    if (payload['exp'] === undefined && payload['nbf'] === undefined) this.#verified.set(digest, verified);
    return verified;
  }

  #check(token: string, header: JsonObject): TokenClaims {
    let fault = 'crypto/rsa: verification error';
    for (const { key } of this.#candidates(header['kid'])) {
      try {
        const claims: unknown = jsonwebtoken.verify(token, key, { algorithms: ['RS256'] });
        if (isJsonObject(claims)) return claims;
      } catch (thrown) {
        if (thrown instanceof jsonwebtoken.TokenExpiredError) fault = 'Token is expired';
        if (thrown instanceof jsonwebtoken.NotBeforeError) fault = 'Token is not valid yet';
      }
    }
    throw invalid(fault);
  }

  /** All keys where the token names none, as Rancher's own tokens; else the one it names. */
  #candidates(kid: unknown): readonly VerificationKey[] {
    if (kid === undefined) return this.#ring.verification;
    return this.#ring.verification.filter((key) => key.kid === kid);
  }
}

/**
 * Everything about a token that can be refused before any cryptography. Stricter than the libraries, which read base64url
 * leniently, so that one signed text has exactly one spelling (RFC 8725, and draft-ietf-oauth-rfc8725bis 3.14).
 */
function parseStrictly(token: string): { header: JsonObject; payload: JsonObject } {
  const parts = token.split('.');
  const [head, body, signature] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) {
    throw invalid('token contains an invalid number of segments');
  }
  const header = parsePart(head);
  requireUniqueNames(head, header);
  const { alg, typ, crit, kid } = header;
  if (alg !== 'RS256')
    throw invalid(`Unexpected signing method: ${typeof alg === 'string' && /^\w{1,10}$/.test(alg) ? alg : 'unknown'}`);
  if (typ !== undefined && (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT'))
    throw invalid('the token is of another type');
  if (crit !== undefined) throw invalid('the token has critical header fields');
  if (kid !== undefined && typeof kid !== 'string') throw invalid('the key id is no string');
  for (const field of ['jwk', 'jku', 'x5u', 'x5c', 'b64']) if (field in header) throw invalid('the token brings its own key');
  const payload = parsePart(body);
  if (signature === '') throw invalid('crypto/rsa: verification error');
  decodeCanonically(signature);
  return { header, payload };
}

/** A name that stands there twice is read one way here and another way there: only what JSON.stringify would write passes. */
function requireUniqueNames(head: string, header: JsonObject): void {
  const written = Buffer.from(head, 'base64url').toString('utf8');
  if (JSON.stringify(header).replace(/\s/g, '') !== written.replace(/\s/g, '')) throw invalid('the header is ambiguous');
}

function parsePart(part: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(decodeCanonically(part).toString('utf8'));
  } catch (thrown) {
    if (thrown instanceof ServiceError) throw thrown;
    throw invalid('a segment is no JSON');
  }
  if (!isJsonObject(value)) throw invalid('a segment is no JSON object');
  return value;
}

function decodeCanonically(part: string): Buffer {
  const illegal = part.search(/[^A-Za-z0-9_-]/);
  if (illegal >= 0) throw invalid(`illegal base64 data at input byte ${illegal}`);
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw invalid(`illegal base64 data at input byte ${part.length - 1}`);
  return bytes;
}

function invalid(reason: string): ServiceError {
  return new ServiceError('InvalidToken', `Invalid token error: ${reason}`);
}
