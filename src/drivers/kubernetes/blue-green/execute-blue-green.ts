import type { ActionPause, ActionResult } from '../../../framework/driver.ts';
import { ServiceError } from '../../../framework/errors.ts';
import type { ActionRun } from '../action-run.ts';
import type { Workload } from '../cluster/kubernetes-objects.ts';
import { blamedImages, holdOn, type PlannedSwitch } from '../planned-update.ts';
import { templateContainers, templateHash } from '../workload/pod-template.ts';
import type { RolloutEnd } from '../rollout/rollout-judge.ts';
import { templateOf } from '../workload/workload.ts';
import { recordOf } from '../workload/write-record.ts';
import { afterSwitch, endedAlready } from './after-switch.ts';
import { BlueGreenRun, lookAfterMs, type Standing } from './blue-green-run.ts';
import { podLabels } from './pair.ts';
import { whyNoMore } from './plan-blue-green.ts';
import { secondDeployment } from './second-deployment.ts';
import { inTheWay, isForeign, isMadeBy, keptMark, secondMark } from './second-mark.ts';
import { switchService } from './switch-service.ts';

/** How often it is looked whether another delivery has left the pair, milliseconds. */
const occupiedMs = 30_000;

/**
 * Brings the planned images by a second Deployment, and has the Service select it. Where it is in that is read from the
 * cluster every time, so that it goes on wherever an earlier attempt ended.
 */
export async function executeBlueGreen(run: ActionRun, plan: PlannedSwitch): Promise<ActionResult | ActionPause> {
  const blueGreen = new BlueGreenRun(run, plan);
  const standing = await blueGreen.read();
  const ended = await endedAlready(blueGreen, standing);
  if (ended !== undefined) return ended;
  const switched = await afterSwitch(blueGreen, standing);
  if (switched !== undefined) return switched;
  const { next } = standing;
  const second = isMadeBy(next, run.update.id) ? next : undefined;
  const end = endedBefore(blueGreen, standing, second);
  if (end !== undefined) return takeBack(blueGreen, second, end);
  if (blueGreen.update.changes.every(({ from, to }) => from === to) && run.update.restartedAt === undefined)
    return { outcome: 'succeeded', message: `${run.update.namespace}/${plan.live} runs ${blueGreen.images}` };
  if (second !== undefined) return promote(blueGreen, standing, second);
  if (next !== undefined) {
    const occupied = occupiedBy(blueGreen, next);
    if (occupied !== undefined) return occupied;
    await blueGreen.remove(next);
  }
  return promote(blueGreen, standing, await create(blueGreen, standing));
}

/** Why nothing more is to be switched, if so. */
function endedBefore(
  { run, plan, update }: BlueGreenRun,
  { pair, live, selectsLive, selectsNext }: Standing,
  second: Workload | undefined,
): ActionResult | undefined {
  const { decision } = run.context;
  if (decision?.name === 'abort') return { outcome: 'cancelled', message: `aborted by ${decision.by}` };
  if (decision?.name === 'supersede') return { outcome: 'superseded', message: `superseded by ${decision.by}` };
  if (pair.service === undefined) return { outcome: 'failed', message: `Service ${plan.service} was deleted` };
  if (live === undefined) return { outcome: 'failed', message: `Deployment ${plan.live} was deleted` };
  const superseded = (message: string): ActionResult => ({ outcome: 'superseded', message });
  if (!selectsLive || selectsNext)
    return superseded(`Service ${plan.service} does not select the pods of ${plan.live} alone any more`);
  if (live.metadata?.uid !== update.read.uid) return superseded(`Deployment ${plan.live} was deleted and created anew`);
  const found = new Map(templateContainers(templateOf(live)).map(({ name, image }) => [name, image]));
  const other = update.changes.find(({ container, from }) => found.get(container) !== from);
  if (other)
    return superseded(`container ${other.container} of ${plan.live} now has ${found.get(other.container)}, not ${other.from}`);
  const isStale = second !== undefined && secondMark(second)?.madeFrom !== templateHash(live);
  // What was changed meanwhile would be undone by the switch.
  return isStale ? superseded(`somebody changed the pod template of ${plan.live} meanwhile`) : undefined;
}

/** Removes the second Deployment, if it is there, before anything was switched. */
async function takeBack(blueGreen: BlueGreenRun, second: Workload | undefined, end: ActionResult): Promise<ActionResult> {
  if (second === undefined) return end;
  const { plan, nextText } = blueGreen;
  const message = `${end.message}; ${nextText} is removed, Service ${plan.service} was not switched`;
  const taken = { ...end, message };
  await blueGreen.remove(second, taken);
  return taken;
}

/** What another Deployment in the place of the second one means; undefined where it is only left over, and may go. */
function occupiedBy({ run, plan, update }: BlueGreenRun, next: Workload): ActionResult | ActionPause | undefined {
  // Kept by a delivery that was live before, or left by one that has ended: a newer one does not wait for its time.
  if (keptMark(next) !== undefined || secondMark(next)?.left === true) return undefined;
  const where = `Deployment ${update.namespace}/${plan.next}`;
  if (isForeign(next)) return { outcome: 'failed', message: inTheWay(update.namespace, plan.next, plan.service) };
  const { annotations = {} } = next.metadata ?? {};
  const theirs = recordOf(next.metadata)?.images ?? [];
  const isOlder =
    annotations['webhook-service/receiver'] === run.context.delivery.receiver.name &&
    theirs.every(({ container }) => update.changes.some((change) => change.container === container));
  if (isOlder) return undefined;
  const delivery = annotations['webhook-service/delivery'];
  const advice = `if that has ended, run: kubectl -n ${update.namespace} delete deployment ${plan.next}`;
  const message = `waits for delivery ${delivery}, whose ${where} is not promoted or aborted yet; ${advice}`;
  return { outcome: 'waiting', message, until: Date.now() + occupiedMs, awaits: ['abort'] };
}

