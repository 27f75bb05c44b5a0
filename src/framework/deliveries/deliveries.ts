import type { DecisionName } from '../driver.ts';
import type { DeliveryRecord, TargetRecord } from './delivery-record.ts';
import type { Hit } from './delivery-intake.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { Rehearsal } from './rehearsal.ts';

/** What people do with deliveries and targets that are stored; `by` is who asked for it. */
export interface Deliveries extends Pick<DeliveryStore, 'get' | 'list' | 'events' | 'getTarget' | 'listTargets'> {
  /**
   * Takes a stored delivery once more, through its receiver's config of today, without asking its sender again. An
   * interrupted inline one sets the very state that it was to set. Resolves once it is stored; nobody waits for an inline one.
   * @returns the id of the new delivery.
   * @throws ServiceError `NotFound`, or `Conflict` where it has not ended or its receiver is gone.
   */
  replay(projectId: string, deliveryId: string, by: string): Promise<string>;
  /** Ends what has not started, and stops what is under way at its next safe point. @throws ServiceError `NotFound`; `Conflict` if it has ended. */
  cancel(projectId: string, deliveryId: string, by: string): Promise<DeliveryRecord>;
  /** Decides about a delivery that awaits it. @throws ServiceError `NotFound`; `Conflict` if it does not await that, or no more. */
  decide(projectId: string, deliveryId: string, decision: DecisionName, by: string): Promise<DeliveryRecord>;
  /** @param image what must not be deployed; empty: nothing at all. @throws ServiceError `NotFound` */
  hold(projectId: string, targetId: string, options: { image: string; reason: string; by: string }): Promise<TargetRecord>;
  /** @param image ends the hold on this image alone. @throws ServiceError `NotFound` */
  release(projectId: string, targetId: string, options: { image?: string; by: string }): Promise<TargetRecord>;
  /** What a hit would come to, with nothing stored or written. @throws ServiceError where its target cannot be read. */
  rehearse(hit: Hit): Promise<Rehearsal>;
  /** Calls back after something new may be found by `events`; with several replicas at least once a second. @returns ends it. */
  onChange(listener: () => void): () => void;
}
