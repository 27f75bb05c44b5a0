import type { ControllerParts } from './controller.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { isTerminating } from '../kubelet/pod-availability.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const pods = typeOfKind('Pod');

/** What a controller says of a pod that it created or deleted. */
type Words = (verb: 'create' | 'delete', pod: string, owner: string) => string;

const usualWords: Words = (verb, pod) => `${verb === 'create' ? 'Created' : 'Deleted'} pod: ${pod}`;

/** Creates and deletes the pods of one controller's objects, and reports that on their owners. */
export class PodControl {
  readonly #parts: ControllerParts;
  readonly #component: string;
  readonly #words: Words;

  constructor(parts: ControllerParts, component: string, words = usualWords) {
    this.#parts = parts;
    this.#component = component;
    this.#words = words;
  }

  create(owner: KubernetesObject, pod: KubernetesObject): void {
    this.#parts.store.create(pods, pod);
    this.#report(owner, 'create', pod);
  }

  /** Does nothing for a pod that is on its way out already. */
  delete(owner: KubernetesObject, pod: KubernetesObject): void {
    if (isTerminating(pod)) return;
    this.#parts.kubelet.end(pod);
    this.#report(owner, 'delete', pod);
  }

  #report(owner: KubernetesObject, verb: 'create' | 'delete', { metadata: { name } }: KubernetesObject): void {
    const reason = verb === 'create' ? 'SuccessfulCreate' : 'SuccessfulDelete';
    const message = this.#words(verb, name, owner.metadata.name);
    this.#parts.events.report(owner, { component: this.#component, type: 'Normal', reason, message });
  }
}
