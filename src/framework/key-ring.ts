import crypto, { type KeyObject } from 'node:crypto';

/** An RSA public key under its RFC 7638 thumbprint. */
export interface VerificationKey {
  readonly kid: string;
  readonly key: KeyObject;
}

/** Which keys sign and verify tokens. Parsed once. */
export interface KeyRing {
  /** Signs new tokens; absent where only public keys are known. */
  readonly signing?: { readonly kid: string; readonly key: KeyObject };
  /** At most three, the signing key's own first. */
  readonly verification: readonly VerificationKey[];
}

const maxKeys = 3;
const minModulusBits = 2048;

/**
 * @param privatePem the signing key, PKCS#1 or PKCS#8; undefined where tokens are verified alone.
 * @param publicPems one PEM text with one to three public keys, the accepted ones beside the signing key's own.
 * @throws Error with a text that names the fault and never the key.
 */
export function createKeyRing(privatePem: string | undefined, publicPems: string | undefined): KeyRing {
  const signingKey =
    privatePem === undefined ? undefined : parseKey(() => crypto.createPrivateKey(normalisePem(privatePem)), 'private');
  const publicKeys = splitPem(publicPems ?? '').map((pem) => parseKey(() => crypto.createPublicKey(pem), 'public'));
  if (publicPems !== undefined && publicKeys.length === 0) throw new Error('the public key is no PEM');
  if (signingKey) publicKeys.unshift(crypto.createPublicKey(signingKey));
  const byKid = new Map(publicKeys.map((key) => [thumbprint(key), key]));
  if (byKid.size > maxKeys) throw new Error(`there are ${byKid.size} public keys; at most ${maxKeys} are accepted`);
  const verification = [...byKid].map(([kid, key]) => ({ kid, key }));
  const own = verification[0];
  return Object.freeze({ verification, ...(signingKey && own && { signing: { kid: own.kid, key: signingKey } }) });
}

/** A fresh signing key as PKCS#8 PEM, 2048 bits. */
export function generatePrivateKeyPem(): string {
  return crypto
    .generateKeyPairSync('rsa', { modulusLength: minModulusBits })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

function parseKey(parse: () => KeyObject, kind: 'private' | 'public'): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    throw new Error(`the ${kind} key is no PEM of an RSA key`);
  }
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== 'rsa') throw new Error(`the ${kind} key is ${key.asymmetricKeyType}; RS256 needs an RSA key`);
  if ((modulusLength ?? 0) < minModulusBits)
    throw new Error(`the ${kind} key has ${modulusLength} bits; at least ${minModulusBits} are needed`);
  if (publicExponent !== 65537n) throw new Error(`the ${kind} key's exponent is ${publicExponent}; 65537 is needed`);
  return key;
}

/** Environment files and compose files often carry a PEM on one line with `\n` spelled out. */
function normalisePem(text: string): string {
  return text.replaceAll('\\n', '\n');
}

function splitPem(text: string): string[] {
  return normalisePem(text).match(/-----BEGIN ([A-Z ]*PUBLIC KEY)-----[\s\S]*?-----END \1-----/g) ?? [];
}

/** RFC 7638: SHA-256 over the required members in lexical order. */
function thumbprint(key: KeyObject): string {
  const { e, kty, n } = key.export({ format: 'jwk' });
  return crypto.createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}
