import { statSync } from 'node:fs';
import type * as clientNodePackage from '@kubernetes/client-node';
import type { KubeConfig, RequestContext } from '@kubernetes/client-node';
import { ServiceError } from '../../framework/errors.ts';
import { parseRancherUrl } from '../../rancher/rancher-url.ts';
import { rancherCluster } from './allow.ts';
import { credentialsError } from './cluster/credentials-error.ts';
import { KubernetesApi, type ApiAnswer, type ApiCall } from './cluster/kubernetes-api.ts';
import type { KubernetesCluster, KubernetesClusters } from './cluster/kubernetes-clusters.ts';
import { sendCall } from './cluster/send-call.ts';

export interface KubernetesClustersOptions {
  /** Path of a kubeconfig, or several with `:` between; absent: KUBECONFIG, and without that the cluster that we run in. */
  readonly kubeconfig?: string;
  /** The Rancher whose projects' clusters `rancher` means; its URL as in CATTLE_URL. */
  readonly rancher?: RancherAccess;
}

export interface RancherAccess {
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

type ClientNode = typeof clientNodePackage;

/** The package costs 85 MB and half a second: it is loaded when a cluster is first wanted. */
let clientNode: Promise<ClientNode> | undefined;
const loadClientNode = (): Promise<ClientNode> => (clientNode ??= import('@kubernetes/client-node'));

/** The clusters of a kubeconfig, the cluster that we run in, and those behind a Rancher 1.6 server. */
export function createKubernetesClusters(options: KubernetesClustersOptions = {}): KubernetesClusters {
  const paths = (options.kubeconfig ?? process.env['KUBECONFIG'] ?? '').split(':').filter(Boolean);
  const known = new Map<string, Promise<KubernetesCluster>>();
  const connect = async (cluster: string, projectId: string): Promise<KubernetesCluster> => {
    const client = await loadClientNode();
    if (cluster !== rancherCluster) {
      const source = new ConfigSource(client, paths, cluster);
      return new KubernetesApi(source.sender().context, async (call) => source.sender().prepare(call));
    }
    if (!options.rancher) throw noCluster('there is no Rancher server to reach it through');
    const sender = new Sender(client, rancherConfig(client, options.rancher, projectId));
    return new KubernetesApi(`${rancherCluster}-${projectId}`, (call) => sender.prepare(call));
  };
  return {
    connect(cluster, projectId) {
      const key = JSON.stringify(cluster === rancherCluster ? [cluster, projectId] : [cluster]);
      const connection = known.get(key) ?? connect(cluster, projectId);
      known.set(key, connection);
      connection.catch(() => known.delete(key));
      return connection;
    },
  };
}

/** Makes calls to one cluster, with its credentials. */
class Sender {
  readonly #client: ClientNode;
  readonly #config: KubeConfig;
  readonly #server: string;
  #dispatcher: ReturnType<RequestContext['getDispatcher']>;
  #dispatcherUntil = 0;
  #turn: Promise<void> = Promise.resolve();
  #rejected = false;

  constructor(client: ClientNode, config: KubeConfig) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw noCluster('the current context names no cluster');
    this.#client = client;
    this.#config = config;
    this.#server = server.replace(/\/+$/, '');
  }

  /** The name of the context whose cluster this is. */
  get context(): string {
    return this.#config.getCurrentContext();
  }

  /** True where it remembers credentials that the server does not take any more: those of a program that says of no end. */
  get isOutdated(): boolean {
    return this.#rejected && this.#config.getCurrentUser()?.exec !== undefined;
  }

  async prepare({ method, path, query = {}, body, contentType, signal }: ApiCall): Promise<() => Promise<ApiAnswer>> {
    const { HttpMethod, RequestContext } = this.#client;
    const url = new URL(this.#server + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const request = new RequestContext(url.toString(), HttpMethod[method]);
    request.setHeaderParam('Accept', 'application/json');
    request.setHeaderParam('User-Agent', 'webhook-service');
    if (contentType !== undefined) request.setHeaderParam('Content-Type', contentType);
    await this.#takeTurn(() => this.#authenticate(request), signal);
    const [headers, dispatcher] = [request.getHeaders(), request.getDispatcher()];
    return async () => {
      const answer = await sendCall({ method, url: request.getUrl(), headers, body, signal, dispatcher });
      if (answer.status === 401) this.#rejected = true;
      return answer;
    };
  }

  /** One after the other: where credentials come from a program, many calls at once would each start it, and again while it hangs. */
  async #takeTurn(authenticate: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      await before;
      if (!signal.aborted) await authenticate();
    } finally {
      resolve();
    }
  }

  /** The package makes a connection pool for every request; ours is kept as long as it trusts a token file. */
  async #authenticate(request: RequestContext): Promise<void> {
    try {
      await this.#config.applySecurityAuthentication(request);
    } catch (thrown) {
      throw credentialsError(this.context, this.#config.getCurrentUser(), thrown);
    }
    const now = performance.now();
    if (now >= this.#dispatcherUntil) {
      this.#dispatcher = request.getDispatcher();
      this.#dispatcherUntil = now + dispatcherMs;
    }
    if (this.#dispatcher) request.setDispatcher(this.#dispatcher);
  }
}

