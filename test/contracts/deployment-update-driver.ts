import { createKubernetesAllowance } from '../../src/drivers/kubernetes/allow.ts';
import { createKubernetesClusters } from '../../src/drivers/kubernetes/client.ts';
import { deploymentUpdate } from '../../src/drivers/kubernetes/index.ts';
import type { KubernetesCluster, KubernetesClusters } from '../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type {
  ActionContext,
  ActionPause,
  ActionResult,
  Delivery,
  Driver,
  DriverConfig,
  Plan,
  PlannedAction,
  RolloutProgress,
} from '../../src/framework/driver.ts';
import type { ImageEvent, PayloadContents } from '../../src/framework/payload-format.ts';
import { createRegistry } from '../../src/framework/registry.ts';
import { ended } from '../support/ended.ts';
import { Workload, type TestCluster, type WorkloadOptions } from './deployment-update-workload.ts';

export interface DriverOptions {
  readonly kubeconfig: string;
  readonly graceMs?: number;
  /** Puts something between the driver and the cluster. */
  readonly wrap?: (clusters: KubernetesClusters) => KubernetesClusters;
}

/** The project that may use the default cluster. */
export const projectId = '1a5';

export function driverUnderTest({ kubeconfig, graceMs = 15_000, wrap = (clusters) => clusters }: DriverOptions): Driver {
  const format = {
    id: 'test',
    recognises: () => true,
    read: (body: Record<string, unknown>): PayloadContents => ({
      events: [{ registry: 'docker.io', repository: 'acme/web', image: '', ...body } as ImageEvent],
      ignored: [],
    }),
  };
  return deploymentUpdate({
    formats: createRegistry([format], ({ id }) => id),
    clusters: wrap(createKubernetesClusters({ kubeconfig })),
    allow: createKubernetesAllowance({ defaultClusterProjectId: projectId }),
    graceMs,
  });
}

/** The same clusters, with patches that go another way. */
export function withPatch(
  clusters: KubernetesClusters,
  patchOf: (inner: KubernetesCluster) => KubernetesCluster['patch'],
): KubernetesClusters {
  return {
    async connect(cluster, projectId) {
      const inner = await clusters.connect(cluster, projectId);
      const patch = patchOf(inner);
      return new Proxy(inner, {
        get(target, name) {
          if (name === 'patch') return patch;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
}

/** A delivery on its way through the driver, as the service takes it there. */
export class Push {
  readonly driver: Driver;
  readonly config: DriverConfig;
  readonly delivery: Delivery;
  readonly messages: string[] = [];
  /** The numbers that were told beside messages. */
  readonly rollouts: RolloutProgress[] = [];
  /** What was announced before each write. */
  readonly steps: string[] = [];
  readonly #abort = new AbortController();
  #waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = [];

  constructor(driver: Driver, config: DriverConfig, body: object) {
    this.driver = driver;
    this.config = config;
    const request = { headers: {}, query: '', body: Buffer.from(JSON.stringify(body)) };
    const acceptance = driver.accept(request, config);
    if (acceptance.kind === 'ignored') throw new Error(`the push was ignored: ${acceptance.reason}`);
    this.delivery = {
      id: 'delivery-1',
      projectId,
      receiver: { id: '1go7', name: 'deploy web' },
      request,
      events: acceptance.events,
    };
  }

  plan(): Promise<Plan> {
    return this.driver.plan(this.delivery, this.config, this.#abort.signal);
  }

  replan(action: PlannedAction): Promise<{ readonly action: PlannedAction } | { readonly reason: string }> {
    if (!this.driver.replan) throw new Error('the driver plans nothing anew');
    return this.driver.replan(action, this.delivery, this.config, this.#abort.signal);
  }

  /** @param context what differs from the first attempt of a process that may write. */
  execute(action: PlannedAction, context: Partial<ActionContext> = {}): Promise<ActionResult> {
    return ended(this.attempt(action, context));
  }

  /** The same for an action that may be paused. */
  attempt(action: PlannedAction, context: Partial<ActionContext> = {}): Promise<ActionResult | ActionPause> {
    const { config, delivery } = this;
    return this.driver.execute(structuredClone(action), {
      config,
      delivery,
      signal: this.#abort.signal,
      progress: (message, rollout) => this.#progress(message, rollout),
      beforeWrite: async (step) => void this.steps.push(step),
      following: () => undefined,
      ...context,
    });
  }

  /** Plans and does the one action that there must be. */
  async run(): Promise<ActionResult> {
    const { actions, skipped } = await this.plan();
    const [action] = actions;
    if (action === undefined || actions.length > 1)
      throw new Error(`${actions.length} actions, skipped ${JSON.stringify(skipped)}`);
    return this.execute(action);
  }

  /** Resolves once the driver has told something like it. */
  async told(pattern: RegExp): Promise<void> {
    if (this.messages.some((message) => pattern.test(message))) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ pattern, resolve });
    await promise;
  }

  abort(reason: Error): void {
    this.#abort.abort(reason);
  }

  #progress(message: string, rollout?: RolloutProgress): void {
    this.messages.push(message);
    if (rollout) this.rollouts.push(rollout);
    for (const { pattern, resolve } of this.#waiting) if (pattern.test(message)) resolve();
  }
}

export interface Setup {
  readonly workload: Workload;
  /** A push to the workload's receiver, whose config is completed by `config`. */
  readonly push: (body: object, config?: object, options?: Partial<DriverOptions>) => Push;
}

export type SetUp = (options?: WorkloadOptions) => Promise<Setup>;

/** A Deployment, and pushes to it. */
export async function setUpWith(cluster: TestCluster, options: WorkloadOptions = {}): Promise<Setup> {
  const workload = await Workload.create(cluster, options);
  const { kind, namespace, name } = workload;
  const { kubeconfig } = cluster;
  return {
    workload,
    push: (body, config = {}, driver = {}) =>
      new Push(driverUnderTest({ kubeconfig, ...driver }), { kind, namespace, name, ...config }, body),
  };
}
