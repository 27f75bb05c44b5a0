import crypto from 'node:crypto';
import { withoutSensitive } from '../../framework/sensitive-fields.ts';
import type { DriverConfig, DriverDefinition } from '../../framework/driver.ts';
import type { Tokens } from '../../framework/token.ts';
import { apiVersion, type UrlBuilder } from '../url-builder.ts';

export interface TriggerUrlOptions {
  readonly tokens: Tokens;
  /** `token`: a signed URL as Rancher 1.3 to 1.4 gave out; `key`: the form of 1.5 and later. */
  readonly style: 'token' | 'key';
  /** Replaces scheme, host, port and prefix of every URL that is shown. */
  readonly publicUrl?: string;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const keyLength = 40;
/** A URL may have 8 KiB with most senders and proxies, characters. */
const longestToken = 6 * 1024;

/** A receiver's key as the Go service makes it: 40 letters and digits, about 238 bits. */
export function newReceiverKey(): string {
  return Array.from({ length: keyLength }, () => alphabet.charAt(crypto.randomInt(alphabet.length))).join('');
}

/** Makes the URL of a new receiver, and shows stored ones. */
export class TriggerUrls {
  readonly #options: TriggerUrlOptions;

  constructor(options: TriggerUrlOptions) {
    this.#options = options;
  }

  /** The URL to store: written once, at creation, and never computed again. */
  create(urls: UrlBuilder, projectId: string, key: string, definition: DriverDefinition, config: DriverConfig): string {
    const endpoint = this.#options.publicUrl ? `${this.#options.publicUrl}/${apiVersion}/endpoint` : urls.endpoint();
    const byKey = `${endpoint}?key=${key}&projectId=${projectId}`;
    if (this.#options.style === 'key' || !this.#options.tokens.canSign) return byKey;
    const claims = {
      config: definition.extension ? {} : withoutSensitive(definition, config),
      driver: definition.id,
      projectId,
      uuid: key,
    };
    const token = this.#options.tokens.sign(claims);
    // A config of very many labels would make a URL that neither we nor a proxy would take.
    return token.length > longestToken ? byKey : `${endpoint}?token=${token}`;
  }

  /** A stored URL as it is shown. */
  show(stored: string): string {
    const { publicUrl } = this.#options;
    const at = stored.indexOf(`/${apiVersion}/`);
    return publicUrl && at >= 0 ? publicUrl + stored.slice(at) : stored;
  }
}
