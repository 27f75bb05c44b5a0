import { coerceError, ServiceError } from '../../framework/errors.ts';
import { isJsonObject, type JsonObject } from '../../framework/json.ts';
import type {
  KubernetesCluster,
  KubernetesKind,
  KubernetesKinds,
  KubernetesList,
  PatchOutcome,
  StrategicMergePatch,
  WatchEvent,
  WatchOptions,
  WorkloadKind,
} from './kubernetes-clusters.ts';
import { answerError, callError } from './kubernetes-error.ts';

/** One HTTP call to a cluster; credentials, TLS and the server's address are the sender's business. */
export interface ApiCall {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  text(): Promise<string>;
  chunks(): AsyncIterable<Uint8Array>;
}

/** Gets a call ready, with credentials that may have to be fetched; what it returns sends it, at once. */
export type PrepareCall = (call: ApiCall) => Promise<() => Promise<ApiAnswer>>;

/** Deadline of every call but a watch, milliseconds. */
const timeoutMs = 10_000;

const groups: Readonly<Record<KubernetesKind, { readonly group: string; readonly resource: string }>> = {
  deployment: { group: 'apps', resource: 'deployments' },
  pod: { group: '', resource: 'pods' },
};

/** Newest first; the last two are all that the Kubernetes 1.8 of Rancher 1.6 has. */
const versions = ['v1', 'v1beta2', 'v1beta1'];

/** The Kubernetes API as the driver needs it, in the newest version that the server has. */
export class KubernetesApi implements KubernetesCluster {
  readonly name: string;
  readonly #prepare: PrepareCall;
  #appsVersion: string | undefined;

  constructor(name: string, prepare: PrepareCall) {
    this.name = name;
    this.#prepare = prepare;
  }

  async get<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<KubernetesKinds[K] | undefined> {
    const path = await this.#path(kind, namespace, signal, name);
    const answer = await this.#call({ method: 'GET', path, signal });
    return answer.status === 404 ? undefined : this.#object(answer);
  }

  async patch<K extends WorkloadKind>(
    kind: K,
    namespace: string,
    name: string,
    patch: StrategicMergePatch,
    signal: AbortSignal,
    before: () => Promise<void>,
  ): Promise<PatchOutcome<KubernetesKinds[K]>> {
    const path = await this.#path(kind, namespace, signal, name);
    const body = JSON.stringify(patch);
    const contentType = 'application/strategic-merge-patch+json';
    const query = { fieldManager: 'webhook-service' };
    const answer = await this.#call({ method: 'PATCH', path, query, body, contentType, signal }, before);
    if (answer.status === 409) return { kind: 'conflict' };
    if (answer.status === 404) return { kind: 'missing' };
    return { kind: 'patched', object: this.#object(answer) };
  }

  async list<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    labelSelector: string,
    signal: AbortSignal,
  ): Promise<KubernetesList<KubernetesKinds[K]>> {
    const path = await this.#path(kind, namespace, signal);
    const { items, metadata } = this.#object(await this.#call({ method: 'GET', path, query: { labelSelector }, signal }));
    const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
    return { items: Array.isArray(items) ? items : [], resourceVersion: typeof version === 'string' ? version : '0' };
  }

  async *watch<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    { resourceVersion, fieldSelector, labelSelector, timeoutSeconds, signal }: WatchOptions,
  ): AsyncGenerator<WatchEvent<KubernetesKinds[K]>> {
    const query = {
      watch: 'true',
      resourceVersion,
      timeoutSeconds: String(timeoutSeconds),
      ...(fieldSelector !== undefined && { fieldSelector }),
      ...(labelSelector !== undefined && { labelSelector }),
    };
    const path = await this.#path(kind, namespace, signal);
    const answer = await this.#attempt(signal, async () => (await this.#prepare({ method: 'GET', path, query, signal }))());
    if (answer.status !== 200) throw answerError(this.name, answer.status, await answer.text());
    for await (const line of lines(answer.chunks())) {
      const event: unknown = JSON.parse(line);
      if (!isJsonObject(event)) continue;
      const { type, object } = event;
      if (type === 'ERROR') throw answerError(this.name, errorCode(object), JSON.stringify(object));
      if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') yield { type, object: object as KubernetesKinds[K] };
    }
  }

  async #path(kind: KubernetesKind, namespace: string, signal: AbortSignal, name?: string): Promise<string> {
    const { group, resource } = groups[kind];
    const prefix = group === '' ? '/api/v1' : `/apis/${group}/${await this.#version(signal)}`;
    const path = `${prefix}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
    return name === undefined ? path : `${path}/${encodeURIComponent(name)}`;
  }

  async #version(signal: AbortSignal): Promise<string> {
    if (this.#appsVersion !== undefined) return this.#appsVersion;
    const answer = await this.#call({ method: 'GET', path: '/apis/apps', signal });
    // Some clusters hide discovery; whatever is that strict is new enough.
    if (answer.status === 403) return 'v1';
    const { versions: served } = this.#object(answer);
    const names = Array.isArray(served) ? served.map((each: unknown) => (isJsonObject(each) ? each['version'] : undefined)) : [];
    const version = versions.find((each) => names.includes(each));
    if (version === undefined)
      throw new ServiceError('Refused', `Kubernetes cluster ${this.name} serves no known version of the API group apps`);
    this.#appsVersion = version;
    return version;
  }

  async #call(
    call: ApiCall,
    before?: () => Promise<void>,
  ): Promise<{ status: number; headers: ApiAnswer['headers']; text: string }> {
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
    const send = await this.#attempt(call.signal, () => inTime(this.#prepare({ ...call, signal }), signal));
    // Not part of the attempt: its errors are no faults of the cluster's.
    await before?.();
    return this.#attempt(call.signal, async () => {
      const answer = await send();
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    });
  }

  /** Whatever has no whole answer is `Unavailable`, unless the caller gave up. */
  async #attempt<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown instanceof ServiceError ? thrown : callError(this.name, thrown, timeoutMs);
    }
  }

  #object({ status, headers, text }: { status: number; headers: ApiAnswer['headers']; text: string }): JsonObject {
    if (status < 200 || status > 299) throw answerError(this.name, status, text, headers['retry-after']);
    try {
      const object: unknown = JSON.parse(text);
      if (isJsonObject(object)) return object;
    } catch {
      // Rancher's proxy shows its login page to a key that it does not know.
    }
    throw new ServiceError(
      'Unavailable',
      `Kubernetes cluster ${this.name} answered with something else than a Kubernetes object`,
    );
  }
}

/** A credential may come from a program or a server that knows no signal. */
async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(coerceError(signal.reason));
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function errorCode(status: unknown): number {
  return isJsonObject(status) && typeof status['code'] === 'number' ? status['code'] : 500;
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((line) => line.trim() !== '');
  }
}
