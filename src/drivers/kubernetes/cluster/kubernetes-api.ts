import { coerceError, ServiceError } from '../../../framework/errors.ts';
import { isJsonObject, type JsonObject } from '../../../framework/json.ts';
import { pathPart } from '../../../rancher/path-part.ts';
import { type ApiPlace, apiResources } from './api-resources.ts';
import { faultOf } from './check-object.ts';
import type {
  KubernetesCluster,
  KubernetesKind,
  KubernetesKinds,
  KubernetesList,
  PatchOutcome,
  StrategicMergePatch,
  WatchEvent,
  WatchOptions,
} from './kubernetes-clusters.ts';
import { answerError, callError } from './kubernetes-error.ts';
import { AnswerTooLargeError, maxListBytes, maxObjectBytes, readLines, readText } from './read-answer.ts';

/** One HTTP call to a cluster; credentials, TLS and the server's address are the sender's business. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  chunks(): AsyncIterable<Uint8Array>;
}

/** Gets a call ready, with credentials that may have to be fetched; what it returns sends it, at once. */
export type PrepareCall = (call: ApiCall) => Promise<() => Promise<ApiAnswer>>;

/** Deadline of every call but a watch, milliseconds. */
const timeoutMs = 10_000;
/** For how long a group that is not there is not asked for again, milliseconds: a proxy in between may say so for a while. */
const missingMs = 30_000;
/** Most objects of one list: of more no update could be followed. */
const maxItems = 10_000;

