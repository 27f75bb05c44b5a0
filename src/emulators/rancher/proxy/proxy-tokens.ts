import { randomUUID } from 'node:crypto';
import type { ProxyTarget } from '../http/api-request.ts';

const lifetimeMs = 5 * 60_000;
const most = 1_000;

/** Tokens that open a proxy for five minutes; the oldest go when there are too many. */
export class ProxyTokens {
  readonly #tokens = new Map<string, { target: ProxyTarget; until: number }>();

  issue(target: ProxyTarget): string {
    const token = randomUUID();
    this.#tokens.set(token, { target, until: Date.now() + lifetimeMs });
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= most) break;
      this.#tokens.delete(oldest);
    }
    return token;
  }

  redeem(token: string): ProxyTarget | undefined {
    const entry = this.#tokens.get(token);
    return entry && entry.until > Date.now() ? entry.target : undefined;
  }
}
