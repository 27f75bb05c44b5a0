import { isJsonObject, type JsonObject } from './json.ts';

export interface JwtParts {
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/** Makes the error for a token that is refused. `reason` never holds any part of it. */
type Refuse = (reason: string) => Error;

/**
 * Everything about an RS256 token in compact form that can be refused before any cryptography. Stricter than the libraries,
 * which read base64url leniently, so that one signed text has exactly one spelling (RFC 8725, and draft-ietf-oauth-rfc8725bis
 * 3.14).
 * @throws what `refuse` makes.
 */
export function parseStrictJwt(token: string, refuse: Refuse): JwtParts {
  const parts = token.split('.');
  const [head, body, signature] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) {
    throw refuse('token contains an invalid number of segments');
  }
  const header = parsePart(head, refuse);
  requireUniqueNames(head, header, refuse);
  const { alg, typ, crit, kid } = header;
  if (alg !== 'RS256')
    throw refuse(`Unexpected signing method: ${typeof alg === 'string' && /^\w{1,10}$/.test(alg) ? alg : 'unknown'}`);
  if (typ !== undefined && (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')) throw refuse('the token is of another type');
  if (crit !== undefined) throw refuse('the token has critical header fields');
  if (kid !== undefined && typeof kid !== 'string') throw refuse('the key id is no string');
  for (const field of ['jwk', 'jku', 'x5u', 'x5c', 'b64']) if (field in header) throw refuse('the token brings its own key');
  const payload = parsePart(body, refuse);
  if (signature === '') throw refuse('crypto/rsa: verification error');
  decodeCanonically(signature, refuse);
  return { header, payload };
}

/** A name that stands there twice is read one way here and another way there: only what JSON.stringify would write passes. */
function requireUniqueNames(head: string, header: JsonObject, refuse: Refuse): void {
  const written = Buffer.from(head, 'base64url').toString('utf8');
  if (JSON.stringify(header).replace(/\s/g, '') !== written.replace(/\s/g, '')) throw refuse('the header is ambiguous');
}

function parsePart(part: string, refuse: Refuse): JsonObject {
  const text = decodeCanonically(part, refuse).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('a segment is no JSON');
  }
  if (!isJsonObject(value)) throw refuse('a segment is no JSON object');
  return value;
}

function decodeCanonically(part: string, refuse: Refuse): Buffer {
  const illegal = part.search(/[^A-Za-z0-9_-]/);
  if (illegal >= 0) throw refuse(`illegal base64 data at input byte ${illegal}`);
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw refuse(`illegal base64 data at input byte ${part.length - 1}`);
  return bytes;
}
