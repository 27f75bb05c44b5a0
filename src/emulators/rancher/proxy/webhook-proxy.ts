import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../../shared/read-body.ts';
import type { Caller } from '../auth/caller.ts';
import { ApiError } from '../http/api-error.ts';
import { endToEndHeaders, forward } from './forward.ts';

const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE', 'HEAD']);
const formType = 'application/x-www-form-urlencoded';
const dropped = ['host', 'authorization', 'content-length', 'x-api-auth-header', 'x-api-project-id', 'x-api-roles'];

/** Paths that anybody may call (Cattle IaasApiConfig): a prefix, so `/v1-webhooks/endpointX` too. */
export function isOpenPath(path: string): boolean {
  return path.startsWith('/v1-webhooks/endpoint');
}

export interface WebhookProxyRequest {
  readonly target: string;
  /** Path as received. */
  readonly path: string;
  /** Query as received, without the question mark. */
  readonly rawQuery: string;
  /** Undefined on the open paths. */
  readonly caller: Caller | undefined;
  /** Scheme, host and port as the caller sees them. */
  readonly base: string;
  readonly bodyLimit: number;
}

/**
 * Hands a request to the webhook-service as Cattle's GenericWhitelistedProxy does: Host, Authorization and the identity
 * headers are replaced, the query is decoded once and encoded again (so `%26` in a value splits it), a form body is rebuilt
 * from query and body together, and every other body is passed through.
 *
 * @throws ApiError 400 `Invalid method`, 503 if the service does not answer.
 */
export async function proxyToWebhooks(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  request: WebhookProxyRequest,
): Promise<void> {
  const method = incoming.method ?? 'GET';
  if (!methods.has(method)) throw new ApiError(400, 'Invalid method', { message: 'Invalid method' });
  const url = new URL(request.target);
  url.pathname = request.path;
  url.search = reencode(request.rawQuery);
  const isForm = incoming.headers['content-type'] === formType;
  const form = isForm ? Buffer.from(mergeForm(request.rawQuery, await readBody(incoming, request.bodyLimit))) : undefined;
  const length = form?.length ?? incoming.headers['content-length'];
  const headers: IncomingHttpHeaders = {
    ...identityHeaders(request, incoming.headers),
    ...(length === undefined ? {} : { 'content-length': String(length) }),
  };
  const isAnswered = await forward(incoming, outgoing, { url, method, headers, ...(form ? { body: form } : {}) });
  if (!isAnswered) throw new ApiError(503, 'ServiceUnavailable', { message: 'webhook-service does not answer' });
}

function identityHeaders({ caller, base }: WebhookProxyRequest, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = Object.fromEntries(Object.entries(endToEndHeaders(headers)).filter(([name]) => !dropped.includes(name)));
  for (const [name, value] of Object.entries(kept)) if (typeof value === 'string') kept[name] = value.replace(/^rancher:/, '');
  const authorization = headers['x-api-auth-header'];
  const isSecure = base.startsWith('https:') && headers['x-forwarded-proto'] === undefined;
  return {
    ...kept,
    host: new URL(base).host,
    'x-api-project-id': caller?.scope ?? '',
    'x-api-roles': caller?.role ?? '',
    ...(typeof authorization === 'string' ? { authorization } : {}),
    ...(isSecure ? { 'x-forwarded-proto': 'https' } : {}),
  };
}

/** Decodes the whole query, then splits and encodes it anew. */
function reencode(rawQuery: string): string {
  if (rawQuery === '') return '';
  let decoded = rawQuery;
  try {
    decoded = decodeURIComponent(rawQuery.replaceAll('+', ' '));
  } catch {
    // An invalid escape stays as it is.
  }
  const encode = (text: string): string => encodeURIComponent(text);
  return decoded
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? encode(pair) : `${encode(pair.slice(0, at))}=${encode(pair.slice(at + 1))}`;
    })
    .join('&');
}

function mergeForm(rawQuery: string, body: Buffer): string {
  const merged = new URLSearchParams(rawQuery);
  for (const [name, value] of new URLSearchParams(body.toString())) merged.append(name, value);
  return merged.toString();
}
