import crypto from 'node:crypto';
import { isAnyOf } from './constant-time.ts';
import { requireHeader, type SenderCheck, unauthorized } from './sender-proof.ts';

export interface BodySignature {
  readonly header: string;
  readonly hash: 'sha1' | 'sha256';
  /** What stands before the digits. */
  readonly prefix: string;
  /** Whether the secret itself, in place of a signature, is a proof too. */
  readonly plainToo?: boolean;
}

/** @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
export const githubSignature: BodySignature = { header: 'X-Hub-Signature-256', hash: 'sha256', prefix: 'sha256=' };

/** @see https://help.sonatype.com/en/working-with-hmac-payloads.html */
export const nexusSignature: BodySignature = { header: 'X-Nexus-Webhook-Signature', hash: 'sha1', prefix: '' };

/**
 * The signature with "Use secret for payload signing", the secret without. Taking both gives nothing away: whoever knows the
 * secret can sign.
 * @see https://jfrog.com/help/r/jfrog-platform-administration-documentation/webhooks
 */
export const artifactorySignature: BodySignature = {
  header: 'X-JFrog-Event-Auth',
  hash: 'sha256',
  prefix: '',
  plainToo: true,
};

/** A header that is the HMAC of the raw body, in lower-case hexadecimal digits. */
export function bodySignatureCheck({ header, hash, prefix, plainToo }: BodySignature, secrets: readonly string[]): SenderCheck {
  return (proof) => {
    const { text, bytes } = requireHeader(proof, header);
    const signatures = secrets.map((secret) => prefix + crypto.createHmac(hash, secret).update(proof.body).digest('hex'));
    if (isAnyOf(bytes, plainToo ? [...signatures, ...secrets] : signatures)) return;
    const [expected = ''] = signatures;
    const isForm = text.startsWith(prefix) && text.length === expected.length && /^[0-9a-f]+$/.test(text.slice(prefix.length));
    if (!isForm && !plainToo) throw unauthorized(`The header ${header} must be ${formOf(prefix, expected)}`);
    throw unauthorized(`The header ${header} fits no secret of this receiver: the sender has another, or the body was changed`);
  };
}

function formOf(prefix: string, expected: string): string {
  const digits = `${expected.length - prefix.length} hexadecimal digits in lower case`;
  return prefix === '' ? digits : `${prefix} and ${digits}`;
}
