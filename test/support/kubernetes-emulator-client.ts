import { setTimeout as sleep } from 'node:timers/promises';
import {
  type KubernetesEmulator,
  type KubernetesEmulatorOptions,
  startKubernetesEmulator,
} from '../../src/emulators/kubernetes/kubernetes-emulator.ts';

/** Anything that a test sends. */
export type Json = Readonly<Record<string, unknown>>;

export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string }[];
  readonly ports: readonly { readonly containerPort: number }[];
  readonly imagePullPolicy: string;
}

export interface ContainerStatusView {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: { readonly waiting?: { readonly reason: string }; readonly running?: object };
}

export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The fields that tests look at in an answer, whatever it is; a test knows which of them are there. */
export interface View {
  readonly kind: string;
  readonly apiVersion: string;
  readonly message: string;
  readonly reason: string;
  readonly code: number;
  readonly details: { readonly name: string; readonly causes: readonly Json[] };
  readonly items: readonly View[];
  readonly columnDefinitions: readonly { readonly name: string }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
  readonly groups: readonly { readonly name: string; readonly versions: readonly { readonly version: string }[] }[];
  readonly resources: readonly { readonly name: string }[];
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly continue?: string;
    readonly remainingItemCount?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly { readonly name: string; readonly uid: string }[];
    readonly managedFields: readonly { readonly manager: string; readonly operation: string; readonly fieldsV1: unknown }[];
  };
  readonly spec: {
    readonly replicas: number;
    readonly strategy: Json;
    readonly progressDeadlineSeconds: number;
    readonly revisionHistoryLimit: number;
    readonly containers: readonly ContainerView[];
    readonly template: {
      readonly spec: { readonly containers: readonly ContainerView[]; readonly tolerations?: unknown } & Json;
    };
  };
  readonly status: {
    readonly phase?: string;
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly unavailableReplicas?: number;
    readonly conditions?: readonly ConditionView[];
    readonly containerStatuses?: readonly ContainerStatusView[];
  };
}

export interface Answer {
  readonly status: number;
  readonly body: View;
}

export const patchTypes = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** An emulator and the calls that tests make over HTTP. */
export class EmulatorClient {
  readonly emulator: KubernetesEmulator;

  private constructor(emulator: KubernetesEmulator) {
    this.emulator = emulator;
  }

  static async start(options: KubernetesEmulatorOptions = {}): Promise<EmulatorClient> {
    return new EmulatorClient(await startKubernetesEmulator({ speed: 20, ...options }));
  }

  stop(): Promise<void> {
    return this.emulator.stop();
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await fetch(this.emulator.url + path, {
      method,
      headers: { authorization: `Bearer ${this.emulator.token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text.startsWith('{') ? JSON.parse(text) : { message: text }) as View };
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  patch(type: keyof typeof patchTypes, path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, { 'content-type': patchTypes[type] });
  }

  /** Creates a Deployment in `default` and waits until it has rolled out. @returns its path. */
  async deploy(name: string, spec: Json = {}, image = 'acme/web:1'): Promise<string> {
    const { status, body } = await this.call('POST', deployments, deployment(name, spec, image));
    if (status !== 201) throw new Error(`the Deployment was not created: ${JSON.stringify(body)}`);
    const path = `${deployments}/${name}`;
    await this.until(path, isComplete);
    return path;
  }

  async setImage(path: string, image: string, container = 'web'): Promise<Answer> {
    return this.patch('strategic', path, { spec: { template: { spec: { containers: [{ name: container, image }] } } } });
  }

  /** Waits for a condition; the limit only keeps a broken test from hanging. */
  async until(path: string, condition: (body: View) => boolean): Promise<View> {
    const end = performance.now() + 30_000;
    for (;;) {
      const { body } = await this.get(path);
      if (condition(body)) return body;
      if (performance.now() > end) throw new Error(`gave up waiting at ${path}: ${JSON.stringify(body)}`);
      await sleep(5);
    }
  }
}

export const deployments = '/apis/apps/v1/namespaces/default/deployments';
export const replicaSets = '/apis/apps/v1/namespaces/default/replicasets';
export const pods = '/api/v1/namespaces/default/pods';

/** A Deployment with a sidecar. */
export function deployment(name: string, spec: Json = {}, image = 'acme/web:1'): Json {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            { name: 'sidecar', image: 'envoy:1' },
            { name: 'web', image, env: [{ name: 'MODE', value: 'production' }], ports: [{ containerPort: 8080 }] },
          ],
        },
      },
      ...spec,
    },
  };
}

export function isComplete({ metadata, spec, status }: View): boolean {
  return (
    status.observedGeneration === metadata.generation &&
    (status.updatedReplicas ?? 0) === spec.replicas &&
    (status.replicas ?? 0) === spec.replicas &&
    (status.availableReplicas ?? 0) === spec.replicas
  );
}

export function condition({ status }: View, type: string): ConditionView | undefined {
  return status.conditions?.find((each) => each.type === type);
}

export function images({ spec }: View): string[] {
  return spec.template.spec.containers.map(({ image }) => image);
}
