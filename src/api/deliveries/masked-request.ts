import { isUtf8 } from 'node:buffer';
import type { StoredRequest } from '../../framework/deliveries/delivery-record.ts';
import type { JsonObject } from '../../framework/json.ts';

/** What stands in the place of a value that may be a credential. */
const mask = '*****';
const credentialName = /auth|cookie|credential|jwt|(^|[-_])key$|api-?key|passw|secret|session|signature|token/i;

/**
 * The request that came, for people. Nothing that was stored should be a credential; what is called like one is not shown.
 * @param withBody only for who may write: nobody knows what senders put into it.
 */
export function maskedRequest({ headers, query, body }: StoredRequest, withBody: boolean): JsonObject {
  const shown = Object.entries(headers).map(([name, value]) => [name, credentialName.test(name) ? mask : value]);
  const text = isUtf8(body);
  return {
    headers: Object.fromEntries(shown),
    query: maskedQuery(query),
    bodyBytes: body.length,
    ...(withBody && { body: body.toString(text ? 'utf8' : 'base64'), bodyEncoding: text ? 'utf8' : 'base64' }),
  };
}

/** Kept as it was written, but for the values that are masked. */
function maskedQuery(query: string): string {
  const parts = query.split('&').map((part) => {
    const [name = ''] = part.split('=', 1);
    return part.includes('=') && credentialName.test(decoded(name)) ? `${name}=${mask}` : part;
  });
  return parts.join('&');
}

function decoded(name: string): string {
  return [...new URLSearchParams(name).keys()][0] ?? name;
}
