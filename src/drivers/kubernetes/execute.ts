import type { ActionContext, ActionPause, ActionResult, PlannedAction } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { ActionRun } from './action-run.ts';
import type { KubernetesAllowance } from './allow.ts';
import { executeBlueGreen } from './blue-green/execute-blue-green.ts';
import type { DeploymentUpdateConfig } from './definition.ts';
import { followRollout, type FollowOptions } from './rollout/follow-rollout.ts';
import type { KubernetesClusters } from './cluster/kubernetes-clusters.ts';
import type { Workload } from './cluster/kubernetes-objects.ts';
import { blamedImages, formerImages, holdOn, newImages, plannedUpdate, type PlannedUpdate } from './planned-update.ts';
import { templateContainers } from './workload/pod-template.ts';
import type { RolloutEnd } from './rollout/rollout-judge.ts';
import { progressingCondition } from './rollout/rollout-status.ts';
import { replicaSetsOf } from './workload/replica-sets.ts';
import { PodRemover } from './rollout/stuck-pods.ts';
import { isRollingBack, rollBackWrite, updateWrite, type Written } from './workload/template-writes.ts';
import { kindNames, strategyOf, templateOf, whyNothingRollsOut, whyNothingRuns } from './workload/workload.ts';
import { actionAnnotation } from './workload/write-annotations.ts';
import { putBackReason, recordOf } from './workload/write-record.ts';
import { writeTemplate, type WriteOutcome } from './workload/write-template.ts';

export interface ExecuteDependencies {
  readonly clusters: KubernetesClusters;
  readonly allow: KubernetesAllowance;
  /** How long a definite cause such as ImagePullBackOff may hold a pod up while nothing moves, milliseconds. */
  readonly graceMs: number;
}

/** Writes the planned images, follows the rollout, and takes a failed one back. Goes on where an earlier attempt ended. */
export async function execute(
  { clusters, allow, graceMs }: ExecuteDependencies,
  action: PlannedAction,
  context: ActionContext,
): Promise<ActionResult | ActionPause> {
  const update = plannedUpdate(action.input);
  const { projectId } = context.delivery;
  allow.require(projectId, update);
  const cluster = await clusters.connect(update.cluster, projectId);
  const run: ActionRun = { cluster, update, context, graceMs };
  if (update.blueGreen) return executeBlueGreen(run, update.blueGreen);
  const current = await cluster.get(update.kind, update.namespace, update.name, context.signal);
  if (current && isRollingBack(current, update))
    return endRollBack(run, { text: 'the rollout failed' }, { kind: 'found', object: current });
  const wasWritten = current !== undefined && context.resumed === true && (await hasWritten(run, current));
  const write = await writeTemplate(cluster, updateWrite(update, context, wasWritten), context.signal, current);
  if (write.kind === 'missing') return { outcome: 'failed', message: `${update.kind} "${update.name}" does not exist any more` };
  if (write.kind === 'superseded') return superseded(update, write.reason, write.reason === putBackReason(formerImages(update)));
  context.progress(
    write.kind === 'written' ? `wrote ${newImages(update)}` : `${newImages(update)} is already written, following its rollout`,
  );
  if (write.kind === 'written') tellIgnored(run, write.object);
  const still = whyNothingRollsOut(update.kind, write.object);
  if (still !== undefined)
    return { outcome: 'succeeded', message: `${update.namespace}/${update.name} is set to ${newImages(update)}; ${still}` };
  const { timeoutSeconds }: DeploymentUpdateConfig = context.config;
  const former = write.kind === 'written' ? progressingCondition(write.before) : update.read.progressing;
  const strategy = write.kind === 'written' ? strategyOf(update.kind, write.before) : update.strategy?.from;
  const written = { object: write.object, ...(strategy && { strategy }) };
  return endUpdate(
    run,
    written,
    await follow(run, write.object, {
      ...(former && { former }),
      ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1000 }),
    }),
  );
}

/** A server drops fields that it does not know, such as a StatefulSet's maxUnavailable before Kubernetes 1.35. */
function tellIgnored({ update, context }: ActionRun, found: Workload): void {
  const taken = strategyOf(update.kind, found)?.rollingUpdate ?? {};
  const ignored = Object.keys(update.strategy?.to.rollingUpdate ?? {}).filter((name) => !(name in taken));
  if (ignored.length > 0) context.progress(`the cluster ignores ${ignored.join(' and ')} of a ${kindNames[update.kind]}`);
}

async function endUpdate(run: ActionRun, written: Written, end: RolloutEnd): Promise<ActionResult> {
  const { update, context } = run;
  const where = `${update.namespace}/${update.name}`;
  const images = newImages(update);
  if (end.kind === 'complete') {
    const still = whyNothingRuns(update.kind, end);
    const text = still === undefined ? `runs ${images} (${end.message})` : `is set to ${images}; ${still}`;
    return { outcome: 'succeeded', message: `${where} ${text}` };
  }
  if (end.kind === 'deleted') return { outcome: 'failed', message: `${end.message} during the rollout of ${images}` };
  if (end.kind !== 'failed') {
    const back = end.found !== undefined && isPutBack(update, written.object, end.found);
    const why = back ? putBackReason(formerImages(update)) : end.message;
    return superseded(update, `${why} during the rollout of ${images}`, back);
  }
  const { onFailure = 'rollback' }: DeploymentUpdateConfig = context.config;
  const failure: Failure = { text: `${images} failed: ${end.message}`, ...(end.blamed && { blamed: end.blamed }) };
  if (onFailure !== 'rollback') return failed(run, failure);
  if (update.restartedAt !== undefined) return failed(run, failure, 'a restart cannot be rolled back');
  // The former image is what those pods have: to put it back would keep the new one out for good.
  if (end.byFormer === true) return failed(run, failure, 'not rolled back, the new image goes on from there');
  context.progress(`${failure.text}; rolling back to ${formerImages(update)}`);
  let write: WriteOutcome;
  try {
    write = await writeTemplate(run.cluster, rollBackWrite(update, context, written, end.message), context.signal);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return failed(run, failure, `not rolled back, ${thrown.message}`);
  }
  return endRollBack(run, failure, write);
}

