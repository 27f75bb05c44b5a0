import http from 'node:http';
import type https from 'node:https';
import type { Response } from 'node-fetch';
import { coerceError, parseRetryAfter } from '../framework/errors.ts';
import { isJsonObject, type JsonObject } from '../framework/json.ts';
import { RancherError } from './rancher-error.ts';

export interface CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; a string is taken for JSON. */
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Response['headers'];
  readonly text: string;
}

/** Longest answer that is read, bytes: Cattle's largest page (3,000 services) is well below. */
const maxAnswerBytes = 64 * 1024 * 1024;

const agentOptions = { keepAlive: true, maxSockets: 64, keepAliveMsecs: 1000 } as const;

/** Keeps connections open and gives every call a deadline. Never follows a redirect: it would carry the key along. */
export class HttpCaller {
  readonly #http = new http.Agent(agentOptions);
  #https: https.Agent | undefined;
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** @throws RancherError `unreachable` where there is no whole answer in time. */
  async call(options: CallOptions): Promise<Answer> {
    try {
      // A program that waits for its first call does without four megabytes.
      const { default: fetch } = await import('node-fetch');
      const response = await fetch(options.url, {
        method: options.method,
        // A service proxy may be reached by another scheme than Rancher itself: by its public address, for one.
        agent: ({ protocol }) => (protocol === 'https:' ? this.#secure() : this.#http),
        redirect: 'manual',
        size: maxAnswerBytes,
        signal: AbortSignal.timeout(this.#timeoutMs),
        ...(options.headers && { headers: { ...options.headers } }),
        ...(options.body !== undefined && { body: options.body }),
      });
      return { status: response.status, statusText: response.statusText, headers: response.headers, text: await response.text() };
    } catch (thrown) {
      throw unreachable(options, coerceError(thrown), this.#timeoutMs);
    }
  }

  #secure(): https.Agent {
    const { Agent } = process.getBuiltinModule('node:https');
    return (this.#https ??= new Agent(agentOptions));
  }

  close(): void {
    this.#http.destroy();
    this.#https?.destroy();
  }
}

function unreachable({ method, url }: CallOptions, error: Error, timeoutMs: number): RancherError {
  const { origin, pathname } = URL.canParse(url) ? new URL(url) : { origin: '', pathname: 'an address that is no URL' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const what = error.name === 'TimeoutError' || error.name === 'AbortError' ? `no answer within ${timeoutMs / 1000} s` : code;
  // The query is left out: a receiver's key may be in it.
  return new RancherError('unreachable', `${method} ${origin}${pathname}: ${what}`, { cause: error });
}

/** @throws RancherError `answer` if the answer is no success, with go-rancher's text. */
export function requireSuccess(answer: Answer, options: CallOptions): void {
  if (answer.status >= 200 && answer.status < 300) return;
  const body = options.method === 'DELETE' ? {} : parseObject(answer.text);
  throw new RancherError('answer', apiErrorText(answer, body, options.url), {
    status: answer.status,
    retryAfterSeconds: parseRetryAfter(answer.headers.get('retry-after')),
  });
}

/** @throws RancherError `unreachable` if a success has no JSON object for a body. */
export function requireObject(answer: Answer, options: CallOptions): JsonObject {
  requireSuccess(answer, options);
  const object = parseObject(answer.text);
  if (Object.keys(object).length === 0) {
    throw new RancherError('unreachable', `${options.method} ${new URL(options.url).pathname}: the answer is no JSON object`);
  }
  return object;
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The entries that go-rancher's ApiError leaves out. */
const notShown = new Set(['id', 'links', 'actions', 'type', 'status']);

function apiErrorText(answer: Answer, body: JsonObject, url: string): string {
  const entries = Object.entries(body)
    .filter(([name, value]) => !notShown.has(name) && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .toSorted();
  const reason = answer.statusText || http.STATUS_CODES[answer.status] || '';
  const shownUrl = url.replace(/([?&](?:key|token)=)[^&]*/g, '$1…');
  return `Bad response statusCode [${answer.status}]. Status [${answer.status} ${reason}]. Body: [${entries.join(', ')}] from [${shownUrl}]`;
}
