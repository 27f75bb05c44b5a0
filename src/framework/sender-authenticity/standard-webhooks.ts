import crypto, { type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { isAnyOf } from './constant-time.ts';
import { requireHeader, type SenderCheck, type SenderProof, unauthorized } from './sender-proof.ts';

/** A key that signatures are made or verified with, and the version that they are marked with. */
type StandardKey =
  | { readonly version: 'v1'; readonly secret: Buffer }
  | { readonly version: 'v1a'; readonly publicKey: KeyObject };

/** How far the sender's clock may be from ours, seconds: what the specification's own libraries allow. */
const toleranceSeconds = 5 * 60;
/** More signatures than a sender that replaces its keys has. */
const maxSignatures = 10;

/**
 * `whsec_` or nothing, and then the base64 of a secret; or `whpk_` and that of an Ed25519 public key.
 * @returns undefined for anything else.
 */
export function parseStandardKey(text: string): StandardKey | undefined {
  const isPublic = text.startsWith('whpk_');
  const bytes = fromBase64(text.replace(/^(whsec|whpk)_/, ''));
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (!isPublic) return { version: 'v1', secret: bytes };
  if (bytes.length !== 32) return undefined;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  return { version: 'v1a', publicKey: crypto.createPublicKey({ key: jwk, format: 'jwk' }) };
}

/**
 * Standard Webhooks: `webhook-signature` over `webhook-id`, `webhook-timestamp` and the raw body.
 * @param now milliseconds since 1970
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardWebhooksCheck(keys: readonly StandardKey[], now: () => number): SenderCheck {
  return async (proof) => {
    const signed = signedContent(proof, now());
    const signatures = requireHeader(proof, 'webhook-signature').text.split(' ').slice(0, maxSignatures);
    let found = false;
    for (const key of keys) found = (await isSignedWith(key, signed, signatures)) || found;
    if (found) return;
    throw unauthorized(
      'The header webhook-signature fits no secret of this receiver: the sender has another, or the message was changed',
    );
  };
}

function signedContent(proof: SenderProof, now: number): Buffer {
  const id = requireHeader(proof, 'webhook-id');
  // Otherwise a part of the id could be taken for the timestamp, as the specification warns.
  if (id.text.includes('.')) throw unauthorized('The header webhook-id must not have a full stop');
  const timestamp = requireHeader(proof, 'webhook-timestamp');
  if (!/^\d{1,12}$/.test(timestamp.text)) throw unauthorized('The header webhook-timestamp must be whole seconds since 1970');
  const age = Math.floor(now / 1000) - Number(timestamp.text);
  if (Math.abs(age) > toleranceSeconds) {
    const what = age > 0 ? 'too old' : 'in the future';
    throw unauthorized(`The header webhook-timestamp is ${what}: it may be ${toleranceSeconds / 60} minutes from our clock`);
  }
  const dot = Buffer.from('.');
  return Buffer.concat([id.bytes, dot, timestamp.bytes, dot, proof.body]);
}

async function isSignedWith(key: StandardKey, signed: Buffer, signatures: readonly string[]): Promise<boolean> {
  if (key.version === 'v1') {
    return isAnyOf(`v1,${crypto.createHmac('sha256', key.secret).update(signed).digest('base64')}`, signatures);
  }
  const given = signatures.flatMap((each) => (each.startsWith('v1a,') ? (fromBase64(each.slice('v1a,'.length)) ?? []) : []));
  const found = await Promise.all(given.map((bytes) => verify(signed, key.publicKey, bytes)));
  return found.includes(true);
}

/** Beside the event loop, since each goes through the whole body. */
const verify = promisify((signed: Buffer, key: KeyObject, signature: Buffer, done: (error: Error | null, is: boolean) => void) =>
  crypto.verify(null, signed, key, signature, done),
);

/** Undefined unless it is written as base64 is written, with or without padding. */
function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const canonical = bytes.toString('base64');
  return text === canonical || text === canonical.replace(/=+$/, '') ? bytes : undefined;
}
