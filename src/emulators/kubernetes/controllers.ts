import type { Clock } from './clock.ts';
import { DeploymentController } from './deployment-controller.ts';
import { ObjectRemoval } from './delete-object.ts';
import { Kubelet } from './kubelet.ts';
import type { ObjectStore, StoreEvent } from './object-store.ts';
import { ReplicaSetController } from './replica-set-controller.ts';
import { typeOfKind } from './resource-types.ts';

const retryMs = 1_000;

/** Runs the controllers upon what changes, one reconciliation at a time. */
export class Controllers {
  readonly kubelet: Kubelet;
  readonly removal: ObjectRemoval;
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #deployments: DeploymentController;
  readonly #replicaSets: ReplicaSetController;
  readonly #waiting = new Set<string>();
  /** Cancels the latest reminder of each object. */
  readonly #reminders = new Map<string, () => void>();
  #running = false;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.kubelet = new Kubelet(store, clock);
    this.removal = new ObjectRemoval(store, this.kubelet);
    const later =
      (kind: 'Deployment' | 'ReplicaSet') =>
      (namespace: string, name: string, ms: number): void => {
        const key = JSON.stringify([kind, namespace, name]);
        this.#reminders.get(key)?.();
        this.#reminders.set(
          key,
          clock.after(ms, () => this.#enqueue(kind, namespace, name)),
        );
      };
    this.#deployments = new DeploymentController(store, clock, later('Deployment'));
    this.#replicaSets = new ReplicaSetController(store, this.kubelet, clock, later('ReplicaSet'));
    store.onEvent((event) => this.#hear(event));
  }

  #hear({ object, resourceType, type }: StoreEvent): void {
    const { namespace = '', name, ownerReferences = [] } = object.metadata;
    const { kind } = resourceType;
    if (kind === 'Pod' && type === 'ADDED') this.kubelet.admit(object);
    if (kind === 'Pod' && type === 'DELETED') this.#replicaSets.forget(object);
    if (kind === 'Deployment' && type === 'DELETED') this.#deployments.forget(object);
    if (type !== 'DELETED' && (kind === 'Deployment' || kind === 'ReplicaSet')) this.#enqueue(kind, namespace, name);
    for (const owner of ownerReferences) {
      if (owner.kind !== 'ReplicaSet' && owner.kind !== 'Deployment') continue;
      this.#enqueue(owner.kind, namespace, owner.name);
      // Recreate waits for the last pod of the old ReplicaSets to be gone.
      const replicaSet =
        owner.kind === 'ReplicaSet' && type === 'DELETED'
          ? this.#store.find(typeOfKind('ReplicaSet'), namespace, owner.name)
          : undefined;
      for (const above of replicaSet?.metadata.ownerReferences ?? []) this.#enqueue('Deployment', namespace, above.name);
    }
  }

  /** Takes up what a former process left in the middle. */
  resume(): void {
    for (const kind of ['Deployment', 'ReplicaSet'] as const)
      for (const { metadata } of this.#store.list(typeOfKind(kind))) this.#enqueue(kind, metadata.namespace ?? '', metadata.name);
    for (const pod of this.#store.list(typeOfKind('Pod'))) this.kubelet.resume(pod);
  }

  stop(): void {
    this.#waiting.clear();
  }

  #enqueue(kind: 'Deployment' | 'ReplicaSet', namespace: string, name: string): void {
    this.#waiting.add(JSON.stringify([kind, namespace, name]));
    if (this.#running) return;
    this.#running = true;
    this.#clock.after(0, () => this.#drain());
  }

  #drain(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running = false;
      return;
    }
    this.#waiting.delete(next);
    const [kind = '', namespace = '', name = ''] = JSON.parse(next) as string[];
    try {
      if (kind === 'Deployment') this.#deployments.reconcile(namespace, name);
      else this.#replicaSets.reconcile(namespace, name);
    } catch {
      // An object that a controller cannot work with stops neither the others nor the server; it is tried again.
      this.#clock.again(retryMs, () => this.#enqueue(kind as 'Deployment' | 'ReplicaSet', namespace, name));
    }
    this.#clock.after(0, () => this.#drain());
  }
}
