import { type Answer, type CallOptions, HttpCaller } from './http-caller.ts';
import { ProjectClient } from './project-client.ts';
import { ProjectSchemasCache } from './project-schemas.ts';
import type { ForwardedAnswer, Rancher, RancherProject } from './rancher.ts';
import { parseRancherUrl, type RancherUrl } from './rancher-url.ts';

export interface RancherClientOptions {
  /** CATTLE_URL, in any of its forms. */
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The deadline of one call, milliseconds; 10 s if absent. */
  readonly timeoutMs?: number;
}

/** Longest part of a forwarded answer that is kept, characters. */
const maxForwardedText = 64 * 1024;

/** The v2-beta API of a Rancher 1.6 server, over connections that stay open. */
export class RancherClient implements Rancher {
  readonly url: RancherUrl;
  readonly #authorization: string;
  readonly #caller: HttpCaller;
  readonly #schemas: ProjectSchemasCache;

  constructor(options: RancherClientOptions) {
    this.url = parseRancherUrl(options.url);
    this.#authorization = `Basic ${Buffer.from(`${options.accessKey}:${options.secretKey}`).toString('base64')}`;
    this.#caller = new HttpCaller(options.timeoutMs ?? 10_000);
    this.#schemas = new ProjectSchemasCache((call) => this.call(call), this.url.api);
  }

  project(projectId: string): RancherProject {
    return new ProjectClient(projectId, this.url.api, this.#schemas, (call) => this.call(call));
  }

  /** True if work in this project needs no call for its schemas first. */
  knowsSchemas(projectId: string): boolean {
    return this.#schemas.has(projectId);
  }

  /** One call to the API with the service's key. @throws RancherError `unreachable` */
  call(options: CallOptions): Promise<Answer> {
    const contentType = options.method === 'GET' ? {} : { 'Content-Type': 'application/json' };
    return this.#caller.call({
      ...options,
      headers: { Accept: 'application/json', ...contentType, Authorization: this.#authorization },
    });
  }

  /** One call without the service's key; what the caller gives in `headers` is all there is. @throws RancherError `unreachable` */
  callAs(options: CallOptions): Promise<Answer> {
    return this.#caller.call(options);
  }

  async forward(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<ForwardedAnswer> {
    const withKey = { ...headers, authorization: this.#authorization };
    return forwarded(await this.#caller.call({ method: 'POST', url: this.url.root + path, headers: withKey, body }));
  }

  async forwardWithoutCredentials(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
  ): Promise<ForwardedAnswer> {
    return forwarded(await this.#caller.call({ method: 'POST', url, headers, body }));
  }

  close(): void {
    this.#caller.close();
  }
}

function forwarded({ status, text }: Answer): ForwardedAnswer {
  return { status, text: text.slice(0, maxForwardedText) };
}
