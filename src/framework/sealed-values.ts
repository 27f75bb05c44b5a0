import crypto from 'node:crypto';
import { ServiceError } from './errors.ts';
import type { KeyRing } from './key-ring.ts';

const prefix = 'sealed:v1:';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals secrets before Rancher, whose members may all read a genericObject, sees them: AES-256-GCM under a key derived by
 * HKDF from the RSA private key. An envelope is `sealed:v1:<key id>:<base64url of nonce, text, tag>` and opens only for the
 * `purpose` it was sealed for.
 */
export class SealedValues {
  readonly #keyId: string;
  readonly #key: Buffer | undefined;

  constructor(ring: KeyRing) {
    this.#keyId = ring.signing?.kid ?? '';
    const secret = ring.signing?.key.export({ type: 'pkcs8', format: 'der' });
    this.#key = secret && Buffer.from(crypto.hkdfSync('sha256', secret, '', 'webhook-service sealed values v1', 32));
  }

  static isSealed(value: unknown): value is string {
    return typeof value === 'string' && value.startsWith(prefix);
  }

  /** @throws ServiceError `Internal` without a private key. */
  seal(secret: string, purpose: string): string {
    const nonce = crypto.randomBytes(nonceBytes);
    const cipher = crypto.createCipheriv('aes-256-gcm', this.#requireKey(), nonce).setAAD(Buffer.from(purpose));
    const text = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${prefix}${this.#keyId}:${text.toString('base64url')}`;
  }

  /** @throws ServiceError `BadReceiver` if the envelope is broken, of another key or for another purpose. */
  open(envelope: string, purpose: string): string {
    const [keyId, text = '', ...more] = envelope.slice(prefix.length).split(':');
    const key = this.#requireKey();
    if (keyId !== this.#keyId) throw new ServiceError('BadReceiver', 'A secret of this receiver was sealed with another RSA key');
    const bytes = Buffer.from(text, 'base64url');
    if (more.length > 0 || bytes.length < nonceBytes + tagBytes || bytes.toString('base64url') !== text) throw changedInStore();
    try {
      const decipher = crypto
        .createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(purpose));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw changedInStore(cause);
    }
  }

  #requireKey(): Buffer {
    if (!this.#key) throw new ServiceError('Internal', 'Secrets cannot be sealed without RSA_PRIVATE_KEY_CONTENTS');
    return this.#key;
  }
}

function changedInStore(cause?: unknown): ServiceError {
  return new ServiceError('BadReceiver', 'A secret of this receiver cannot be opened: it was changed in the store', { cause });
}