/** The Kubernetes API as the driver needs it, in the newest version that the server has. */
export class KubernetesApi implements KubernetesCluster {
  readonly name: string;
  readonly #prepare: PrepareCall;
  /** Group → its versions; kind → the prefix of its paths. */
  readonly #versions = new Map<string, readonly string[]>();
  /** Until when a group counts as not there. */
  readonly #missing = new Map<string, number>();
  readonly #prefixes = new Map<KubernetesKind, string>();

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
    return answer.status === 404 ? undefined : this.#checked(kind, this.#object(answer));
  }

  async patch<K extends KubernetesKind>(
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
    return { kind: 'patched', object: this.#checked(kind, this.#object(answer)) };
  }

  async create<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    object: KubernetesKinds[K],
    signal: AbortSignal,
    before: () => Promise<void>,
  ): Promise<KubernetesKinds[K] | undefined> {
    const path = await this.#path(kind, namespace, signal);
    const body = JSON.stringify(object);
    const query = { fieldManager: 'webhook-service' };
    const answer = await this.#call({ method: 'POST', path, query, body, contentType: 'application/json', signal }, before);
    return answer.status === 409 ? undefined : this.#checked(kind, this.#object(answer));
  }

  async delete(
    kind: KubernetesKind,
    namespace: string,
    name: string,
    read: { readonly uid: string; readonly resourceVersion?: string },
    signal: AbortSignal,
    before: () => Promise<void>,
  ): Promise<void> {
    const path = await this.#path(kind, namespace, signal, name);
    // Before apps/v1 what a Deployment owns would stay.
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: read, propagationPolicy: 'Background' };
    const body = JSON.stringify(options);
    const answer = await this.#call({ method: 'DELETE', path, body, contentType: 'application/json', signal }, before);
    if (answer.status !== 404 && answer.status !== 409) this.#object(answer);
  }

  async list<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    labelSelector: string,
    signal: AbortSignal,
  ): Promise<KubernetesList<KubernetesKinds[K]>> {
    const path = await this.#path(kind, namespace, signal);
    const call: ApiCall = { method: 'GET', path, query: { labelSelector }, signal };
    const { items, metadata } = this.#object(await this.#call(call, undefined, maxListBytes));
    const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
    const found: readonly unknown[] = Array.isArray(items) ? items : [];
    if (found.length > maxItems)
      throw new ServiceError(
        'Refused',
        `Kubernetes cluster ${this.name} has more than ${maxItems} ${kind} objects of these labels`,
      );
    return {
      items: found.map((item) => this.#checked(kind, item)),
      resourceVersion: typeof version === 'string' ? version : '0',
    };
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
    if (answer.status !== 200) {
      const text = await this.#attempt(signal, () => readText(answer.chunks(), maxObjectBytes));
      throw answerError(this.name, answer.status, text, answer.headers['retry-after']);
    }
    for await (const line of readLines(answer.chunks())) {
      const { type, object } = this.#parse(line);
      if (type === 'ERROR') throw answerError(this.name, errorCode(object), JSON.stringify(object));
      if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') yield { type, object: this.#checked(kind, object) };
    }
  }

  async #path(kind: KubernetesKind, namespace: string, signal: AbortSignal, name?: string): Promise<string> {
    const prefix = this.#prefixes.get(kind) ?? (await this.#prefix(kind, signal));
    const path = `${prefix}/namespaces/${this.#part(namespace)}/${apiResources[kind].resource}`;
    return name === undefined ? path : `${path}/${this.#part(name)}`;
  }

  /** Names come from lists as well: one that is none would make a call about one object into a call about all. */
  #part(name: string): string {
    const part = pathPart(name);
    if (part === undefined) throw this.#strange(`the name "${name}", which is none`);
    return part;
  }

  /** The newest place of a kind that the server has; once found it is asked for no more. */
  async #prefix(kind: KubernetesKind, signal: AbortSignal): Promise<string> {
    const { places, resource } = apiResources[kind];
    for (const place of places) {
      const { group, version } = place;
      if (group !== '') {
        const served = await this.#served(group, signal);
        // Some clusters hide discovery; whatever is that strict is new enough.
        if (served === undefined) return pathOf(place);
        if (!served.includes(version) || (place.unsure && !(await this.#hasResource(place, resource, signal)))) continue;
      }
      this.#prefixes.set(kind, pathOf(place));
      return pathOf(place);
    }
    const groups = [...new Set(places.map(({ group }) => group))];
    const missing = groups.every((group) => !this.#versions.has(group)) ? `: /apis/${groups.join(', /apis/')} is not found` : '';
    throw new ServiceError('Refused', `Kubernetes cluster ${this.name} serves no known version of ${resource}${missing}`);
  }

  /** The versions of a group; undefined where the server does not tell. */
  async #served(group: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const known = this.#versions.get(group);
    if (known !== undefined) return known;
    if (performance.now() < (this.#missing.get(group) ?? 0)) return [];
    const answer = await this.#call({ method: 'GET', path: `/apis/${group}`, signal });
    if (answer.status === 403) return undefined;
    if (answer.status === 404) {
      this.#missing.set(group, performance.now() + missingMs);
      return [];
    }
    const versions = textsOf(this.#object(answer)['versions'], 'version');
    this.#versions.set(group, versions);
    return versions;
  }

  async #hasResource(place: ApiPlace, resource: string, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#call({ method: 'GET', path: pathOf(place), signal });
    return answer.status === 403 || textsOf(this.#object(answer)['resources'], 'name').includes(resource);
  }

  async #call(
    call: ApiCall,
    before?: () => Promise<void>,
    maxBytes = maxObjectBytes,
  ): Promise<{ status: number; headers: ApiAnswer['headers']; text: string }> {
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
    const send = await this.#attempt(call.signal, () => inTime(this.#prepare({ ...call, signal }), signal));
    // Not part of the attempt: its errors are no faults of the cluster's.
    await before?.();
    return this.#attempt(call.signal, async () => {
      const answer = await send();
      return { status: answer.status, headers: answer.headers, text: await readText(answer.chunks(), maxBytes) };
    });
  }

  /** Whatever has no whole answer is `Unavailable`, unless the caller gave up. */
  async #attempt<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof AnswerTooLargeError) throw this.#strange(thrown.message);
      throw thrown instanceof ServiceError ? thrown : callError(this.name, thrown, timeoutMs);
    }
  }

  #object({ status, headers, text }: { status: number; headers: ApiAnswer['headers']; text: string }): JsonObject {
    if (status < 200 || status > 299) throw answerError(this.name, status, text, headers['retry-after']);
    return this.#parse(text);
  }

  #parse(text: string): JsonObject {
    try {
      const object: unknown = JSON.parse(text);
      if (isJsonObject(object)) return object;
    } catch {
      // Rancher's proxy shows its login page to a key that it does not know.
    }
    throw this.#strange('something else than a Kubernetes object');
  }

  #checked<K extends KubernetesKind>(kind: K, object: unknown): KubernetesKinds[K] {
    const fault = faultOf(kind, object);
    if (fault !== undefined) throw this.#strange(`a malformed ${kind}: ${fault}`);
    return object as KubernetesKinds[K];
  }

  #strange(what: string): ServiceError {
    return new ServiceError('Unavailable', `Kubernetes cluster ${this.name} answered with ${what}`);
  }
}

function pathOf({ group, version }: ApiPlace): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

function textsOf(list: unknown, field: string): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => (isJsonObject(each) && typeof each[field] === 'string' ? [each[field]] : []));
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
