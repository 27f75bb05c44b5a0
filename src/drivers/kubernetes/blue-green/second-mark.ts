import { isJsonObject, type JsonObject } from '../../../framework/json.ts';
import type { Workload } from '../cluster/kubernetes-objects.ts';
import { actionAnnotation } from '../workload/write-annotations.ts';
import { isTime } from '../workload/write-record.ts';

/** On a Deployment that this driver made beside another. */
export const secondAnnotation = 'webhook-service/blue-green';
/** On a Deployment that is kept for a while after the switch. */
export const keptAnnotation = 'webhook-service/kept';

/** How a Deployment was made from the one that was live. */
export interface SecondMark {
  /** The action that made it. Another receiver may write to the Deployment since, and its own action to the annotation of all writes. */
  readonly action?: string;
  /** True once that action has ended and left it there: a newer one may remove it. */
  readonly left?: boolean;
  readonly label: string;
  /** The label's value on the pods that were live. */
  readonly former: string;
  /** Tells the template that was live: what somebody changed of it since is not in the second one. */
  readonly madeFrom: string;
}

/** That a Deployment is live no more, or will soon not be, and by which action. */
export interface KeptMark {
  readonly action: string;
  /** Until when it is kept, milliseconds since 1970; absent before the switch. */
  readonly until?: number;
  /** Why the Service is to select it again, where that was decided. */
  readonly back?: string;
}

export function secondMark(deployment: Workload): SecondMark | undefined {
  const { action, left, label, former, madeFrom } = annotated(deployment, secondAnnotation);
  if (typeof label !== 'string' || typeof former !== 'string' || typeof madeFrom !== 'string') return undefined;
  return { ...(typeof action === 'string' && { action }), ...(left === true && { left }), label, former, madeFrom };
}

export function keptMark(deployment: Workload): KeptMark | undefined {
  const { action, until, back } = annotated(deployment, keptAnnotation);
  if (typeof action !== 'string') return undefined;
  return { action, ...(isTime(until) && { until }), ...(typeof back === 'string' && { back }) };
}

/** Whether a Deployment was made by this very action. */
export function isMadeBy(deployment: Workload | undefined, action: string): boolean {
  return deployment !== undefined && makerOf(deployment) === action;
}

/** The action that made a Deployment beside another; undefined where none did. */
export function makerOf(deployment: Workload): string | undefined {
  const mark = secondMark(deployment);
  return mark && (mark.action ?? deployment.metadata?.annotations?.[actionAnnotation]);
}

/** Whether the Deployment in the second one's place has nothing to do with updates. */
export function isForeign(deployment: Workload): boolean {
  return secondMark(deployment) === undefined && keptMark(deployment) === undefined;
}

/** Why nothing can be done then. */
export function inTheWay(namespace: string, name: string, service: string): string {
  return `Deployment ${namespace}/${name} is in the way: it was not made by an update, and Service ${service} does not select it`;
}

/** Whoever may write to the Deployment may write anything there. */
function annotated({ metadata }: Workload, annotation: string): JsonObject {
  try {
    const value: unknown = JSON.parse(metadata?.annotations?.[annotation] ?? 'null');
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
