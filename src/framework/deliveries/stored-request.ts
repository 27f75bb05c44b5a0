import type { DeliveryRequest } from '../driver.ts';
import type { StoredRequest } from './delivery-record.ts';

/** What payload formats read, and what people need to tell where a request came from. Nothing that proves anything. */
const keptHeaders: ReadonlySet<string> = new Set([
  'accept',
  'content-language',
  'content-type',
  'date',
  'idempotency-key',
  'traceparent',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'x-amz-sns-message-id',
  'x-amz-sns-message-type',
  'x-amz-sns-topic-arn',
  'x-correlation-id',
  'x-event-key',
  'x-event-time',
  'x-forgejo-delivery',
  'x-forgejo-event',
  'x-forgejo-event-type',
  'x-gitea-delivery',
  'x-gitea-event',
  'x-gitea-event-type',
  'x-github-delivery',
  'x-github-event',
  'x-gitlab-event',
  'x-gitlab-event-uuid',
  'x-gitlab-instance',
  'x-gitlab-webhook-uuid',
  'x-nexus-webhook-delivery',
  'x-nexus-webhook-id',
  'x-request-id',
]);

/** Names of which all that begin so are kept, unless they look like a credential's. */
const keptPrefixes = ['aeg-', 'ce-', 'docker-distribution-', 'x-github-hook-', 'x-goog-pubsub-'] as const;

/** Longer values are cut, characters. */
const maxValueLength = 1_024;

/** Taken out altogether: what a trigger URL proves to know. */
const triggerParameters: ReadonlySet<string> = new Set(['key', 'token', 'projectId']);

/** A name is that of a credential if it has one of these words: `access_token`, `X-Amz-Signature`, `clientSecret`. */
const credentialWords: ReadonlySet<string> = new Set([
  'accesskey',
  'apikey',
  'assertion',
  'auth',
  'authentication',
  'authorization',
  'bearer',
  'code',
  'cookie',
  'credential',
  'credentials',
  'hmac',
  'jwt',
  'key',
  'oauth',
  'pass',
  'passphrase',
  'passwd',
  'password',
  'pat',
  'privatekey',
  'pwd',
  'sas',
  'secret',
  'session',
  'sessionid',
  'sig',
  'signature',
  'ticket',
  'token',
]);

const mask = '***';

/**
 * A request as it is kept: the headers of an allow-list, the query without credentials, the body as it came. A form's body is
 * empty by now.
 */
export function toStoredRequest({ headers, query, body }: DeliveryRequest): StoredRequest {
  const kept = Object.entries(headers).filter(([name]) => isKeptHeader(name.toLowerCase()));
  return {
    headers: Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), storedValue(value)])),
    query: maskQuery(query),
    body,
  };
}

/** Whether a header's value is stored with a delivery. @param name in lower case */
export function isKeptHeader(name: string): boolean {
  return keptHeaders.has(name) || (keptPrefixes.some((prefix) => name.startsWith(prefix)) && !isCredentialName(name));
}

function storedValue(value: string): string {
  return holdsCredential(value) ? mask : value.slice(0, maxValueLength);
}

/** The raw query without the trigger's own parameters, and with the values of what looks like a credential masked. */
function maskQuery(query: string): string {
  const parts = query.split('&').flatMap((part): string[] => {
    const [[name, value] = ['', '']] = new URLSearchParams(part);
    if (part === '' || triggerParameters.has(name)) return [];
    const end = part.indexOf('=');
    // A part without a name is a bare text: it may be anything.
    const isCredential = end < 0 ? holdsCredential(name) : isCredentialName(name) || holdsCredential(value);
    if (!isCredential) return [part];
    return [end < 0 ? mask : `${part.slice(0, end)}=${mask}`];
  });
  return parts.join('&');
}

function isCredentialName(name: string): boolean {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.some((word) => credentialWords.has(word) || credentialWords.has(word.replace(/(s|\d+)$/, '')));
}

/** A JWT, a URL with a user's password, a URL with a credential in its query: the trigger URL itself, as a rule. */
function holdsCredential(value: string): boolean {
  // Both in linear time, whatever the value.
  if (/\beyJ[\w-]{1,500}\.[\w-]/.test(value) || /:\/\/[^/?#\s:@]*:[^/?#\s@]*@/.test(value)) return true;
  return [...decoded(value).matchAll(/[?&;]([^=&;?\s]+)=/g)].some(([, name = '']) => isCredentialName(name));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
