/**
 * What the rest of the program needs of a Rancher 1.6 server. Resources are passed through raw: no field that we do not
 * know is ever dropped.
 */

export interface RancherResource {
  readonly id: string;
  readonly type: string;
  readonly state?: string | null;
  readonly transitioning?: 'yes' | 'no' | 'error' | null;
  readonly transitioningMessage?: string | null;
  readonly removed?: string | null;
  readonly links?: Readonly<Record<string, string>> | null;
  readonly actions?: Readonly<Record<string, string>> | null;
  readonly [field: string]: unknown;
}

/**
 * Awaited when everything else is ready and nothing but the request is left to do: what it throws is thrown on, and nothing
 * is sent.
 */
export type BeforeWrite = () => Promise<void>;

/**
 * The API of one project (environment). `type` is the singular camelCase schema id, such as `genericObject`.
 * Every method throws RancherError: an answer that is no success, no answer in time, or a schema that cannot be had.
 */
export interface RancherProject {
  readonly projectId: string;
  /** All resources that match, through all pages. */
  list(type: string, query?: Readonly<Record<string, string>>): Promise<RancherResource[]>;
  /** One resource, or undefined where Rancher answers 404. A removed one is given with `removed` set. */
  get(type: string, id: string): Promise<RancherResource | undefined>;
  create(type: string, body: Readonly<Record<string, unknown>>, before?: BeforeWrite): Promise<RancherResource>;
  /** PUT of exactly `body`, without a look at the resource before. */
  update(type: string, id: string, body: Readonly<Record<string, unknown>>, before?: BeforeWrite): Promise<RancherResource>;
  remove(type: string, id: string): Promise<void>;
  /** Runs an action that the resource offers; without `body` the request has none. */
  action(
    resource: RancherResource,
    name: string,
    body?: Readonly<Record<string, unknown>>,
    before?: BeforeWrite,
  ): Promise<RancherResource>;
  /** The resource as it is now; undefined where Rancher answers 404. */
  reload(resource: RancherResource): Promise<RancherResource | undefined>;
  /** True if the project's schemas let resources of this type be created. */
  canCreate(type: string): Promise<boolean>;
}

export interface ForwardedAnswer {
  readonly status: number;
  /** At most the first 64 KiB. */
  readonly text: string;
}

export interface Rancher {
  project(projectId: string): RancherProject;
  /**
   * POSTs into a container through Rancher's own proxy `/r/projects/…` with the service's key. `path` begins with `/r/`.
   * Redirects are not followed.
   */
  forward(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<ForwardedAnswer>;
  /** POSTs to an absolute URL that Rancher gave out (a serviceProxy's), without credentials or redirects. */
  forwardWithoutCredentials(url: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<ForwardedAnswer>;
}
