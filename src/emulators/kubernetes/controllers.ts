import type { Clock } from './clock.ts';
import { DeploymentController } from './deployment-controller.ts';
import { Kubelet } from './kubelet.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ObjectStore, StoreEvent } from './object-store.ts';
import { ReplicaSetController } from './replica-set-controller.ts';
import { type ResourceType, resourceTypes, typeOfKind } from './resource-types.ts';

/** Runs the controllers upon what changes, one reconciliation at a time. */
export class Controllers {
  readonly kubelet: Kubelet;
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #deployments: DeploymentController;
  readonly #replicaSets: ReplicaSetController;
  readonly #waiting = new Set<string>();
  #running = false;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.kubelet = new Kubelet(store, clock);
    this.#deployments = new DeploymentController(store, (namespace, name, ms) => this.#later('Deployment', namespace, name, ms));
    this.#replicaSets = new ReplicaSetController(store, this.kubelet);
    store.onEvent((event) => this.#hear(event));
  }

  /** True while something still moves at once. */
  get busy(): boolean {
    return this.#running || this.#clock.busy;
  }

  /** Removes what an object owned, as the garbage collector does. */
  collect({ metadata: { uid, namespace = '' } }: KubernetesObject): void {
    for (const type of resourceTypes) {
      for (const owned of this.#store.list(type, namespace)) {
        if (!owned.metadata.ownerReferences?.some((owner) => owner.uid === uid)) continue;
        this.remove(type, owned);
      }
    }
  }

  /** Deletes an object; a pod takes its time. */
  remove(type: ResourceType, object: KubernetesObject): void {
    if (type.kind === 'Pod') return this.kubelet.end(object);
    this.#store.delete(type, object.metadata.namespace ?? '', object.metadata.name);
    this.collect(object);
    if (type.kind === 'Namespace')
      for (const each of resourceTypes)
        if (each.namespaced) for (const inside of this.#store.list(each, object.metadata.name)) this.remove(each, inside);
    return undefined;
  }

  #hear({ object, resourceType, type }: StoreEvent): void {
    const { namespace = '', name, ownerReferences = [] } = object.metadata;
    const { kind } = resourceType;
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

  #later(kind: 'Deployment', namespace: string, name: string, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(kind, namespace, name);
    }, ms);
    this.#timers.add(timer.unref());
  }

  readonly #timers = new Set<NodeJS.Timeout>();

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#waiting.clear();
  }

  #enqueue(kind: 'Deployment' | 'ReplicaSet', namespace: string, name: string): void {
    this.#waiting.add(JSON.stringify([kind, namespace, name]));
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#drain());
  }

  #drain(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running = false;
      return;
    }
    this.#waiting.delete(next);
    const [kind = '', namespace = '', name = ''] = JSON.parse(next) as string[];
    if (kind === 'Deployment') this.#deployments.reconcile(namespace, name);
    else this.#replicaSets.reconcile(namespace, name);
    setImmediate(() => this.#drain());
  }
}
