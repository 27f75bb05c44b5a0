import crypto, { type KeyObject } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../framework/json.ts';

/** More keys than any issuer has. */
const maxKeys = 100;
const maxKeyIdLength = 256;
/** A larger key would make each verification dear. */
const modulusBits = { min: 2_048, max: 8_192 };
const maxExponent = 2n ** 32n;
/** The longest spellings of both, characters: Node takes a second to tell how large an exponent of 100 kB is. */
const maxLength = { modulus: Math.ceil(modulusBits.max / 6) + 2, exponent: 8 };

/**
 * The RS256 keys of a JSON Web Key Set by their ids; what is no such key is passed over, and of two with one id the first counts.
 * @throws Error for what is no key set, or one without any such key.
 * @see https://www.rfc-editor.org/rfc/rfc7517
 */
export function parseKeySet(value: unknown): ReadonlyMap<string, KeyObject> {
  const listed: unknown = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(listed)) throw new Error('the answer is no key set');
  const keys = new Map<string, KeyObject>();
  for (const jwk of (listed as unknown[]).slice(0, maxKeys)) {
    const id = isJsonObject(jwk) ? jwk['kid'] : undefined;
    if (!isJsonObject(jwk) || typeof id !== 'string' || id === '' || id.length > maxKeyIdLength || keys.has(id)) continue;
    const key = parseKey(jwk);
    if (key !== undefined) keys.set(id, key);
  }
  if (keys.size === 0) throw new Error('the key set has no RSA key that tokens could be signed with');
  return keys;
}

function parseKey({ kty, use, alg, n, e }: JsonObject): KeyObject | undefined {
  const isForTokens = kty === 'RSA' && (use === undefined || use === 'sig') && (alg === undefined || alg === 'RS256');
  if (!isForTokens || typeof n !== 'string' || typeof e !== 'string') return undefined;
  if (n.length > maxLength.modulus || e.length > maxLength.exponent) return undefined;
  try {
    const key = crypto.createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    const isFit = modulusLength >= modulusBits.min && modulusLength <= modulusBits.max;
    return isFit && publicExponent > 2n && publicExponent < maxExponent ? key : undefined;
  } catch {
    return undefined;
  }
}
