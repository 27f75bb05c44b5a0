import type { ActionResult } from '../../framework/driver.ts';
import { RancherError } from '../../rancher/rancher-error.ts';
import type { RancherResource } from '../../rancher/rancher.ts';
import type { ServiceUpgradeInput } from './definition.ts';
import { follow, isOutage, isRace, type UpgradeWork } from './follow.ts';
import { isBegunSince } from './found-service.ts';

/** How often it is asked for, where Rancher is away or someone else changes the service. */
const maxPosts = 20;

/** Has Rancher bring back the launch configs from before the upgrade, and waits until it has. */
export async function rollBack(
  work: UpgradeWork,
  service: RancherResource,
  input: ServiceUpgradeInput,
  reason: string,
): Promise<ActionResult> {
  work.progress(`rolling back: ${reason}`);
  for (let posts = 1; ; posts += 1) {
    try {
      const current = await work.project.reload(service);
      if (current === undefined || current.removed)
        return { outcome: 'failed', message: `${reason}; then the service was removed` };
      // An answer to an earlier call may have been lost.
      if (posts === 1 || current.actions?.['rollback'] !== undefined)
        await work.project.action(current, 'rollback', undefined, () => work.beforeWrite('roll back'));
      const end = await follow(work, current, ({ state }) => (state === 'active' || state === 'inactive' ? state : undefined));
      if (end.kind === 'failed') return { outcome: 'failed', message: `${reason}; the rollback did not end: ${end.reason}` };
      if (!isBegunSince(end.service, input)) return { outcome: 'rolledBack', message: reason };
      return { outcome: 'failed', message: `${reason}; not rolled back, someone else finished the upgrade` };
    } catch (thrown) {
      if (!(thrown instanceof RancherError)) throw thrown;
      if (thrown.retryable && thrown.retryAfterSeconds !== undefined) throw thrown;
      if (posts >= maxPosts || !(isOutage(thrown) || isRace(thrown)))
        return { outcome: 'failed', message: `${reason}; the rollback failed too: ${thrown.message}` };
    }
    await work.clock.wait(1000, work.signal);
  }
}
