import type { ActionResult } from '../../../framework/driver.ts';
import { ServiceError } from '../../../framework/errors.ts';
import type { ActionRun } from '../action-run.ts';
import type { DeploymentUpdateConfig } from '../definition.ts';
import { followRollout } from '../rollout/follow-rollout.ts';
import type { KubernetesKind, KubernetesKinds, PatchOutcome, StrategicMergePatch } from '../cluster/kubernetes-clusters.ts';
import type { Workload } from '../cluster/kubernetes-objects.ts';
import { newImages, type PlannedSwitch, type PlannedUpdate } from '../planned-update.ts';
import type { RolloutEnd } from '../rollout/rollout-judge.ts';
import { isSelected, type Pair, readPair } from './pair.ts';
import { keptAnnotation, keptMark, type KeptMark, secondAnnotation, secondMark } from './second-mark.ts';
import { stepOf } from './last-step.ts';

/** A planned update by a second Deployment. */
export type PlannedBlueGreen = PlannedUpdate & { readonly blueGreen: PlannedSwitch };

/** Where a Service, the Deployment that was live at the plan, and the one that is to be stand. */
export interface Standing {
  readonly pair: Pair;
  readonly live?: Workload;
  readonly next?: Workload;
  readonly selectsLive: boolean;
  readonly selectsNext: boolean;
}

/** What every step of a blue-green update reads and writes. */
export class BlueGreenRun {
  readonly update: PlannedBlueGreen;
  readonly plan: PlannedSwitch;
  readonly run: ActionRun;
  readonly images: string;

  constructor(run: ActionRun, plan: PlannedSwitch) {
    this.run = run;
    this.plan = plan;
    this.update = { ...run.update, blueGreen: plan };
    this.images = newImages(run.update);
  }

  get config(): DeploymentUpdateConfig {
    return this.run.context.config;
  }

  /** `shop/web-green` */
  get nextText(): string {
    return `${this.update.namespace}/${this.plan.next}`;
  }

  async read(): Promise<Standing> {
    const { cluster, update, context } = this.run;
    const { service, live: liveName } = this.plan;
    const pair = await readPair(cluster, update.namespace, { name: update.name, service }, context.signal);
    const find = (name: string): Workload | undefined => pair.members.find((member) => member.name === name)?.object;
    const [live, next] = [find(liveName), find(this.plan.next)];
    return {
      pair,
      ...(live && { live }),
      ...(next && { next }),
      selectsLive: isSelected(pair.service, live),
      selectsNext: isSelected(pair.service, next),
    };
  }

  follow(written: Workload): Promise<RolloutEnd> {
    const { cluster, update, context, graceMs } = this.run;
    const { timeoutSeconds } = this.config;
    context.following();
    return followRollout({
      cluster,
      kind: 'deployment',
      namespace: update.namespace,
      name: written.metadata?.name ?? '',
      written,
      graceMs,
      ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1000 }),
      signal: context.signal,
      progress: (...told) => context.progress(...told),
    });
  }

  /** Changes an object that is as it was read. @throws ServiceError `Conflict` where others changed it since. */
  async patch<K extends KubernetesKind>(
    kind: K,
    object: { readonly metadata?: { readonly name?: string; readonly resourceVersion?: string } },
    patch: { readonly annotations?: Readonly<Record<string, string | null>>; readonly spec?: object },
    step: string,
  ): Promise<PatchOutcome<KubernetesKinds[K]>> {
    const { cluster, update, context } = this.run;
    const { name = '', resourceVersion = '' } = object.metadata ?? {};
    const body = {
      metadata: { resourceVersion, ...(patch.annotations && { annotations: patch.annotations }) },
      ...(patch.spec && { spec: patch.spec }),
    } as StrategicMergePatch;
    return cluster.patch(kind, update.namespace, name, body, context.signal, () => context.beforeWrite(step));
  }

  /** The same for a Deployment, which its controller changes all the time: read again as often as it takes, within limits. */
  async patchDeployment(
    name: string,
    uid: string | undefined,
    patch: { readonly annotations?: Readonly<Record<string, string | null>>; readonly spec?: object },
    step: string,
  ): Promise<Workload | undefined> {
    const { cluster, update, context } = this.run;
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      const object = await cluster.get('deployment', update.namespace, name, context.signal);
      if (object === undefined || object.metadata?.uid !== uid) return undefined;
      const outcome = await this.patch('deployment', object, patch, step);
      if (outcome.kind === 'missing') return undefined;
      if (outcome.kind === 'patched') return outcome.object;
    }
    throw new ServiceError('Conflict', `deployment "${name}" was changed by others during each of ${tries} tries`);
  }

  /** Marks the Deployment that was live; one that is gone is no error. */
  async mark(live: Workload, mark: Omit<KeptMark, 'action'>, step: string): Promise<void> {
    const { name = '', uid } = live.metadata ?? {};
    const text = JSON.stringify({ action: this.update.id, ...mark });
    await this.patchDeployment(name, uid, { annotations: { [keptAnnotation]: text } }, step);
  }

  /** Takes this action's mark off. @param end as that of `remove`. */
  async unmark(live: Workload, end: ActionResult): Promise<void> {
    const { name = '', uid } = live.metadata ?? {};
    const step = stepOf(`keep ${name} for good`, end);
    await this.patchDeployment(name, uid, { annotations: { [keptAnnotation]: null } }, step);
  }

  /** Says on a Deployment that stays that nothing more is to become of it, so that no other delivery waits for that. */
  async leave(made: Workload): Promise<void> {
    const { name = '', uid } = made.metadata ?? {};
    const annotations = { [secondAnnotation]: JSON.stringify({ ...secondMark(made), left: true }) };
    await this.patchDeployment(name, uid, { annotations }, `leave ${name} as it is`);
  }

  /** What is marked on it by this action. */
  markOf(live: Workload | undefined): KeptMark | undefined {
    const mark = live && keptMark(live);
    return mark?.action === this.update.id ? mark : undefined;
  }

  /** @param end what the action ends with then: known to whoever resumes it. */
  async remove(object: Workload, end?: ActionResult): Promise<void> {
    const { cluster, update, context } = this.run;
    const { name = '', uid = '' } = object.metadata ?? {};
    await cluster.delete('deployment', update.namespace, name, { uid }, context.signal, () =>
      context.beforeWrite(stepOf(`remove ${name}`, end)),
    );
    context.progress(`removed ${name}`);
  }
}

export const tries = 5;
/** How often what waits is looked after at least, milliseconds. */
export const lookAfterMs = 10 * 60_000;
