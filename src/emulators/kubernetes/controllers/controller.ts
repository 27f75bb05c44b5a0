import type { Clock } from '../clock.ts';
import type { ObjectRemoval } from '../objects/delete-object.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { PodAvailability } from '../kubelet/pod-availability.ts';

/** Brings what there is closer to what the objects of one kind say. */
export interface Controller {
  /** To be called whenever the object or what it owns has changed; does nothing for one that is gone. */
  reconcile(namespace: string, name: string): void;
  /** To be called with an object that is gone. */
  forget?(object: KubernetesObject): void;
}

export interface ControllerParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly kubelet: Kubelet;
  readonly removal: ObjectRemoval;
  readonly availability: PodAvailability;
  /** Asks for another reconciliation after so many emulated milliseconds. */
  readonly lookAgain: (namespace: string, name: string, ms: number) => void;
}
