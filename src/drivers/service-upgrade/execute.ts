import type { ActionContext, ActionResult, PlannedAction } from '../../framework/driver.ts';
import { RancherError } from '../../rancher/rancher-error.ts';
import type { Rancher, RancherResource } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { Clock } from './clock.ts';
import type { ServiceUpgradeConfig, ServiceUpgradeInput } from './definition.ts';
import { finishUpgrade } from './finish-upgrade.ts';
import { follow, isOutage, isRace, type Followed, type UpgradeWork } from './follow.ts';
import { isBegunSince, isTakenBackSince } from './found-service.ts';
import { rollBack } from './roll-back.ts';
import { carriesImage, currentStrategy, upgradeStrategy } from './upgrade-strategy.ts';

/** How often the upgrade is posted, where others change the service at the same time or Rancher is away. */
const maxPosts = 5;
/** Cattle may show the state from before for a moment after it has taken an upgrade. */
const startGraceMs = 30_000;
/** An upgrade that has not ended after a day waits for something that will not come, and so would all that waits for it. */
const defaultTimeoutMs = 86_400_000;

/**
 * Upgrades one service and follows it until its new containers run and the old ones are gone. An upgrade to the same image
 * that began after this one was planned is taken over; any other one that is under way is finished first.
 * @throws ServiceError
 */
export function execute(rancher: Rancher, clock: Clock, action: PlannedAction, context: ActionContext): Promise<ActionResult> {
  const input = action.input as unknown as ServiceUpgradeInput;
  const config: ServiceUpgradeConfig = context.config;
  const { finishTimeoutSeconds } = config;
  const work: UpgradeWork = {
    project: rancher.project(context.delivery.projectId),
    clock,
    signal: context.signal,
    timeoutMs: finishTimeoutSeconds === undefined ? defaultTimeoutMs : finishTimeoutSeconds * 1000,
    progress: (message) => context.progress(message),
    async beforeWrite(step) {
      await context.beforeWrite(step);
      context.signal.throwIfAborted();
    },
  };
  const { resumed = false } = context;
  return orServiceError(
    upgrade(work, input, config, resumed),
    (apiError) => `Error ${apiError} in upgrading service ${input.serviceId}`,
  );
}

async function upgrade(
  work: UpgradeWork,
  input: ServiceUpgradeInput,
  config: ServiceUpgradeConfig,
  resumed: boolean,
): Promise<ActionResult> {
  const first = await work.project.get('service', input.serviceId);
  if (first === undefined || first.removed) return failed('the service was removed');
  let service = first;
  for (let posts = 0; ;) {
    const settled = await settle(work, service, input);
    if (settled.kind === 'failed') return failed(`an earlier upgrade has not ended: ${settled.reason}`);
    service = settled.service;
    if (settled.what === 'stuck') return failed(`Rancher offers no upgrade in state ${service.state}`);
    if (settled.what === 'begun') return conclude(work, service, input, config);
    if (settled.what === 'done') return { outcome: 'succeeded', message: `runs ${input.image}` };
    if ((resumed || posts > 0) && isTakenBackSince(service, input)) return takenBack(config);
    const inServiceStrategy = upgradeStrategy(service, input, config);
    if (!('launchConfig' in inServiceStrategy) && !('secondaryLaunchConfigs' in inServiceStrategy)) {
      return failed('the launch configs to upgrade are gone');
    }
    work.progress(`upgrading to ${input.image}`);
    posts += 1;
    try {
      await work.project.action(service, 'upgrade', { inServiceStrategy }, () => work.beforeWrite('upgrade'));
    } catch (thrown) {
      if (posts >= maxPosts || !(isOutage(thrown) || isRace(thrown) || (await isTooLate(work, service, thrown)))) throw thrown;
      // Whether the call arrived shows in the service itself, which is looked at again.
      await work.clock.wait(1000, work.signal);
      continue;
    }
    return conclude(work, service, input, config);
  }
}

/** True if Rancher refuses the upgrade since one has begun meanwhile: by an earlier call of ours that was given up, perhaps. */
async function isTooLate({ project }: UpgradeWork, service: RancherResource, thrown: unknown): Promise<boolean> {
  if (!(thrown instanceof RancherError) || thrown.status !== 422) return false;
  const current = await project.reload(service);
  return current !== undefined && current.actions?.['upgrade'] === undefined;
}

/** An earlier try of ours rolls back only where the receiver says so. */
function takenBack({ onFailure }: ServiceUpgradeConfig): ActionResult {
  if (onFailure === 'rollback') return { outcome: 'rolledBack', message: 'the upgrade failed and was rolled back' };
  return { outcome: 'superseded', message: 'someone else rolled the upgrade back' };
}

type Settled = 'ready' | 'begun' | 'done' | 'stuck';

/** Waits until the service can be upgraded, and ends an earlier upgrade for that. */
async function settle(work: UpgradeWork, start: RancherResource, input: ServiceUpgradeInput): Promise<Followed<Settled>> {
  for (let service = start; ;) {
    const end = await follow(work, service, (current): Settled | 'upgraded' | undefined => {
      if (current.actions?.['upgrade'] !== undefined) return isBegunSince(current, input) ? 'done' : 'ready';
      if (current.state === 'upgrading' || current.state === 'upgraded') {
        if (isBegunSince(current, input)) return 'begun';
        return current.state === 'upgraded' ? 'upgraded' : undefined;
      }
      return current.transitioning === 'yes' || current.transitioning === 'error' ? undefined : 'stuck';
    });
    if (end.kind === 'failed' || end.what !== 'upgraded') return end as Followed<Settled>;
    work.progress('an earlier upgrade is still to be finished');
    const finished = await finishUpgrade(work, end.service);
    if (finished.kind === 'failed') return finished;
    service = finished.service;
  }
}

/** Follows the upgrade that was begun, and finishes it. */
async function conclude(
  work: UpgradeWork,
  start: RancherResource,
  input: ServiceUpgradeInput,
  config: ServiceUpgradeConfig,
): Promise<ActionResult> {
  const begun = work.clock.now();
  let seen = false;
  const end = await follow(work, start, ({ state }) => {
    if (state === 'upgraded' || state === 'canceled-upgrade') return state;
    const underWay = state === 'upgrading' || state === 'canceling-upgrade' || state === 'rolling-back';
    seen ||= underWay || state === 'finishing-upgrade';
    return underWay || (!seen && work.clock.now() - begun < startGraceMs) ? undefined : 'left';
  });
  if (end.kind === 'failed')
    return config.onFailure === 'rollback' ? rollBack(work, start, input, end.reason) : failed(end.reason);
  if (end.what === 'canceled-upgrade') return failed('the upgrade was cancelled in Rancher');
  // What the service shows until an upgrade is finished depends on Rancher's release; the strategy is ours or another's.
  const owner = end.what === 'upgraded' ? currentStrategy(end.service) : end.service;
  if (owner !== undefined && !carriesImage(owner, input)) {
    return { outcome: 'superseded', message: 'someone else rolled the upgrade back or changed the service' };
  }
  if (end.what === 'upgraded') {
    const finished = await finishUpgrade(work, end.service);
    if (finished.kind === 'failed') {
      return { outcome: 'succeeded', message: `runs ${input.image}; old containers remain: ${finished.reason}` };
    }
  }
  return { outcome: 'succeeded', message: `runs ${input.image}` };
}

function failed(message: string): ActionResult {
  return { outcome: 'failed', message };
}
