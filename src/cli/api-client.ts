import { readFileSync } from 'node:fs';
import { coerceError } from '../framework/errors.ts';
import { isJsonObject, type JsonObject } from '../framework/json.ts';
import { UsageError } from './command.ts';

/** The flags of every command that uses the API of a running service. */
export const apiFlags = ['url', 'key-file', 'project'] as const;

export type ApiFlag = (typeof apiFlags)[number];

export const apiFlagsHelp = `  --url URL          where the service is: WEBHOOK_URL, or http://127.0.0.1:8085
  --key-file FILE    a file with the API key as ACCESS:SECRET, such as <data folder>/admin-key; without it
                     WEBHOOK_ACCESS_KEY and WEBHOOK_SECRET_KEY, or CATTLE_ACCESS_KEY and CATTLE_SECRET_KEY
  --project ID       the project: 1a5`;

type Environment = Readonly<Record<string, string | undefined>>;

export interface ApiCall {
  /** What follows `/v1-webhooks/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Absent: a GET, else a POST with these headers. */
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The service's public API, as a person with an API key may use it. */
export class ApiClient {
  readonly #root: URL;
  readonly #key: string;
  readonly #project: string;

  /** @throws UsageError for flags that cannot be used. */
  constructor(flags: ReadonlyMap<string, string>, env: Environment) {
    this.#root = rootOf(flags.get('url') ?? env['WEBHOOK_URL'] ?? 'http://127.0.0.1:8085');
    this.#key = keyOf(flags.get('key-file'), env);
    this.#project = flags.get('project') ?? '1a5';
  }

  /** @returns the object that the API answers. @throws Error with what it says, or why it cannot be asked. */
  async call({ path, query = {}, body, headers = {} }: ApiCall, signal: AbortSignal): Promise<JsonObject> {
    const url = new URL(`v1-webhooks/${path}`, this.#root);
    for (const [name, value] of Object.entries({ projectId: this.#project, ...query })) url.searchParams.set(name, value);
    const method = body === undefined ? 'GET' : 'POST';
    const sent = { ...headers, authorization: `Basic ${Buffer.from(this.#key).toString('base64')}`, accept: 'application/json' };
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(url, {
        method,
        headers: sent,
        signal,
        redirect: 'error',
        ...(body && { body: new Uint8Array(body) }),
      });
      text = await answer.text();
    } catch (thrown) {
      const { cause, message } = coerceError(thrown);
      const why = cause === undefined ? message : coerceError(cause).message;
      throw new Error(`${this.#root.href} cannot be asked: ${why}; --url says where the service is`, { cause: thrown });
    }
    const object = objectOf(text);
    if (answer.ok && object !== undefined) return object;
    const said = typeof object?.['message'] === 'string' ? object['message'] : 'that is not the API of webhook-service';
    const hint = answer.status === 401 ? '; --key-file names the API key' : '';
    throw new Error(`${this.#root.href} answers ${answer.status}: ${said}${hint}`);
  }
}

/** With what stands before `/v1-webhooks`, behind a proxy. */
function rootOf(text: string): URL {
  const url = URL.parse(text.replace(/\/*(?:v1-webhooks\/*)?$/, '/'));
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url must be an http:// or https:// address, not ${text}`);
  return url;
}

function keyOf(file: string | undefined, env: Environment): string {
  const key = file === undefined ? keyIn(env, 'WEBHOOK') || keyIn(env, 'CATTLE') : read(file);
  if (key === '')
    throw new UsageError('no API key: --key-file FILE, or WEBHOOK_ACCESS_KEY and WEBHOOK_SECRET_KEY in the environment');
  return key;
}

function keyIn(env: Environment, prefix: string): string {
  const [access, secret] = [env[`${prefix}_ACCESS_KEY`] ?? '', env[`${prefix}_SECRET_KEY`] ?? ''];
  return access === '' || secret === '' ? '' : `${access}:${secret}`;
}

function read(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    throw new UsageError(`--key-file cannot be read: ${coerceError(thrown).message}`, { cause: thrown });
  }
  if (!/^[^:\s]+:\S+$/.test(text)) throw new UsageError(`--key-file ${file} holds no key of the form ACCESS:SECRET`);
  return text;
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
