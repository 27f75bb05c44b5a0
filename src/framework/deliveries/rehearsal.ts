import type { PlannedAction } from '../driver.ts';
import type { ImageEvent } from '../payload-format.ts';
import type { DeliveryIntake, Hit } from './delivery-intake.ts';
import type { DeliveryStore } from './delivery-store.ts';

/** What a hit would come to. */
export interface Rehearsal {
  readonly state: 'planned' | 'ignored' | 'rejected';
  /** Why nothing would be done; empty where something would. */
  readonly message: string;
  readonly events: readonly ImageEvent[];
  readonly actions: readonly PlannedAction[];
  readonly skipped: readonly { readonly target: string; readonly reason: string }[];
}

/** How long planning may take while somebody waits for it, milliseconds. */
const deadlineMs = 60_000;

/**
 * Judges and plans a hit as it would be done now, with nothing stored or written. Duplicates are planned like any other.
 * @throws ServiceError where the target cannot be read.
 */
export async function rehearse(
  intake: Pick<DeliveryIntake, 'judge' | 'keyHashOf'>,
  store: Pick<DeliveryStore, 'judgePlan'>,
  hit: Hit,
): Promise<Rehearsal> {
  const nothing = { events: [], actions: [], skipped: [] };
  const judged = intake.judge(hit);
  if (judged.kind === 'rejected') return { ...nothing, state: 'rejected', message: judged.failure.message };
  const events = judged.acceptance.kind === 'accepted' ? judged.acceptance.events : [];
  if (judged.kind === 'ignored') return { ...nothing, events, state: 'ignored', message: judged.reason };
  const { receiver, driver, request } = hit;
  const { id, name, projectId } = receiver;
  const delivery = { id: 'dry-run', projectId, receiver: { id, name }, request, events };
  const plan = await driver.plan(delivery, judged.config, AbortSignal.timeout(deadlineMs));
  const push = { receiver: { id, name, key: intake.keyHashOf(receiver) }, events };
  const { actions, skipped } = await store.judgePlan(projectId, { ...plan, skipped: plan.skipped ?? [] }, push);
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].join('; ');
  const message = actions.length > 0 ? '' : reasons || 'nothing to do';
  return { state: actions.length > 0 ? 'planned' : 'ignored', message, events, actions, skipped };
}
