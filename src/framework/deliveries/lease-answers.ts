import type { DeliveryState } from './delivery-record.ts';

/** Which of its leases an owner still holds, and which of them somebody asked to cancel; by their fences. */
export interface Renewed {
  readonly held: readonly number[];
  readonly cancelled: readonly number[];
}

/** The state of a delivery after it was cancelled, and the fences of what is under way for it. */
export interface Cancelled {
  readonly state: DeliveryState;
  readonly running: readonly number[];
}
