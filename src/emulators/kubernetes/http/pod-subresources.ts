import type { Controllers } from '../controllers/controllers.ts';
import { type KubernetesObject, mapAt } from '../objects/kubernetes-object.ts';
import { selectsLabels } from '../objects/label-selector.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { typeOfKind } from '../schema/resource-types.ts';
import { StatusError } from './status-error.ts';

const budgets = typeOfKind('PodDisruptionBudget');
const pods = typeOfKind('Pod');

/** What needs containers that run. @throws StatusError 501 for `log`, `exec`, `attach` and `portforward`. */
export function refuseContainers(subresource: string): void {
  if (!['log', 'exec', 'attach', 'portforward'].includes(subresource)) return;
  const message = `the emulator runs no containers, so there is no ${subresource}`;
  throw new StatusError(501, message, {});
}

/** Ends a pod unless a budget keeps it. @throws StatusError 404, or 429 if it has to stay for now. */
export function evictPod(store: ObjectStore, controllers: Controllers, namespace: string, name: string): KubernetesObject {
  const pod = store.require(pods, namespace, name);
  const keeps = store
    .list(budgets, namespace)
    .find(
      (budget) =>
        selectsLabels(mapAt(budget.spec, 'selector'), pod.metadata.labels) && budget.status?.['disruptionsAllowed'] === 0,
    );
  if (keeps) {
    const message = "Cannot evict pod as it would violate the pod's disruption budget.";
    throw new StatusError(429, message, {
      causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${keeps.metadata.name} needs its pods` }],
    });
  }
  controllers.removal.remove(pods, pod);
  return pod;
}
