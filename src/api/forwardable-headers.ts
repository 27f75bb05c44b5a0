import type { IncomingHttpHeaders } from 'node:http';
import type { TriggerParameters } from './trigger-parameters.ts';

/** Headers that are credentials of the caller, or say something about the connection alone. */
const droppedHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
]);

/** A proxy in between may repeat the URL in a header of its own; a shorter text than any real credential may be anything. */
const shortestCredential = 16;

/** A sender's headers without the credentials, of the caller and of the trigger URL. */
export function forwardableHeaders(
  headers: IncomingHttpHeaders,
  { token, key }: Pick<TriggerParameters, 'token' | 'key'>,
): Record<string, string> {
  const credentials = [token, key].filter((text) => text.length >= shortestCredential);
  const kept: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value = ''] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (!droppedHeaders.has(name) && !credentials.some((credential) => text.includes(credential))) kept[name] = text;
  }
  return kept;
}
