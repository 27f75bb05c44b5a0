import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import type { Deployment } from '../../src/drivers/kubernetes/kubernetes-objects.ts';

/** A cluster as tests need it, reached past the driver's own client. */
export interface TestCluster {
  readonly kubeconfig: string;
  /** Any call as administrator; PATCH bodies are strategic merge patches. */
  call(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
}

/** @param kubeconfig path of the administrator's kubeconfig. */
export async function testCluster(kubeconfig: string): Promise<TestCluster> {
  const config = new KubeConfig();
  config.loadFromString(await readFile(kubeconfig, 'utf8'));
  const server = config.getCurrentCluster()?.server ?? '';
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return {
    kubeconfig,
    async call(method, path, body) {
      const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
      const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
      const { agent: _, ...rest } = options;
      const request = (server.startsWith('https:') ? https : http).request(
        server + path,
        {
          ...rest,
          method,
          headers: { ...(options.headers as Record<string, string>), 'content-type': type, connection: 'close' },
        },
        resolve,
      );
      request.on('error', reject).end(body && JSON.stringify(body));
      const response = await promise;
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      return {
        status: response.statusCode ?? 0,
        body: JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>,
      };
    },
  };
}

export interface WorkloadOptions {
  readonly namespace?: string;
  readonly name?: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly progressDeadlineSeconds?: number;
  readonly imagePullPolicy?: string;
  readonly initImage?: string;
}

/** One Deployment in a namespace of its own, with a sidecar that nobody may touch. */
export class Workload {
  readonly cluster: TestCluster;
  readonly namespace: string;
  readonly name: string;

  private constructor(cluster: TestCluster, namespace: string, name: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.name = name;
  }

  static async create(cluster: TestCluster, options: WorkloadOptions = {}): Promise<Workload> {
    const suffix = Math.random().toString(36).slice(2, 10);
    const {
      namespace = `t-${suffix}`,
      name = 'web',
      image = 'acme/web:1',
      replicas = 3,
      imagePullPolicy = 'IfNotPresent',
    } = options;
    if (options.namespace === undefined) await cluster.call('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    const workload = new Workload(cluster, namespace, name);
    const labels = { app: name };
    const created = await cluster.call('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name, labels },
      spec: {
        replicas,
        progressDeadlineSeconds: options.progressDeadlineSeconds ?? 60,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            ...(options.initImage !== undefined && { initContainers: [{ name: 'migrate', image: options.initImage }] }),
            containers: [
              { name: 'sidecar', image: 'envoyproxy/envoy:v1.31', args: ['--log-level', 'warn'] },
              {
                name: 'web',
                image,
                imagePullPolicy,
                env: [{ name: 'MODE', value: 'production' }],
                ports: [{ containerPort: 8080 }],
              },
            ],
          },
        },
      },
    });
    if (created.status !== 201) throw new Error(`the Deployment was not created: ${JSON.stringify(created.body)}`);
    await workload.until('the first rollout is complete', ({ metadata, status }) => {
      return status?.observedGeneration === metadata?.generation && (status?.availableReplicas ?? 0) === replicas;
    });
    return workload;
  }

  get path(): string {
    return `/apis/apps/v1/namespaces/${this.namespace}/deployments/${this.name}`;
  }

  async read(): Promise<Deployment> {
    return (await this.cluster.call('GET', this.path)).body;
  }

  async patch(body: object): Promise<void> {
    const { status, body: answer } = await this.cluster.call('PATCH', this.path, body);
    if (status !== 200) throw new Error(`the Deployment was not patched: ${JSON.stringify(answer)}`);
  }

  async setImage(image: string): Promise<void> {
    await this.patch({ spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });
  }

  async image(container = 'web'): Promise<string | undefined> {
    const { containers = [], initContainers = [] } = (await this.read()).spec?.template?.spec ?? {};
    return [...containers, ...initContainers].find(({ name }) => name === container)?.image;
  }

  /** Waits for a condition; the limit only keeps a broken test from hanging. */
  async until(what: string, condition: (deployment: Deployment) => boolean): Promise<Deployment> {
    const end = performance.now() + 30_000;
    for (;;) {
      const deployment = await this.read();
      if (condition(deployment)) return deployment;
      if (performance.now() > end) throw new Error(`gave up waiting until ${what}: ${JSON.stringify(deployment.status)}`);
      await sleep(20);
    }
  }
}
