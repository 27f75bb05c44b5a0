import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesCluster, KubernetesClusters } from '../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type { Service, Workload as WorkloadObject } from '../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import type { ActionContext, ActionPause, ActionResult, Decision, PlannedAction } from '../../src/framework/driver.ts';
import { type DriverOptions, driverUnderTest, Push } from './deployment-update-driver.ts';
import { type TestCluster, Workload, type WorkloadOptions } from './deployment-update-workload.ts';

export interface BlueGreenOptions extends WorkloadOptions {
  readonly selector?: Readonly<Record<string, string>>;
}

/** A Deployment `web` behind a Service `web`, and pushes that update it by a second one. */
export class BlueGreenSetUp {
  readonly workload: Workload;
  readonly #cluster: TestCluster;

  private constructor(cluster: TestCluster, workload: Workload) {
    this.#cluster = cluster;
    this.workload = workload;
  }

  static async create(cluster: TestCluster, options: BlueGreenOptions = {}): Promise<BlueGreenSetUp> {
    const workload = await Workload.create(cluster, { replicas: 2, ...options });
    const setUp = new BlueGreenSetUp(cluster, workload);
    const { selector = { app: 'web' } } = options;
    await setUp.post('/api/v1', 'services', {
      metadata: { name: 'web', labels: { team: 'shop' }, annotations: { note: 'mine' } },
      spec: { selector, ports: [{ port: 80, targetPort: 8080 }], sessionAffinity: 'ClientIP' },
    });
    return setUp;
  }

  get namespace(): string {
    return this.workload.namespace;
  }

  async post(api: string, resource: string, object: object): Promise<void> {
    const { status, body } = await this.#cluster.call('POST', `${api}/namespaces/${this.namespace}/${resource}`, object);
    if (status !== 201) throw new Error(`${resource} not created: ${JSON.stringify(body)}`);
  }

  /** Waits for a condition; the limit only keeps a broken test from hanging. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 60_000;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`gave up waiting until ${what}`);
      await sleep(20);
    }
  }

  async deployment(name: string): Promise<WorkloadObject | undefined> {
    const { status, body } = await this.#cluster.call('GET', this.#deploymentPath(name));
    return status === 404 ? undefined : body;
  }

  async patchDeployment(name: string, patch: object): Promise<void> {
    await this.#cluster.call('PATCH', this.#deploymentPath(name), patch);
  }

  async deleteDeployment(name: string): Promise<void> {
    await this.#cluster.call('DELETE', this.#deploymentPath(name));
  }

  #deploymentPath(name: string): string {
    return `/apis/apps/v1/namespaces/${this.namespace}/deployments/${name}`;
  }

  /** The image of container web in a Deployment; undefined where that is not there. */
  async imageIn(name: string): Promise<string | undefined> {
    const found = await this.deployment(name);
    return found?.spec?.template?.spec?.containers?.find((container) => container.name === 'web')?.image;
  }

  async service(): Promise<Service> {
    return (await this.#cluster.call('GET', `/api/v1/namespaces/${this.namespace}/services/web`)).body;
  }

  async patchService(patch: object): Promise<void> {
    await this.#cluster.call('PATCH', `/api/v1/namespaces/${this.namespace}/services/web`, patch);
  }

  /** The Deployments whose pods the Service selects. */
  async behindService(): Promise<string[]> {
    const selector = Object.entries((await this.service()).spec?.selector ?? {});
    const { body } = await this.#cluster.call('GET', `/apis/apps/v1/namespaces/${this.namespace}/deployments`);
    return (body['items'] as WorkloadObject[])
      .filter(({ spec }) => selector.every(([key, value]) => spec?.template?.metadata?.labels?.[key] === value))
      .map(({ metadata }) => metadata?.name ?? '');
  }

  /** Everything that there is: which Deployments, with which image, and which the Service selects. */
  async standing(): Promise<Record<string, string>> {
    const { body } = await this.#cluster.call('GET', `/apis/apps/v1/namespaces/${this.namespace}/deployments`);
    const live = await this.behindService();
    const entries = (body['items'] as WorkloadObject[]).map(async ({ metadata }): Promise<[string, string]> => {
      const name = metadata?.name ?? '';
      return [name, `${await this.imageIn(name)}${live.includes(name) ? ' live' : ''}`];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  push(body: object, config: object = {}, driver: Partial<DriverOptions> = {}): Push {
    const { kubeconfig } = this.#cluster;
    const blueGreen = { strategy: 'blueGreen', service: 'web', keepOldSeconds: 0 };
    const options = { kubeconfig, graceMs: 1000, ...driver };
    return new Push(driverUnderTest(options), { namespace: this.namespace, name: 'web', ...blueGreen, ...config }, body);
  }
}

export async function plannedBy(push: Push): Promise<PlannedAction> {
  const { actions, skipped } = await push.plan();
  const [action] = actions;
  if (action === undefined) throw new Error(`nothing was planned: ${JSON.stringify(skipped)}`);
  return action;
}

/** Plans, and does the action until it ends or is paused. */
export async function start(push: Push): Promise<{ action: PlannedAction; result: ActionResult | ActionPause }> {
  const action = await plannedBy(push);
  return { action, result: await push.attempt(action) };
}

/** Takes a paused action up again. */
export function resume(
  push: Push,
  action: PlannedAction,
  name?: Decision['name'],
  context: Partial<ActionContext> = {},
): Promise<ActionResult | ActionPause> {
  return push.attempt(action, { resumed: true, ...(name && { decision: { name, by: 'user 1a1' } }), ...context });
}

/** Takes a paused action up again whenever its time has come, until it ends. */
export async function waitOut(push: Push, action: PlannedAction, pause: ActionPause): Promise<ActionResult> {
  // A timer may be a moment early by this clock.
  while (Date.now() < pause.until) await sleep(Math.max(1, pause.until - Date.now()));
  const result = await resume(push, action);
  return result.outcome === 'waiting' ? waitOut(push, action, result) : result;
}

/** Ends the process, so to say, at one write to the cluster: before the cluster gets it, or after. */
export class WriteCut {
  static readonly killed = new Error('killed');
  readonly #at: number;
  readonly #moment: 'before' | 'after';
  #writes = 0;

  constructor(at: number, moment: 'before' | 'after') {
    this.#at = at;
    this.#moment = moment;
  }

  /** Whether that write came at all. */
  get reached(): boolean {
    return this.#writes >= this.#at;
  }

  readonly wrap = (clusters: KubernetesClusters): KubernetesClusters => ({
    connect: async (cluster, projectId) => {
      const inner = await clusters.connect(cluster, projectId);
      return new Proxy(inner, {
        get: (target, name: keyof KubernetesCluster) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          const method = value.bind(target) as (...parameters: unknown[]) => Promise<unknown>;
          return name === 'create' || name === 'patch' || name === 'delete' ? this.#cut(method) : method;
        },
      });
    },
  });

  #cut(method: (...parameters: unknown[]) => Promise<unknown>): typeof method {
    return async (...parameters) => {
      this.#writes += 1;
      if (this.#writes > this.#at) throw WriteCut.killed;
      if (this.#writes === this.#at && this.#moment === 'before') throw WriteCut.killed;
      const answer = await method(...parameters);
      if (this.#writes === this.#at) throw WriteCut.killed;
      return answer;
    };
  }
}
