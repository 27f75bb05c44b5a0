import crypto from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { ServiceError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { KeyRing, VerificationKey } from './key-ring.ts';
import { limits } from './limits.ts';
import { LruMap } from './lru-map.ts';
import { parseStrictJwt } from './strict-jwt.ts';

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
    const { header, payload } = parseStrictJwt(token, invalid);
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

function invalid(reason: string): ServiceError {
  return new ServiceError('InvalidToken', `Invalid token error: ${reason}`);
}
