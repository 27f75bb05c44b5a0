import type { Controller, ControllerParts } from './controller.ts';
import { type KubernetesObject, listAt, mapAt, numberOr, textOr, timestamp } from '../objects/kubernetes-object.ts';
import { selectsLabels } from '../objects/label-selector.ts';
import { isReady, isTerminating } from '../kubelet/pod-availability.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const pods = typeOfKind('Pod');
const budgets = typeOfKind('PodDisruptionBudget');

/** Counts how many pods each PodDisruptionBudget lets go. */
export class DisruptionController implements Controller {
  readonly #parts: ControllerParts;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  reconcile(namespace: string, name: string): void {
    const { store } = this.#parts;
    const budget = store.find(budgets, namespace, name);
    if (!budget || budget.metadata.deletionTimestamp !== undefined) return;
    const selected = store
      .list(pods, namespace)
      .filter((pod) => !isTerminating(pod) && selectsLabels(mapAt(budget.spec, 'selector'), pod.metadata.labels));
    const healthy = selected.filter(isReady).length;
    const wanted = leastHealthy(budget, selected.length);
    const allowed = Math.max(0, healthy - wanted);
    const isAllowed = allowed > 0;
    const former = listAt(budget.status, 'conditions')[0];
    const isSame = former?.['status'] === (isAllowed ? 'True' : 'False');
    const status = {
      observedGeneration: budget.metadata.generation ?? 1,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: wanted,
      expectedPods: selected.length,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: isAllowed ? 'True' : 'False',
          observedGeneration: budget.metadata.generation ?? 1,
          lastTransitionTime: isSame ? former['lastTransitionTime'] : timestamp(),
          reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
          message: '',
        },
      ],
    };
    store.replace(budgets, { ...budget, status });
  }
}

/** Percentages are of the pods that there are, rounded up. */
function leastHealthy({ spec }: KubernetesObject, count: number): number {
  const amount = (value: unknown): number =>
    typeof value === 'number' ? value : Math.ceil((Number.parseInt(textOr(value, '0'), 10) * count) / 100);
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable !== undefined) return Math.max(0, count - amount(maxUnavailable));
  return numberOr(minAvailable === undefined ? 1 : amount(minAvailable), 0);
}
