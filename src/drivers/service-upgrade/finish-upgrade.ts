import type { RancherResource } from '../../rancher/rancher.ts';
import { RancherError } from '../../rancher/rancher-error.ts';
import { follow, isOutage, isRace, type Followed, type UpgradeWork } from './follow.ts';

/** How often it is asked for, where Rancher is away or someone else changes the service. */
const maxPosts = 20;

/**
 * Ends an upgrade whose new containers all run: Rancher then removes the old ones. Someone else may do the same meanwhile.
 * @throws RancherError
 */
export async function finishUpgrade(work: UpgradeWork, upgraded: RancherResource): Promise<Followed<string>> {
  let service = upgraded;
  for (let posts = 1; ; posts += 1) {
    work.signal.throwIfAborted();
    work.progress('finishing the upgrade');
    try {
      await work.project.action(service, 'finishupgrade', undefined, () => work.beforeWrite('finish the upgrade'));
    } catch (thrown) {
      if (posts >= maxPosts || !mayBeDone(thrown)) throw thrown;
    }
    const end = await follow(work, service, ({ state }) => (state === 'finishing-upgrade' ? undefined : (state ?? '')));
    if (end.kind === 'failed' || end.what !== 'upgraded') return end;
    // The call did not arrive, or Rancher does not show it yet.
    service = end.service;
    await work.clock.wait(1000, work.signal);
  }
}

/** True if the call may have arrived, or someone else was first: there is nothing but the state that Rancher could refuse. */
function mayBeDone(thrown: unknown): boolean {
  return isOutage(thrown) || isRace(thrown) || (thrown instanceof RancherError && thrown.status === 422);
}
