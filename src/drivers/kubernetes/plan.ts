import crypto from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Delivery, DriverConfig, FoundHold, Plan, PlannedAction } from '../../framework/driver.ts';
import { parseImageReference } from '../../framework/image-reference.ts';
import { Semaphore } from '../../framework/semaphore.ts';
import { readPair } from './blue-green/pair.ts';
import { findSwitch, type FoundSwitch, hasBegun } from './blue-green/plan-blue-green.ts';
import type { DeploymentUpdateConfig } from './definition.ts';
import { findWorkloads, type FoundWorkload, labelQuery, placeOf, type WorkloadPlace } from './workload/find-workloads.ts';
import { decideImages, rankOf } from './images/image-changes.ts';
import type { KubernetesCluster, KubernetesClusters, WorkloadKind } from './cluster/kubernetes-clusters.ts';
import type { Workload } from './cluster/kubernetes-objects.ts';
import { type NewestPushes, newestPushes } from './images/newest-pushes.ts';
import { changesText, howText, plannedUpdate, type ImageChange, type PlannedUpdate } from './planned-update.ts';
import { templateHash } from './workload/pod-template.ts';
import { canonicalName } from './images/pushed-image.ts';
import { replicaSetsOf } from './workload/replica-sets.ts';
import { progressingCondition } from './rollout/rollout-status.ts';
import { strategyChange, strategyFault } from './workload/update-strategy.ts';
import { kindNames, strategyOf, templateOf } from './workload/workload.ts';
import { findPutBack, putBackReason, recordOf } from './workload/write-record.ts';

/** Reads the workloads that a valid config means and says which of their images change. @throws ServiceError */
export async function plan(
  clusters: KubernetesClusters,
  delivery: Delivery,
  config: DriverConfig,
  signal: AbortSignal,
): Promise<Plan> {
  const place = placeOf(config);
  const { cluster, namespace, kind } = place;
  const connection = await clusters.connect(cluster, delivery.projectId);
  const found = isBlueGreen(config)
    ? [await behindService(connection, config, signal)]
    : await findWorkloads(connection, config, signal);
  const among = `kubernetes/${connection.name}/${namespace}/${kind}`;
  if (found.length === 0) {
    const labels = labelQuery((config as DeploymentUpdateConfig).selector ?? {});
    const reason = `no ${kind} in namespace "${namespace}" has the labels ${labels}`;
    return { actions: [], skipped: [{ target: `${among}?${labels}`, reason }] };
  }
  const pushes = newestPushes(delivery.events, config);
  const sideBySide = new Semaphore(concurrency);
  const plans = await Promise.all(
    found.map((workload: BehindService) =>
      sideBySide.run(signal, async () => {
        // A receiver may mean a thousand workloads: others get their turn in between.
        await setImmediate();
        const target = `${among}/${workload.name}`;
        const planned = planWorkload(place, target, workload, pushes, config);
        const holds = await findHolds(connection, kind, workload.object, planned, signal);
        const undone = workload.undone?.map((hold) => ({ ...hold, target })) ?? [];
        return { ...planned, holds: [...holds, ...undone] };
      }),
    ),
  );
  return {
    actions: plans.flatMap(({ actions }) => actions),
    skipped: plans.flatMap(({ skipped = [] }) => skipped),
    holds: plans.flatMap(({ holds }) => holds),
  };
}

/** A workload, or the one of a pair that a Service selects, under the name of the pair. */
interface BehindService extends FoundWorkload, Partial<Pick<FoundSwitch, 'blueGreen' | 'undone'>> {}

function isBlueGreen({ strategy }: DeploymentUpdateConfig): boolean {
  return strategy === 'blueGreen';
}

async function behindService(
  connection: KubernetesCluster,
  config: DeploymentUpdateConfig,
  signal: AbortSignal,
): Promise<BehindService> {
  const { live, blueGreen, undone } = await findSwitch(connection, config, signal);
  return { name: config.name ?? '', object: live, blueGreen, undone };
}

/** How many workloads are looked into at once. */
const concurrency = 8;

/** What somebody took off a workload that is about to be updated. */
async function findHolds(
  connection: KubernetesCluster,
  kind: WorkloadKind,
  workload: Workload,
  { actions: [action] }: Plan,
  signal: AbortSignal,
): Promise<readonly FoundHold[]> {
  if (action === undefined || plannedUpdate(action.input).restartedAt !== undefined) return [];
  const formers = kind === 'deployment' ? await replicaSetsOf(connection, workload, signal) : [];
  const records = [workload.metadata, ...formers].map(recordOf).filter((record) => record !== undefined);
  const found = findPutBack(records, workload);
  return found ? [{ target: action.target, image: found.image, reason: putBackReason(found.back), since: found.at }] : [];
}

