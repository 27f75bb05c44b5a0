import type { ForwardedAnswer, Rancher, RancherProject, RancherResource } from '../../src/rancher/rancher.ts';
import { RancherError } from '../../src/rancher/rancher-error.ts';

export interface FakeCall {
  readonly verb: 'list' | 'get' | 'create' | 'update' | 'remove' | 'action' | 'reload' | 'canCreate' | 'forward' | 'forwardOut';
  readonly projectId?: string;
  /** `host`, `service/1s1`, `service/1s1?upgrade`, a path or a URL. */
  readonly on: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeRancherOptions {
  readonly resources?: readonly RancherResource[];
  /** Asked before every call; an error that it returns is thrown. */
  readonly fault?: (call: FakeCall, index: number) => Error | undefined;
  /** Types that can be created. */
  readonly creatable?: readonly string[];
  readonly answer?: ForwardedAnswer;
  /** What a created resource has beside its body. */
  readonly created?: Readonly<Record<string, unknown>>;
  /** Changes the resource when an action is run on it. */
  readonly act?: (resource: RancherResource, name: string, body: unknown) => RancherResource;
  /** The resource as the next reload shows it; `reads` counts from 0. */
  readonly tick?: (resource: RancherResource, reads: number) => RancherResource;
}

const writes = new Set(['create', 'update', 'remove', 'action', 'forward', 'forwardOut']);

/** A Rancher in memory: resources of one kind for all projects, each call recorded. */
export class FakeRancher implements Rancher {
  readonly calls: FakeCall[] = [];
  readonly resources = new Map<string, RancherResource>();
  readonly #options: FakeRancherOptions;
  #reads = 0;

  constructor(options: FakeRancherOptions = {}) {
    this.#options = options;
    for (const resource of options.resources ?? []) this.resources.set(resource.id, resource);
  }

  /** The calls that change something, each as [what, body]. */
  get writes(): [string, unknown][] {
    return this.calls.filter(({ verb }) => writes.has(verb)).map(({ verb, on, body }) => [`${verb} ${on}`, body]);
  }

  project(projectId: string): RancherProject {
    const record = (verb: FakeCall['verb'], on: string, body?: unknown): void => this.#record({ verb, projectId, on, body });
    const current = (resource: RancherResource): string => `${resource.type}/${resource.id}`;
    return {
      projectId,
      list: async (type) => {
        record('list', type);
        return [...this.resources.values()].filter((resource) => resource.type === type);
      },
      get: async (type, id) => {
        record('get', `${type}/${id}`);
        return this.resources.get(id);
      },
      create: async (type, body, before) => {
        await before?.();
        record('create', type, body);
        return { id: 'new', type, ...body, ...this.#options.created };
      },
      update: async (type, id, body, before) => {
        await before?.();
        record('update', `${type}/${id}`, body);
        return { id, type, ...this.resources.get(id), ...body };
      },
      remove: async (type, id) => record('remove', `${type}/${id}`),
      action: async (resource, name, body, before) => {
        await before?.();
        record('action', `${current(resource)}?${name}`, body);
        const now = this.resources.get(resource.id) ?? resource;
        if (now.actions?.[name] === undefined) throw new RancherError('notOffered', `no action ${name}`);
        const after = this.#options.act?.(now, name, body) ?? now;
        this.resources.set(resource.id, after);
        return after;
      },
      reload: async (resource) => {
        record('reload', current(resource));
        const now = this.resources.get(resource.id);
        const after = now && this.#options.tick?.(now, this.#reads++);
        if (after !== undefined) this.resources.set(resource.id, after);
        return after ?? now;
      },
      canCreate: async (type) => {
        record('canCreate', type);
        return this.#options.creatable?.includes(type) ?? false;
      },
    };
  }

  async forward(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<ForwardedAnswer> {
    this.#record({ verb: 'forward', on: path, body: body.toString(), headers });
    return this.#options.answer ?? { status: 200, text: '' };
  }

  async forwardWithoutCredentials(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
  ): Promise<ForwardedAnswer> {
    this.#record({ verb: 'forwardOut', on: url, body: body.toString(), headers });
    return this.#options.answer ?? { status: 200, text: '' };
  }

  #record(call: FakeCall): void {
    const fault = this.#options.fault?.(call, this.calls.length);
    this.calls.push(call);
    if (fault !== undefined) throw fault;
  }
}
