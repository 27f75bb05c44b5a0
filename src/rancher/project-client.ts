import { isJsonObject } from '../framework/json.ts';
import { type Answer, type CallOptions, requireObject, requireSuccess } from './http-caller.ts';
import { pathPart } from './path-part.ts';
import { onServer, type ProjectSchemasCache, type TypeSchema } from './project-schemas.ts';
import { RancherError } from './rancher-error.ts';
import type { BeforeWrite, RancherProject, RancherResource } from './rancher.ts';

type Call = (options: CallOptions) => Promise<Answer>;
type Body = Readonly<Record<string, unknown>>;

/** The largest page that Cattle gives without being asked for more rows than most environments have. */
const pageSize = '1000';
/** A list with more pages has no end. */
const maxPages = 100;

/** RancherProject over HTTP. */
export class ProjectClient implements RancherProject {
  readonly projectId: string;
  readonly #api: string;
  readonly #schemas: ProjectSchemasCache;
  readonly #call: Call;

  constructor(projectId: string, api: string, schemas: ProjectSchemasCache, call: Call) {
    this.projectId = projectId;
    this.#api = api;
    this.#schemas = schemas;
    this.#call = call;
  }

  async list(type: string, query: Readonly<Record<string, string>> = {}): Promise<RancherResource[]> {
    const { collection } = await this.#schema(type, (schema) => schema.collectionMethods.includes('GET'));
    const found: RancherResource[] = [];
    let next: string | undefined = `${collection}?${new URLSearchParams({ ...query, limit: pageSize }).toString()}`;
    const seen = new Set<string>();
    while (next !== undefined && !seen.has(next)) {
      seen.add(next);
      if (seen.size > maxPages) throw new RancherError('unreachable', `GET ${new URL(next).pathname}: the list does not end`);
      const page: Record<string, unknown> = await this.#object({ method: 'GET', url: next });
      if (!Array.isArray(page['data']))
        throw new RancherError('unreachable', `GET ${new URL(next).pathname}: the answer is no collection`);
      found.push(...page['data'].filter(isResource));
      next = this.#nextPage(page['pagination']);
    }
    return found;
  }

  async get(type: string, id: string): Promise<RancherResource | undefined> {
    const { collection } = await this.#schema(type, (schema) => schema.resourceMethods.includes('GET'));
    const part = pathPart(id);
    return part === undefined ? undefined : this.#read(`${collection}/${part}`);
  }

  async create(type: string, body: Body, before?: BeforeWrite): Promise<RancherResource> {
    const { collection } = await this.#schema(type, (schema) => schema.collectionMethods.includes('POST'));
    await before?.();
    return this.#resource({ method: 'POST', url: collection, body: JSON.stringify(body) });
  }

  async update(type: string, id: string, body: Body, before?: BeforeWrite): Promise<RancherResource> {
    const { collection } = await this.#schema(type, (schema) => schema.resourceMethods.includes('PUT'));
    const url = `${collection}/${requirePathPart(id)}`;
    await before?.();
    return this.#resource({ method: 'PUT', url, body: JSON.stringify(body) });
  }

  async remove(type: string, id: string): Promise<void> {
    const { collection } = await this.#schema(type, (schema) => schema.resourceMethods.includes('DELETE'));
    const options = { method: 'DELETE', url: `${collection}/${requirePathPart(id)}` } as const;
    const answer = await this.#call(options);
    this.#forgetIfRefused(answer);
    requireSuccess(answer, options);
  }

  async action(resource: RancherResource, name: string, body?: Body, before?: BeforeWrite): Promise<RancherResource> {
    const link = resource.actions?.[name];
    if (typeof link !== 'string') {
      throw new RancherError(
        'notOffered',
        `${resource.type} ${resource.id} in state ${resource.state ?? 'unknown'} does not offer ${name}`,
      );
    }
    const url = onServer(link, this.#api);
    await before?.();
    return this.#resource({ method: 'POST', url, body: body === undefined ? '' : JSON.stringify(body) });
  }

  async reload(resource: RancherResource): Promise<RancherResource | undefined> {
    return this.#read(this.#self(resource));
  }

  async canCreate(type: string): Promise<boolean> {
    return (await this.#schemas.get(this.projectId)).get(type)?.collectionMethods.includes('POST') ?? false;
  }

  /** The type's schema; where the cached schemas lack it or the method, they are fetched once more. */
  async #schema(type: string, fits: (schema: TypeSchema) => boolean): Promise<TypeSchema> {
    const cached = this.#schemas.has(this.projectId);
    let schema = (await this.#schemas.get(this.projectId)).get(type);
    if (cached && !(schema && fits(schema))) {
      this.#schemas.forget(this.projectId);
      schema = (await this.#schemas.get(this.projectId)).get(type);
    }
    if (!schema || !fits(schema))
      // Not a matter of the moment, as an action is, but of rights.
      throw new RancherError('notOffered', `project ${this.projectId} does not offer this use of ${type}`, { retryable: false });
    return schema;
  }

  async #read(url: string): Promise<RancherResource | undefined> {
    const options = { method: 'GET', url } as const;
    const answer = await this.#call(options);
    if (answer.status === 404) return undefined;
    this.#forgetIfRefused(answer);
    return asResource(requireObject(answer, options));
  }

  async #object(options: CallOptions): Promise<Record<string, unknown>> {
    const answer = await this.#call(options);
    this.#forgetIfRefused(answer);
    return requireObject(answer, options);
  }

  async #resource(options: CallOptions): Promise<RancherResource> {
    return asResource(await this.#object(options));
  }

  /** A refusal may mean that rights or routes changed since the schemas were fetched. */
  #forgetIfRefused({ status }: Answer): void {
    if (status === 401 || status === 403 || status === 404 || status === 405) this.#schemas.forget(this.projectId);
  }

  #self(resource: RancherResource): string {
    const link = resource.links?.['self'];
    if (typeof link !== 'string') {
      throw new RancherError('notOffered', `${resource.type} ${resource.id} has no link to itself`, { retryable: false });
    }
    return onServer(link, this.#api);
  }

  #nextPage(pagination: unknown): string | undefined {
    if (!isJsonObject(pagination) || typeof pagination['next'] !== 'string' || pagination['next'] === '') return undefined;
    return onServer(pagination['next'], this.#api);
  }
}

function isResource(value: unknown): value is RancherResource {
  return isJsonObject(value) && typeof value['id'] === 'string';
}

/** Some resources have no id, such as a serviceProxy: theirs is empty. */
function asResource(value: Record<string, unknown>): RancherResource {
  const { id, type } = value;
  return { ...value, id: typeof id === 'string' ? id : '', type: typeof type === 'string' ? type : '' };
}
function requirePathPart(id: string): string {
  const part = pathPart(id);
  if (part === undefined) {
    throw new RancherError('notOffered', `Rancher has nothing with the id ${JSON.stringify(id)}`, { retryable: false });
  }
  return part;
}
