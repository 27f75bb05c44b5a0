import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import type { WorkloadKind } from '../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type { Workload as WorkloadObject } from '../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { specOfTemplate, templateOf } from '../../src/drivers/kubernetes/workload/workload.ts';

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
  readonly kind?: WorkloadKind;
  /** Further labels of the workload itself. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Further fields of its `spec`. */
  readonly spec?: object;
  readonly namespace?: string;
  readonly name?: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly progressDeadlineSeconds?: number;
  readonly imagePullPolicy?: string;
  readonly initImage?: string;
}

const resources: Readonly<Record<WorkloadKind, string>> = {
  deployment: 'apps/v1/deployments',
  statefulSet: 'apps/v1/statefulsets',
  daemonSet: 'apps/v1/daemonsets',
  cronJob: 'batch/v1/cronjobs',
};

/** The path of a workload, or of all that are in its namespace. */
function pathOf(kind: WorkloadKind, namespace: string, name?: string): string {
  const [group = '', version = '', resource = ''] = resources[kind].split('/');
  const path = `/apis/${group}/${version}/namespaces/${namespace}/${resource}`;
  return name === undefined ? path : `${path}/${name}`;
}

/** One workload in a namespace of its own, with a sidecar that nobody may touch. */
export class Workload {
  readonly cluster: TestCluster;
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;

  private constructor(cluster: TestCluster, kind: WorkloadKind, namespace: string, name: string) {
    this.cluster = cluster;
    this.kind = kind;
    this.namespace = namespace;
    this.name = name;
  }

  static async create(cluster: TestCluster, options: WorkloadOptions = {}): Promise<Workload> {
    const suffix = Math.random().toString(36).slice(2, 10);
    const { kind = 'deployment', namespace = `t-${suffix}`, name = 'web', replicas = 3 } = options;
    if (options.namespace === undefined) await cluster.call('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    const workload = new Workload(cluster, kind, namespace, name);
    const labels = { app: name };
    const created = await cluster.call('POST', pathOf(kind, namespace), {
      metadata: { name, labels: { ...labels, ...options.labels } },
      spec: specOf(kind, replicas, labels, options),
    });
    if (created.status !== 201) throw new Error(`the ${kind} was not created: ${JSON.stringify(created.body)}`);
    await workload.#untilFirstRollout(replicas);
    return workload;
  }

  async #untilFirstRollout(replicas: number): Promise<void> {
    if (this.kind === 'cronJob') return;
    await this.until('the first rollout is complete', ({ metadata, status = {} }) => {
      if (status.observedGeneration !== metadata?.generation) return false;
      if (this.kind !== 'daemonSet') return (status.availableReplicas ?? 0) === replicas;
      return (status.desiredNumberScheduled ?? 0) > 0 && status.numberAvailable === status.desiredNumberScheduled;
    });
  }

  get path(): string {
    return pathOf(this.kind, this.namespace, this.name);
  }

  async read(): Promise<WorkloadObject> {
    return (await this.cluster.call('GET', this.path)).body;
  }

  async patch(body: object): Promise<void> {
    const { status, body: answer } = await this.cluster.call('PATCH', this.path, body);
    if (status !== 200) throw new Error(`the ${this.kind} was not patched: ${JSON.stringify(answer)}`);
  }

  async setImage(image: string): Promise<void> {
    await this.patch({ spec: specOfTemplate(this.kind, { spec: { containers: [{ name: 'web', image }] } }) });
  }

  async image(container = 'web'): Promise<string | undefined> {
    const { containers = [], initContainers = [] } = templateOf(await this.read())?.spec ?? {};
    return [...containers, ...initContainers].find(({ name }) => name === container)?.image;
  }

  /** Waits for a condition; the limit only keeps a broken test from hanging. */
  async until(what: string, condition: (workload: WorkloadObject) => boolean): Promise<WorkloadObject> {
    const end = performance.now() + 60_000;
    for (;;) {
      const workload = await this.read();
      if (condition(workload)) return workload;
      if (performance.now() > end) throw new Error(`gave up waiting until ${what}: ${JSON.stringify(workload.status)}`);
      await sleep(20);
    }
  }
}

function specOf(
  kind: WorkloadKind,
  replicas: number,
  labels: Readonly<Record<string, string>>,
  { image = 'acme/web:1', imagePullPolicy = 'IfNotPresent', initImage, progressDeadlineSeconds = 60, spec }: WorkloadOptions,
): object {
  const web = { name: 'web', image, imagePullPolicy, env: [{ name: 'MODE', value: 'production' }] };
  const template = {
    metadata: { labels },
    spec: {
      ...(initImage !== undefined && { initContainers: [{ name: 'migrate', image: initImage }] }),
      containers: [
        { name: 'sidecar', image: 'envoyproxy/envoy:v1.31', args: ['--log-level', 'warn'] },
        { ...web, ports: [{ containerPort: 8080 }] },
      ],
      ...(kind === 'cronJob' && { restartPolicy: 'Never' }),
    },
  };
  if (kind === 'cronJob') return { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } }, ...spec };
  return {
    ...(kind !== 'daemonSet' && { replicas }),
    ...(kind === 'deployment' && { progressDeadlineSeconds }),
    ...(kind === 'statefulSet' && { serviceName: 'web' }),
    selector: { matchLabels: labels },
    template,
    ...spec,
  };
}