/** What no further try would change: a right that is missing, or a policy of the cluster. */
function isRefusal(thrown: unknown): thrown is ServiceError {
  return thrown instanceof ServiceError && (thrown.code === 'Forbidden' || thrown.code === 'Refused');
}

/** Whoever puts the former image back does not want the new one. */
function superseded(update: PlannedUpdate, message: string, putBack: boolean): ActionResult {
  return { outcome: 'superseded', message, ...(putBack && holdOn(update, putBackReason(formerImages(update)))) };
}

/** Whether the former images are in place again, and not by a later write of this or another such service. */
function isPutBack({ changes }: PlannedUpdate, written: Workload, found: Workload): boolean {
  if ((recordOf(found.metadata)?.at ?? 0) > (recordOf(written.metadata)?.at ?? 0)) return false;
  const current = new Map(templateContainers(templateOf(found)).map(({ name, image }) => [name, image]));
  return changes.every(({ container, from }) => current.get(container) === from);
}

/** Whether an earlier attempt of the action has written, though `kubectl rollout undo` took its annotations away. */
async function hasWritten({ cluster, update, context }: ActionRun, current: Workload): Promise<boolean> {
  if (update.kind !== 'deployment') return false;
  const formers = await replicaSetsOf(cluster, current, context.signal);
  return formers.some(({ annotations }) => annotations?.[actionAnnotation] === update.id);
}

/** Why a rollout failed, and which containers could not run. */
interface Failure {
  readonly text: string;
  readonly blamed?: readonly string[];
}

async function endRollBack(run: ActionRun, failure: Failure, write: WriteOutcome): Promise<ActionResult> {
  const former = formerImages(run.update);
  if (write.kind === 'missing') return failed(run, failure, `not rolled back, the ${kindNames[run.update.kind]} was deleted`);
  if (write.kind === 'superseded') return failed(run, failure, `not rolled back, ${write.reason}`);
  // Found in place after a restart, the condition may still be that of the rollout that failed.
  const condition = progressingCondition(write.kind === 'written' ? write.before : write.object);
  const end = await follow(run, write.object, { ...(condition && { former: condition }), unblock: unblockRollBack(run) });
  if (end.kind !== 'complete') return failed(run, failure, `the rollback to ${former} did not end well: ${end.message}`);
  const message = `${failure.text}; rolled back to ${former} (${end.message})`;
  return { outcome: 'rolledBack', message, ...holdOn(run.update, failure.text, failure.blamed) };
}

/** Without a definite cause the cluster may be to blame, and the image is not held. */
function failed({ update }: ActionRun, failure: Failure, more = ''): ActionResult {
  const { text, blamed = [] } = failure;
  const message = more === '' ? text : `${text}; ${more}`;
  return { outcome: 'failed', message, ...(blamedImages(update, blamed).length > 0 && holdOn(update, text, blamed)) };
}

/** A rollback is given all the time that the workload allows: it must not fail for want of the time that its rollout wasted. */
async function follow(
  { cluster, update, context, graceMs }: ActionRun,
  written: Workload,
  more: Pick<FollowOptions, 'former' | 'timeoutMs' | 'unblock'>,
): Promise<RolloutEnd> {
  const { kind, namespace, name } = update;
  const { signal } = context;
  const progress: FollowOptions['progress'] = (...told) => context.progress(...told);
  context.following();
  try {
    return await followRollout({ cluster, kind, namespace, name, written, graceMs, signal, progress, ...more });
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const set = templateContainers(templateOf(written)).filter(({ name: each }) => isOf(update, each));
    const images = [...new Set(set.map(({ image }) => image))].join(', ');
    const message = `${namespace}/${name} is set to ${images}, but how it rolls out cannot be seen: ${thrown.message}`;
    throw new ServiceError(thrown.code, message, { cause: thrown });
  }
}

function isOf({ changes }: PlannedUpdate, name: string): boolean {
  return changes.some(({ container }) => container === name);
}

/** Removes what keeps a StatefulSet from going back to the former images. */
function unblockRollBack({ cluster, update, context }: ActionRun): NonNullable<FollowOptions['unblock']> {
  const failed = new Map(update.changes.filter(({ from, to }) => from !== to).map(({ container, to }) => [container, to]));
  const { signal } = context;
  const beforeWrite = (step: string): Promise<void> => context.beforeWrite(step);
  const remover = new PodRemover({ cluster, namespace: update.namespace, failed, signal, beforeWrite });
  return (workload, pods) => remover.remove(workload, pods);
}
