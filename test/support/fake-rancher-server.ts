import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServerCall {
  readonly method: string;
  /** The raw path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a call in place of the fake and returns true; false leaves it to the fake. */
export type Fault = (call: ServerCall, response: ServerResponse) => boolean;

export type Stored = Record<string, unknown> & { readonly id: string; readonly type: string };

interface Login {
  readonly projects: readonly string[];
  readonly mayWrite: boolean;
}

export const serviceKey = { accessKey: 'access', secretKey: 'secret' } as const;

export function basic(accessKey: string, secretKey: string): string {
  return `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`;
}

/** The types that are offered, with the plural of their path. */
const plurals: Readonly<Record<string, string>> = { genericObject: 'genericobjects', service: 'services' };

/** A Rancher API over real HTTP that counts what it is asked: two projects, two types, paging, faults. */
export class FakeRancherServer {
  readonly calls: ServerCall[] = [];
  /** By project and id. */
  readonly objects = new Map<string, Stored>();
  readonly logins = new Map<string, Login>();
  readonly projects = new Set(['1a5', '1a7']);
  /** Methods of a type's collection, for schemas that change. */
  collectionMethods: string[] = ['GET', 'POST'];
  fault: Fault = () => false;
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [path = '', query = ''] = (request.url ?? '').split('?');
      const { method = '', headers } = request;
      const call = { method, path, query: new URLSearchParams(query), headers, body: Buffer.concat(chunks).toString() };
      this.calls.push(call);
      if (!this.fault(call, response)) this.#answer(call, response);
    });
  });
  #nextId = 1;

  async start(): Promise<this> {
    this.logins.set(basic(serviceKey.accessKey, serviceKey.secretKey), { projects: [...this.projects], mayWrite: true });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What CATTLE_URL would be. */
  get url(): string {
    return `${this.origin}/v1`;
  }

  /** `GET genericobjects?key=x` for every call, schemas as `GET schemas`. */
  get asked(): string[] {
    return this.calls.map(({ method, path, query }) => {
      query.delete('limit');
      const text = query.toString();
      return `${method} ${path.replace(/^\/v2-beta\/projects\/[^/]*\//, '')}${text === '' ? '' : `?${text}`}`;
    });
  }

  /** Puts a resource there as if another program had. */
  put(fields: Record<string, unknown>, { projectId = '1a5', type = 'genericObject' } = {}): Stored {
    const id = `1go${this.#nextId++}`;
    const stored = { id, type, kind: 'webhookReceiver', state: 'active', removed: null, ...fields };
    this.objects.set(`${projectId}/${stored.id}`, stored);
    return stored;
  }

  object(id: string, projectId = '1a5'): Stored | undefined {
    return this.objects.get(`${projectId}/${id}`);
  }

  json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(body));
  }

  #error(response: ServerResponse, status: number, code: string): void {
    this.json(response, status, { type: 'error', links: {}, actions: {}, status, code, message: code, detail: null });
  }

  #answer(call: ServerCall, response: ServerResponse): void {
    const login = this.logins.get(call.headers.authorization ?? call.headers.cookie ?? '');
    if (!login) return this.#error(response, 401, 'Unauthorized');
    const [version, , project = '', collection = '', id, ...rest] = call.path.split('/').slice(1).map(decodeURIComponent);
    if (version !== 'v2-beta' || rest.length > 0) return this.#error(response, 404, 'Not Found');
    if (!this.projects.has(project) || !login.projects.includes(project)) return this.#error(response, 403, 'Forbidden');
    response.setHeader('X-API-Schemas', `${this.origin}/v2-beta/projects/${encodeURIComponent(project)}/schemas`);
    if (collection === 'schemas') return this.#schemas(response, project, id, login.mayWrite);
    const type = Object.keys(plurals).find((name) => plurals[name] === collection);
    if (type === undefined) return this.#error(response, 404, 'Not Found');
    return id === undefined ? this.#collection(call, response, project, type) : this.#resource(call, response, project, type, id);
  }

  #schemas(response: ServerResponse, project: string, id: string | undefined, mayWrite: boolean): void {
    const all = Object.entries(plurals).map(([name, plural]) => ({
      id: name,
      type: 'schema',
      links: { collection: `${this.origin}/v2-beta/projects/${project}/${plural}` },
      collectionMethods: this.collectionMethods.filter((method) => mayWrite || method === 'GET'),
      resourceMethods: ['GET', 'PUT', 'DELETE'],
    }));
    if (id === undefined) return this.json(response, 200, { type: 'collection', resourceType: 'schema', data: all });
    const one = all.find((schema) => schema.id === id);
    return one ? this.json(response, 200, one) : this.#error(response, 404, 'Not Found');
  }

  #collection({ method, query, body }: ServerCall, response: ServerResponse, project: string, type: string): void {
    if (method === 'POST') {
      return this.json(
        response,
        201,
        this.#view(project, this.put(JSON.parse(body) as object as Stored, { projectId: project, type })),
      );
    }
    const same = (stored: unknown, wanted: string): boolean => String(stored).toLowerCase() === wanted.toLowerCase();
    const filters = ['key', 'name', 'kind'].filter((name) => query.has(name));
    const found = [...this.objects]
      .filter(([name, object]) => name.startsWith(`${project}/`) && object.type === type && object['removed'] === null)
      .map(([, object]) => object)
      // MySQL compares without regard to case.
      .filter((object) => filters.every((name) => same(object[name], query.get(name) ?? '')));
    const limit = Number(query.get('limit') ?? 100);
    const from = Number(query.get('marker') ?? 0);
    const next = `${this.origin}/v2-beta/projects/${project}/${plurals[type]}?marker=${from + limit}&limit=${limit}`;
    const more = found.length > from + limit;
    const data = found.slice(from, from + limit).map((object) => this.#view(project, object));
    return this.json(response, 200, { type: 'collection', data, pagination: { next: more ? next : null, partial: more } });
  }

  #resource({ method, body }: ServerCall, response: ServerResponse, project: string, type: string, id: string): void {
    const name = `${project}/${id}`;
    const object = this.objects.get(name);
    if (object?.type !== type) return this.#error(response, 404, 'Not Found');
    if (method === 'PUT') this.objects.set(name, { ...object, ...(JSON.parse(body) as object) });
    if (method === 'DELETE') this.objects.set(name, { ...object, state: 'removed', removed: '2017-01-01T00:00:00Z' });
    return this.json(response, 200, this.#view(project, this.objects.get(name) ?? object));
  }

  #view(project: string, object: Stored): Stored {
    const self = `${this.origin}/v2-beta/projects/${project}/${plurals[object.type]}/${object.id}`;
    return { ...object, links: { self }, actions: {} };
  }
}

export function startFakeRancher(): Promise<FakeRancherServer> {
  return new FakeRancherServer().start();
}
