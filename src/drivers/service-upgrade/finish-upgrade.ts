import type { RancherResource } from '../../rancher/rancher.ts';
import { follow, isOutage, isRace, type Followed, type UpgradeWork } from './follow.ts';

/** How often it is asked for, where Rancher is away or someone else changes the service. */
const maxPosts = 20;

/**
 * Ends an upgrade whose new containers all run: Rancher then removes the old ones. Someone else may do the same meanwhile.
 * @throws RancherError
 */
export async function finishUpgrade(work: UpgradeWork, upgraded: RancherResource): Promise<Followed<string>> {
  for (let service = upgraded; ;) {
    work.signal.throwIfAborted();
    work.progress('finishing the upgrade');
    try {
      await work.project.action(service, 'finishupgrade');
    } catch (thrown) {
      if (posts >= maxPosts || (!isOutage(thrown) && !isRace(thrown))) throw thrown;
    }
    const end = await follow(work, service, ({ state }) => (state === 'finishing-upgrade' ? undefined : (state ?? '')));
    if (end.kind === 'failed' || end.what !== 'upgraded') return end;
    // The call did not arrive, so it is made again.
    service = end.service;
    await work.clock.wait(1000, work.signal);
  }
}
