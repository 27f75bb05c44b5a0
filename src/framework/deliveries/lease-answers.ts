import type { DeliveryState } from './delivery-record.ts';

/**
 * What an owner works at. A claim may have been given without its owner hearing of it, where the store failed right then: whatever
 * is not named here is not prolonged, and given back when half of its lease is over.
 */
export interface Renewal {
  readonly owner: string;
  /** How long the leases last from now on, milliseconds. */
  readonly leaseMs: number;
  /** Of the claims that it holds. */
  readonly fences: readonly number[];
  /** Whether it has asked for claims and has no answer yet: what is not named may be in it, and is not given back then. */
  readonly asking: boolean;
  /** The inline deliveries for whose turns it waits. */
  readonly awaited: readonly string[];
}

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