/** How long one connection pool is used: a client certificate that was renewed is seen then. */
const dispatcherMs = 60_000;

/** Kubernetes puts a new one there before the old one expires; the package by itself would use the old one for a minute more. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** One context of the kubeconfig, as the files are at the moment. */
class ConfigSource {
  readonly #client: ClientNode;
  readonly #paths: readonly string[];
  readonly #context: string;
  #fingerprint = '';
  #sender: Sender | undefined;

  constructor(client: ClientNode, paths: readonly string[], context: string) {
    this.#client = client;
    this.#paths = paths;
    this.#context = context;
  }

  /** @throws ServiceError `InvalidConfig` where there is no such context, `Unavailable` where the files cannot be read. */
  sender(): Sender {
    const files = this.#paths.length > 0 ? this.#paths : [serviceAccountToken];
    const fingerprint = files.map(fileFingerprint).join();
    if (this.#sender === undefined || this.#sender.isOutdated || fingerprint !== this.#fingerprint) {
      this.#sender = new Sender(this.#client, loadConfig(this.#client, this.#paths, this.#context));
      this.#fingerprint = fingerprint;
    }
    return this.#sender;
  }
}

function fileFingerprint(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino}-${stat.size}-${stat.mtimeMs}` : 'none';
}

function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException & { code: string } {
  return thrown instanceof Error && 'syscall' in thrown && 'code' in thrown && typeof thrown.code === 'string';
}

function loadConfig(client: ClientNode, [first, ...others]: readonly string[], context: string): KubeConfig {
  const config = new client.KubeConfig();
  if (first === undefined) {
    if (process.env['KUBERNETES_SERVICE_HOST'] === undefined) throw noCluster('KUBECONFIG is not set and this is no pod');
    config.loadFromCluster();
  } else {
    try {
      config.loadFromFile(first);
      for (const path of others) {
        const other = new client.KubeConfig();
        other.loadFromFile(path);
        config.mergeConfig(other);
      }
    } catch (cause) {
      // What the parser says may quote the file, and with it a credential.
      const why = isSystemError(cause) ? cause.code : 'it is no kubeconfig';
      throw new ServiceError('Unavailable', `The kubeconfig cannot be read: ${why} (KUBECONFIG)`, { cause });
    }
  }
  if (context !== '') {
    if (!config.getContexts().some(({ name }) => name === context)) throw noCluster(`the kubeconfig has no context "${context}"`);
    config.setCurrentContext(context);
  }
  return allowPlainHttp(config);
}

/** The package refuses http:// unless told to skip the TLS check that there is none of. */
function allowPlainHttp(config: KubeConfig): KubeConfig {
  config.clusters = config.clusters.map((each) => (each.server.startsWith('http:') ? { ...each, skipTLSVerify: true } : each));
  return config;
}

/** The address and the form of credential that Rancher writes into the kubeconfigs that it generates. */
function rancherConfig(client: ClientNode, { url, accessKey, secretKey }: RancherAccess, projectId: string): KubeConfig {
  const server = `${parseRancherUrl(url).root}/r/projects/${encodeURIComponent(projectId)}/kubernetes:6443`;
  const basic = `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`;
  const config = new client.KubeConfig();
  config.loadFromClusterAndUser(
    { name: rancherCluster, server, skipTLSVerify: false },
    { name: rancherCluster, token: Buffer.from(basic).toString('base64') },
  );
  return allowPlainHttp(config);
}

function noCluster(why: string): ServiceError {
  return new ServiceError('InvalidConfig', `No such Kubernetes cluster: ${why}`);
}
