import type { Clock } from '../clock.ts';
import type { Controller, ControllerParts } from './controller.ts';
import { CronJobController } from './cron-job-controller.ts';
import { DaemonSetController } from './daemon-set-controller.ts';
import { DisruptionController } from './disruption-controller.ts';
import { DeploymentController } from './deployment-controller.ts';
import { ObjectRemoval } from '../objects/delete-object.ts';
import { EventExpiry } from '../events/event-expiry.ts';
import { EventRecorder } from '../events/event-recorder.ts';
import { EndpointController } from './endpoint-controller.ts';
import { JobController } from './job-controller.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import type { ObjectStore, StoreEvent } from '../objects/object-store.ts';
import { PodAvailability } from '../kubelet/pod-availability.ts';
import { ReplicaSetController } from './replica-set-controller.ts';
import { typeOfKind } from '../schema/resource-types.ts';
import { StatefulSetController } from './stateful-set-controller.ts';

const retryMs = 1_000;
/** Reconciliations between which nobody is answered. */
const atOnce = 20;

const controllerOf: Readonly<Record<string, new (parts: ControllerParts) => Controller>> = {
  CronJob: CronJobController,
  DaemonSet: DaemonSetController,
  Deployment: DeploymentController,
  Job: JobController,
  PodDisruptionBudget: DisruptionController,
  ReplicaSet: ReplicaSetController,
  Service: EndpointController,
  StatefulSet: StatefulSetController,
};

/** Runs the controllers upon what changes, one reconciliation at a time. */
export class Controllers {
  readonly kubelet: Kubelet;
  readonly removal: ObjectRemoval;
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #events: EventRecorder;
  readonly #expiry: EventExpiry;
  readonly #availability: PodAvailability;
  readonly #controllers: ReadonlyMap<string, Controller>;
  readonly #waiting = new Set<string>();
  /** Cancels the latest reminder of each object. */
  readonly #reminders = new Map<string, () => void>();
  #running = false;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#events = new EventRecorder(store, clock);
    this.#expiry = new EventExpiry(store);
    this.kubelet = new Kubelet(store, clock, this.#events);
    this.removal = new ObjectRemoval(store, this.kubelet);
    this.#availability = new PodAvailability(clock);
    this.#controllers = new Map(
      Object.entries(controllerOf).map(([kind, OneController]) => [kind, new OneController(this.#partsFor(kind))]),
    );
    store.onEvent((event) => this.#hear(event));
  }

  #partsFor(kind: string): ControllerParts {
    return {
      store: this.#store,
      clock: this.#clock,
      events: this.#events,
      kubelet: this.kubelet,
      removal: this.removal,
      availability: this.#availability,
      lookAgain: (namespace, name, ms) => {
        const key = JSON.stringify([kind, namespace, name]);
        this.#reminders.get(key)?.();
        this.#reminders.set(
          key,
          this.#clock.after(ms, () => {
            this.#reminders.delete(key);
            this.#enqueue(kind, namespace, name);
          }),
        );
      },
    };
  }

  #hear({ object, resourceType: { kind }, type }: StoreEvent): void {
    if (kind === 'Event') return;
    if (kind === 'Pod') this.#hearPod(object, type);
    if (kind === 'Node') this.#enqueueAll('DaemonSet');
    if (kind === 'Node' && type !== 'DELETED') this.kubelet.retry();
    if (kind === 'Namespace' && type === 'ADDED') this.#createAccount(object.metadata.name);
    const { namespace = '', name } = object.metadata;
    if (type === 'DELETED') this.#forget(object);
    else this.#enqueue(kind, namespace, name);
    for (const owner of object.metadata.ownerReferences ?? []) this.#enqueue(owner.kind, namespace, owner.name);
  }

  #forget(object: KubernetesObject): void {
    this.#events.forget(object);
    this.#controllers.get(object.kind)?.forget?.(object);
  }

  #hearPod(pod: KubernetesObject, type: StoreEvent['type']): void {
    if (type === 'ADDED') this.kubelet.admit(pod);
    for (const kind of ['PodDisruptionBudget', 'Service']) this.#enqueueAll(kind, pod.metadata.namespace);
    if (type !== 'DELETED') return this.#availability.note(pod);
    this.#availability.forget(pod);
    // Recreate waits for the last pod of the old ReplicaSets to be gone.
    const { namespace = '', ownerReferences = [] } = pod.metadata;
    for (const { kind, name } of ownerReferences) {
      const owner = kind === 'ReplicaSet' ? this.#store.find(typeOfKind(kind), namespace, name) : undefined;
      for (const above of owner?.metadata.ownerReferences ?? []) this.#enqueue(above.kind, namespace, above.name);
    }
  }

  /** Every namespace has a ServiceAccount that pods run under. */
  #createAccount(namespace: string): void {
    const metadata = { name: 'default', namespace, uid: '', resourceVersion: '', creationTimestamp: '' };
    const type = typeOfKind('ServiceAccount');
    if (!this.#store.find(type, namespace, 'default'))
      this.#store.create(type, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  }

  /** Takes up what a former process left in the middle. */
  resume(): void {
    this.#expiry.resume();
    for (const pod of this.#store.list(typeOfKind('Pod'))) {
      this.#availability.note(pod);
      this.kubelet.resume(pod);
    }
    for (const kind of this.#controllers.keys()) this.#enqueueAll(kind);
  }

  stop(): void {
    this.#waiting.clear();
    this.#expiry.stop();
  }

  #enqueueAll(kind: string, inside = ''): void {
    for (const { metadata } of this.#store.list(typeOfKind(kind), inside))
      this.#enqueue(kind, metadata.namespace ?? '', metadata.name);
  }

  #enqueue(kind: string, namespace: string, name: string): void {
    if (!this.#controllers.has(kind)) return;
    this.#waiting.add(JSON.stringify([kind, namespace, name]));
    if (this.#running) return;
    this.#running = true;
    this.#clock.after(0, () => this.#drain());
  }

  #drain(): void {
    // A timer for each would take a millisecond each.
    for (let count = 0; count < atOnce && this.#waiting.size > 0; count += 1) this.#reconcileNext();
    if (this.#waiting.size > 0) this.#clock.after(0, () => this.#drain());
    else this.#running = false;
  }

  #reconcileNext(): void {
    const [next = ''] = this.#waiting;
    this.#waiting.delete(next);
    const [kind = '', namespace = '', name = ''] = JSON.parse(next) as string[];
    try {
      this.#controllers.get(kind)?.reconcile(namespace, name);
    } catch {
      // An object that a controller cannot work with stops neither the others nor the server; it is tried again.
      this.#clock.again(retryMs, () => this.#enqueue(kind, namespace, name));
    }
  }
}
