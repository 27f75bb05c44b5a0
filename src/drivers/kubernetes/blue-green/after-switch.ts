import type { ActionPause, ActionResult } from '../../../framework/driver.ts';
import { defaultKeepOldSeconds } from '../definition.ts';
import type { Workload } from '../cluster/kubernetes-objects.ts';
import { holdOn } from '../planned-update.ts';
import { type BlueGreenRun, lookAfterMs, type Standing } from './blue-green-run.ts';
import { endOf } from './last-step.ts';
import { podLabels } from './pair.ts';
import { isMadeBy, type KeptMark } from './second-mark.ts';
import { switchService } from './switch-service.ts';

/** Goes on after the switch; undefined where the Service was not switched yet. */
export async function afterSwitch(blueGreen: BlueGreenRun, standing: Standing): Promise<ActionResult | ActionPause | undefined> {
  const { run, plan } = blueGreen;
  const { live: former, next } = standing;
  const mark = blueGreen.markOf(former);
  if (former !== undefined && mark?.back !== undefined) return switchBack(blueGreen, former, mark);
  const isOurs = isMadeBy(next, run.update.id);
  if (isOurs && standing.selectsNext && !standing.selectsLive) return keepFormer(blueGreen, standing);
  if (former === undefined || mark?.until === undefined) return undefined;
  if (run.context.decision?.name === 'abort' && !standing.selectsLive)
    return switchBack(blueGreen, former, { ...mark, back: `aborted by ${run.context.decision.by}` });
  if (isOurs && next !== undefined && !standing.selectsNext && standing.selectsLive) return switchedBack(blueGreen, former, next);
  const message = `somebody removed ${blueGreen.nextText} or changed Service ${plan.service}; ${plan.live} is left as it is`;
  const end: ActionResult = { outcome: 'superseded', message };
  await blueGreen.unmark(former, end);
  return end;
}

/** Keeps the former Deployment until its time, then removes it. Goes back where that is decided, or needed. */
async function keepFormer(blueGreen: BlueGreenRun, standing: Standing): Promise<ActionResult | ActionPause> {
  const { live: former, next } = standing;
  const { run, plan, images, nextText, config } = blueGreen;
  const { decision } = run.context;
  const runs = `${nextText} runs ${images} behind Service ${plan.service}`;
  if (decision?.name === 'abort') {
    const why = `aborted by ${decision.by}`;
    if (former !== undefined) return switchBack(blueGreen, former, { action: run.update.id, back: why });
    return {
      outcome: 'failed',
      message: `${why} too late: ${plan.live} is removed already, and ${nextText} stays`,
      ...holdOn(blueGreen.update, why),
    };
  }
  if (former === undefined) return { outcome: 'succeeded', message: runs };
  if (decision?.name !== 'supersede') {
    // Right after the switch it has just been found ready.
    const wasKept = blueGreen.markOf(former)?.until !== undefined;
    const end = wasKept && next ? await blueGreen.follow(next) : undefined;
    const { onFailure = 'rollback' } = config;
    if (end?.kind === 'failed' && onFailure === 'rollback')
      return switchBack(blueGreen, former, { action: run.update.id, back: `${images} failed after the switch: ${end.message}` });
    const after = wasKept ? await blueGreen.read() : standing;
    if (!after.selectsNext || after.selectsLive)
      return (await afterSwitch(blueGreen, after)) ?? { outcome: 'superseded', message: runs };
    const pause = await keep(blueGreen, former);
    if (pause !== undefined) return { ...pause, message: `${runs}; ${pause.message}` };
  }
  await blueGreen.remove(former);
  return { outcome: 'succeeded', message: `${runs}; ${plan.live} is removed` };
}

/** After how long the new pods are looked at first, milliseconds; then after twice as long, and so on. */
const firstLookMs = 5_000;

/** Keeps the former Deployment, with looks at the new one in between. @returns undefined once its time is over. */
async function keep(blueGreen: BlueGreenRun, former: Workload): Promise<ActionPause | undefined> {
  const { plan, config } = blueGreen;
  const { keepOldSeconds = defaultKeepOldSeconds } = config;
  const marked = blueGreen.markOf(former)?.until;
  const until = marked ?? Date.now() + keepOldSeconds * 1000;
  const now = Date.now();
  if (now >= until) return undefined;
  if (marked === undefined) await blueGreen.mark(former, { until }, `keep ${plan.live} for ${keepOldSeconds} s`);
  const message = `${plan.live} is kept until ${new Date(until).toISOString()}, abort of this delivery switches back to it`;
  const sinceSwitch = now - (until - keepOldSeconds * 1000);
  const nextLookAt = now + Math.min(Math.max(sinceSwitch, firstLookMs), lookAfterMs);
  return { outcome: 'waiting', message, until: Math.min(until, nextLookAt), awaits: ['abort'] };
}

/** The Service selects the former Deployment again, and the new one goes. */
async function switchBack(blueGreen: BlueGreenRun, former: Workload, mark: KeptMark): Promise<ActionResult> {
  const { plan, run } = blueGreen;
  const { back: why = '' } = mark;
  if (blueGreen.markOf(former)?.back === undefined) await blueGreen.mark(former, mark, `go back to ${plan.live}`);
  const toLabels = podLabels(former);
  const way = { from: plan.next, to: plan.live, fromLabels: { ...toLabels, [plan.label]: plan.to }, toLabels };
  const failure = await switchService(blueGreen, { ...way, label: plan.label, value: plan.from });
  const hold = holdOn(blueGreen.update, why);
  if (failure !== undefined) {
    const end: ActionResult = { outcome: 'failed', message: `${why}; not switched back, ${failure}`, ...hold };
    await blueGreen.unmark(former, end);
    return end;
  }
  const { next } = await blueGreen.read();
  if (next !== undefined && isMadeBy(next, run.update.id)) await blueGreen.remove(next);
  const message = `${why}; Service ${plan.service} selects ${plan.live} again, and ${plan.next} is removed`;
  const end: ActionResult = { outcome: 'rolledBack', message, ...hold };
  await blueGreen.unmark(former, end);
  return end;
}

/** Whoever does that by hand does not want the new image. */
async function switchedBack(blueGreen: BlueGreenRun, former: Workload, next: Workload): Promise<ActionResult> {
  const { plan } = blueGreen;
  const why = `somebody switched Service ${plan.service} back`;
  const end: ActionResult = {
    outcome: 'superseded',
    message: `${why}; ${plan.next} is removed`,
    ...holdOn(blueGreen.update, why),
  };
  await blueGreen.remove(next, end);
  await blueGreen.unmark(former, end);
  return end;
}

/** Why an action ended that was cut off before it could say so: what was to be done then is done. */
export async function endedAlready(
  blueGreen: BlueGreenRun,
  { live, next, selectsNext }: Standing,
): Promise<ActionResult | undefined> {
  const { run } = blueGreen;
  const end = endOf(run.context.step);
  // Should somebody have switched the Service by hand, what is live stays.
  if (end === undefined || selectsNext) return undefined;
  if (next !== undefined && isMadeBy(next, run.update.id)) await blueGreen.remove(next, end);
  if (live !== undefined && blueGreen.markOf(live) !== undefined) await blueGreen.unmark(live, end);
  return { ...end, ...(end.outcome === 'rolledBack' && holdOn(run.update, end.message)) };
}