function planWorkload(
  place: WorkloadPlace,
  target: string,
  { name, object: workload, blueGreen }: BehindService,
  pushes: NewestPushes,
  config: DriverConfig,
): Plan {
  const blocked = blockedBy(place.kind, workload, config);
  if (blocked !== undefined) return { actions: [], skipped: [{ target, reason: blocked }] };
  const { changes, unchanged, reasons } = decideImages(templateOf(workload), pushes, config);
  const update = { ...place, id: crypto.randomUUID(), name, ...(blueGreen && { blueGreen }) };
  if (changes.length === 0) {
    const kept =
      unchanged.length > 0 && plannedAction(target, workload, describeUpdate(update, workload, unchanged, {}, false), config);
    return { actions: [], skipped: reasons.map((reason) => ({ target, reason, ...(kept && { otherwise: kept }) })) };
  }
  const skipped = reasons.map((reason) => ({ target, reason }));
  return { actions: [plannedAction(target, workload, describeUpdate(update, workload, changes, config), config)], skipped };
}

/**
 * Plans one update anew, from the workload as it is now. What others brought meanwhile is not brought again: pods that were
 * made since the first plan pulled what had been pushed before it.
 * @throws ServiceError
 */
export async function replan(
  clusters: KubernetesClusters,
  action: PlannedAction,
  delivery: Delivery,
  config: DriverConfig,
  signal: AbortSignal,
): Promise<{ readonly action: PlannedAction } | { readonly reason: string }> {
  const former = plannedUpdate(action.input);
  const { kind, namespace, name } = former;
  const connection = await clusters.connect(former.cluster, delivery.projectId);
  const switching = former.blueGreen;
  if (switching && hasBegun(await readPair(connection, namespace, { name, service: switching.service }, signal), former.id))
    return { action };
  const found = switching && (await behindService(connection, config, signal));
  const workload = found ? found.object : await connection.get(kind, namespace, name, signal);
  if (workload === undefined) return { reason: `${kind} "${name}" does not exist any more` };
  const blocked = blockedBy(kind, workload, config);
  if (blocked !== undefined) return { reason: blocked };
  const { changes, reasons } = decideImages(templateOf(workload), newestPushes(delivery.events, config), config);
  const isNewTemplate = templateHash(workload) !== former.read.templateHash;
  const left = changes.filter(({ from, to }) => from !== to || !isNewTemplate);
  const update = { ...former, ...(found?.blueGreen && { blueGreen: found.blueGreen }) };
  if (left.length > 0)
    return { action: plannedAction(action.target, workload, describeUpdate(update, workload, left, config), config) };
  const restarted = changes.map(({ container, to }) => `container ${container} was started with ${to} meanwhile`);
  return { reason: [...restarted, ...reasons].join('; ') };
}

function describeUpdate(
  {
    id,
    cluster,
    kind,
    namespace,
    name,
    blueGreen,
  }: Pick<PlannedUpdate, 'id' | 'cluster' | 'kind' | 'namespace' | 'name' | 'blueGreen'>,
  workload: Workload,
  changes: readonly ImageChange[],
  config: DeploymentUpdateConfig,
  restart = changes.every(({ from, to }) => from === to),
): PlannedUpdate {
  const progressing = progressingCondition(workload);
  const strategy = strategyChange(kind, workload, config);
  return {
    id,
    cluster,
    kind,
    namespace,
    name,
    changes,
    ...(blueGreen && { blueGreen }),
    ...(strategy && { strategy }),
    ...(restart && { restartedAt: new Date().toISOString() }),
    read: {
      uid: workload.metadata?.uid ?? '',
      resourceVersion: workload.metadata?.resourceVersion ?? '',
      generation: workload.metadata?.generation ?? 0,
      templateHash: templateHash(workload),
      ...(progressing && { progressing }),
    },
  };
}

function plannedAction(target: string, workload: Workload, update: PlannedUpdate, config: DeploymentUpdateConfig): PlannedAction {
  const rank = rankOf(update.changes, config);
  const repository = (image: string): string => canonicalName(parseImageReference(image), config.registryAliases);
  return {
    target,
    description: `${update.namespace}/${update.name} ${changesText(update)}${howText(strategyOf(update.kind, workload), update)}`,
    input: { ...update },
    streams: update.changes.map(({ container, to }) => `${container} ${repository(to)}`),
    images: [...new Set(update.changes.map(({ to }) => to))],
    ...(rank !== undefined && { rank }),
    ...(update.blueGreen && { takesBack: true }),
  };
}

function blockedBy(kind: WorkloadKind, workload: Workload, config: DeploymentUpdateConfig): string | undefined {
  const { metadata, spec } = workload;
  if (metadata?.deletionTimestamp !== undefined) return `the ${kindNames[kind]} is being deleted`;
  // A paused Deployment does not roll out, and somebody paused it for a reason.
  if (spec?.paused === true) return `the ${kindNames[kind]} is paused`;
  return strategyFault(kind, workload, config);
}