async function create(blueGreen: BlueGreenRun, { live }: Standing): Promise<Workload> {
  const { run, plan, update, images } = blueGreen;
  const { cluster, context } = run;
  if (live === undefined) throw new ServiceError('Conflict', `Deployment ${plan.live} is gone`);
  const object = secondDeployment(live, update, context.delivery);
  const made = await cluster.create('deployment', update.namespace, object, context.signal, () =>
    context.beforeWrite(`create ${plan.next} with ${images}`),
  );
  if (made === undefined) throw new ServiceError('Conflict', `Deployment ${plan.next} is not gone yet`);
  context.progress(`created ${plan.next} with ${images}`);
  return made;
}

/** Makes the second Deployment ready, waits for a person where one is to decide, and has the Service select it. */
async function promote(blueGreen: BlueGreenRun, { live }: Standing, made: Workload): Promise<ActionResult | ActionPause> {
  const { run, plan, config, images } = blueGreen;
  const { context } = run;
  const end = await blueGreen.follow(made);
  if (end.kind !== 'complete') return endUnready(blueGreen, made, end);
  if (config.promote === 'manual' && context.decision?.name !== 'promote') {
    const ready = `${blueGreen.nextText} is ready with ${images} (${end.message}), Service ${plan.service} still selects ${plan.live}`;
    const how = `POST …/deliveries/${context.delivery.id}?action=promote switches it, ?action=abort removes ${plan.next}`;
    return { outcome: 'waiting', message: `${ready}: ${how}`, until: Date.now() + lookAfterMs, awaits: ['promote', 'abort'] };
  }
  const { namespace, name } = run.update;
  const against = await whyNoMore(run.cluster, { ...config, namespace, name, service: plan.service }, context.signal);
  if (against !== undefined) return takeBack(blueGreen, made, { outcome: 'superseded', message: against });
  const grown = await grow(blueGreen, made);
  if (grown !== undefined) return endUnready(blueGreen, made, grown);
  if (live !== undefined && blueGreen.markOf(live) === undefined)
    await blueGreen.mark(live, {}, `mark ${plan.live} as the former one`);
  const before = await blueGreen.read();
  const ended = endedBefore(blueGreen, before, before.next);
  if (before.next === undefined || ended !== undefined)
    return takeBack(blueGreen, before.next, ended ?? { outcome: 'superseded', message: `somebody deleted ${plan.next}` });
  const way = { from: plan.live, to: plan.next, fromLabels: podLabels(before.live), toLabels: podLabels(before.next) };
  const failure = await switchService(blueGreen, { ...way, label: plan.label, value: plan.to });
  if (failure !== undefined) return takeBack(blueGreen, before.next, { outcome: 'superseded', message: failure });
  const after = await afterSwitch(blueGreen, await blueGreen.read());
  return after ?? { outcome: 'superseded', message: `somebody changed Service ${plan.service} right after its switch` };
}

/** The live Deployment may have been scaled up since the second one was made. @returns how that ended, unless well. */
async function grow(blueGreen: BlueGreenRun, made: Workload): Promise<RolloutEnd | undefined> {
  const { plan } = blueGreen;
  for (;;) {
    const { live, next } = await blueGreen.read();
    const [wanted, has] = [live, next].map((deployment) => deployment?.spec?.replicas ?? 1) as [number, number];
    if (live === undefined || next === undefined || has >= wanted) return undefined;
    const scaled = await blueGreen.patchDeployment(
      plan.next,
      made.metadata?.uid,
      { spec: { replicas: wanted } },
      `scale ${plan.next} to ${wanted}, as ${plan.live} is`,
    );
    if (scaled === undefined) return undefined;
    const end = await blueGreen.follow(scaled);
    if (end.kind !== 'complete') return end;
  }
}

/** A second Deployment that does not get ready goes, and its image is put on hold. */
async function endUnready(blueGreen: BlueGreenRun, made: Workload, end: RolloutEnd): Promise<ActionResult> {
  const { run, plan, images, nextText, config } = blueGreen;
  if (end.kind === 'deleted')
    return { outcome: 'superseded', message: `somebody deleted ${nextText}, Service ${plan.service} was not switched` };
  if (end.kind !== 'failed') {
    await blueGreen.leave(made);
    return { outcome: 'superseded', message: `${end.message}: ${nextText} stays, Service ${plan.service} was not switched` };
  }
  const failure = `${images} failed: ${end.message}`;
  const { blamed = [] } = end;
  const hold = holdOn(run.update, failure, blamed);
  const { onFailure = 'rollback' } = config;
  if (onFailure === 'keep') {
    await blueGreen.leave(made);
    const message = `${failure}; ${nextText} stays, Service ${plan.service} was not switched`;
    return { outcome: 'failed', message, ...(blamedImages(run.update, blamed).length > 0 && hold) };
  }
  return takeBack(blueGreen, made, { outcome: 'rolledBack', message: failure, ...hold });
}
