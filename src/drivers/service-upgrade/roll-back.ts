import type { ActionResult } from '../../framework/driver.ts';
import { coerceError } from '../../framework/errors.ts';
import type { RancherResource } from '../../rancher/rancher.ts';
import { follow, type UpgradeWork } from './follow.ts';

/** Has Rancher bring back the launch configs from before the upgrade, and waits until it has. */
export async function rollBack(work: UpgradeWork, service: RancherResource, reason: string): Promise<ActionResult> {
  work.progress(`rolling back: ${reason}`);
  try {
    const current = await work.project.reload(service);
    if (current === undefined || current.removed)
      return { outcome: 'failed', message: `${reason}; then the service was removed` };
    await work.project.action(current, 'rollback');
    const end = await follow(work, current, ({ state }) => (state === 'active' || state === 'inactive' ? state : undefined));
    if (end.kind === 'reached') return { outcome: 'rolledBack', message: reason };
    return { outcome: 'failed', message: `${reason}; the rollback did not end: ${end.reason}` };
  } catch (thrown) {
    work.signal.throwIfAborted();
    return { outcome: 'failed', message: `${reason}; the rollback failed too: ${coerceError(thrown).message}` };
  }
}
