import type { BenchCluster } from './kubernetes-cluster.ts';

/** Milliseconds after a roll began: when the first PATCH for a Deployment was on the wire, and when its rollout was complete. */
export interface Times {
  readonly patched: number;
  readonly complete: number;
}

interface Deployment {
  readonly metadata?: { readonly name?: string; readonly generation?: number };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

const creatingParallel = 16;

/** Deployments of one pod each, in a namespace of their own. */
export class BenchDeployments {
  readonly namespace: string;
  readonly #cluster: BenchCluster;
  readonly #count: number;
  readonly #stop = new AbortController();
  #seen: (deployment: Deployment) => void = () => undefined;

  private constructor(cluster: BenchCluster, namespace: string, count: number) {
    this.#cluster = cluster;
    this.namespace = namespace;
    this.#count = count;
  }

  static async create(cluster: BenchCluster, count: number): Promise<BenchDeployments> {
    const namespace = `bench-${count}-${process.pid}`;
    await cluster.call('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    const deployments = new BenchDeployments(cluster, namespace, count);
    await cluster.watch(`${deployments.#path}?watch=true`, (object) => deployments.#seen(object), deployments.#stop.signal);
    const names = Array.from({ length: count }, (_, index) => `web-${index}`);
    await deployments.roll('0', async () => {
      await inParallel(names, creatingParallel, (name) => cluster.call('POST', deployments.#path, deploymentOf(name)));
    });
    return deployments;
  }

  get #path(): string {
    return `/apis/apps/v1/namespaces/${this.namespace}/deployments`;
  }

  /** Begins something that puts `acme/web:<tag>` into all, and resolves once all of them run it. */
  async roll(tag: string, begin: () => Promise<void>): Promise<readonly Times[]> {
    const patched = new Map<string, number>();
    const complete = new Map<string, number>();
    const { promise, resolve } = Promise.withResolvers<void>();
    const startedAt = performance.now();
    this.#cluster.onPatch((name) => {
      if (!patched.has(name)) patched.set(name, performance.now() - startedAt);
    });
    this.#seen = (deployment) => {
      const { name = '' } = deployment.metadata ?? {};
      if (complete.has(name) || !runs(deployment, `acme/web:${tag}`)) return;
      complete.set(name, performance.now() - startedAt);
      if (complete.size === this.#count) resolve();
    };
    await begin();
    await promise;
    return [...complete].map(([name, at]) => ({ patched: patched.get(name) ?? 0, complete: at }));
  }

  /** As `kubectl set image --selector`: lists, and patches each. */
  async patchAll(tag: string, parallel: number): Promise<void> {
    const { items } = await this.#cluster.call('GET', `${this.#path}?labelSelector=bench%3Dyes`);
    const names = (items as readonly Deployment[]).map(({ metadata }) => metadata?.name ?? '');
    const containers = [{ name: 'web', image: `acme/web:${tag}` }];
    const patch = { spec: { template: { spec: { containers } } } };
    await inParallel(names, parallel, (name) => this.#cluster.call('PATCH', `${this.#path}/${name}`, patch));
  }

  async remove(): Promise<void> {
    this.#stop.abort();
    await this.#cluster.call('DELETE', `/api/v1/namespaces/${this.namespace}`);
  }
}

function deploymentOf(name: string): object {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'acme/web:0' }] } };
  return { metadata: { name, labels: { bench: 'yes' } }, spec: { replicas: 1, selector: { matchLabels: labels }, template } };
}

function runs({ metadata, spec, status = {} }: Deployment, image: string): boolean {
  if (spec?.template?.spec?.containers?.[0]?.image !== image) return false;
  if ((status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return false;
  return status.replicas === 1 && status.updatedReplicas === 1 && status.availableReplicas === 1;
}

async function inParallel<T>(items: readonly T[], parallel: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
