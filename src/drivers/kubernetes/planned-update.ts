import type { ActionResult } from '../../framework/driver.ts';
import type { JsonObject } from '../../framework/json.ts';
import type { WorkloadKind } from './cluster/kubernetes-clusters.ts';
import type { Condition, UpdateStrategy } from './cluster/kubernetes-objects.ts';
import { type StrategyChange, strategyText } from './workload/update-strategy.ts';

/** What becomes of one container's image. Where `from` equals `to`, the pods are only restarted. */
export interface ImageChange {
  readonly container: string;
  readonly init: boolean;
  /** The image as the workload spelled it when it was read. */
  readonly from: string;
  readonly to: string;
}

/** How a Service goes from one Deployment to another. */
export interface PlannedSwitch {
  readonly service: string;
  /** The Deployment that the Service selects now, and the one that it will. */
  readonly live: string;
  readonly next: string;
  /** The label that the Service tells them apart by, with its value on the pods of either. */
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** What a PlannedAction of this driver holds: an absolute state, by which a resumed one finds out how far it was. */
export interface PlannedUpdate {
  /** Made anew for every plan, and written to the workload: tells this action's writes from all others. */
  readonly id: string;
  readonly cluster: string;
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly changes: readonly ImageChange[];
  /** The restart mark to set, where no image changes. */
  readonly restartedAt?: string;
  /** Where a second Deployment brings the images. */
  readonly blueGreen?: PlannedSwitch;
  /** How pods are to be replaced, where the receiver changes that. */
  readonly strategy?: StrategyChange;
  /** The workload as it was read. */
  readonly read: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly templateHash: string;
    /** The condition `Progressing`: one that still is the same later says nothing about the rollout. */
    readonly progressing?: Condition;
  };
}

/** The input of a stored action, as this driver planned it. */
export function plannedUpdate(input: JsonObject): PlannedUpdate {
  return input as unknown as PlannedUpdate;
}

/** Those of the images that an update brings whose containers could not run. A restart brings none. */
export function blamedImages({ changes }: PlannedUpdate, containers: readonly string[]): readonly string[] {
  return imagesOf(changes.filter(({ container, from, to }) => from !== to && containers.includes(container)));
}

/**
 * The hold on the images that are to blame for a failed rollout, or on all that an update brings where it is not known which.
 * @param containers that could not run, by name.
 */
export function holdOn(update: PlannedUpdate, reason: string, containers: readonly string[] = []): Pick<ActionResult, 'hold'> {
  const blamed = blamedImages(update, containers);
  const images = blamed.length > 0 ? blamed : imagesOf(update.changes.filter(({ from, to }) => from !== to));
  return images.length === 0 ? {} : { hold: { images, reason } };
}

function imagesOf(changes: readonly ImageChange[]): readonly string[] {
  return [...new Set(changes.map(({ to }) => to))];
}

/** One line for people: `web: acme/web:1 → acme/web:2`. */
export function changesText({ changes, restartedAt }: PlannedUpdate): string {
  return changes
    .map(
      ({ container, from, to }) =>
        `${container}: ${from === to ? `${restartedAt === undefined ? 'keep' : 'restart'} ${to}` : `${from} → ${to}`}`,
    )
    .join(', ');
}

/** How the pods are replaced, for people: ` (RollingUpdate, maxSurge 1)`; empty where that is not known. */
export function howText(
  current: UpdateStrategy | undefined,
  { strategy, blueGreen }: Pick<PlannedUpdate, 'strategy' | 'blueGreen'>,
): string {
  if (blueGreen !== undefined) {
    const { service, live, next } = blueGreen;
    return ` (blueGreen: Deployment ${next} beside ${live}, then Service ${service} goes from ${live} to ${next})`;
  }
  if (strategy !== undefined)
    return ` (${strategyText(strategy.to)}${strategy.from ? `; now ${strategyText(strategy.from)}` : ''})`;
  return current?.type === undefined ? '' : ` (${strategyText(current)})`;
}

/** The images that an update brings, each once. */
export function newImages({ changes }: PlannedUpdate): string {
  return imagesOf(changes).join(', ');
}

/** The images that an update replaces, each once. */
export function formerImages({ changes }: PlannedUpdate): string {
  return [...new Set(changes.map(({ from }) => from))].join(', ');
}
