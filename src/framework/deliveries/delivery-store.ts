import type { ActionResult, Decision, DecisionName, DeliveryRequest, Plan, PlannedAction, RolloutProgress } from '../driver.ts';
import type { ImageEvent } from '../payload-format.ts';
import type {
  DeliveryEvent,
  DeliveryReceiver,
  DeliveryRecord,
  DeliveryState,
  DeliverySummary,
  EndState,
  StoredRequest,
  TargetRecord,
} from './delivery-record.ts';
import type { Cancelled, Renewal, Renewed } from './lease-answers.ts';

/**
 * Where deliveries are kept, and the queue that their work waits in. A method resolves once what it did is on disk, so that
 * nothing is lost if the process or the machine dies right after.
 *
 * Work waits in **lanes**, and at most one piece of work of a lane is done at a time, in whatever process: a receiver's plans
 * are one lane, the actions on a target are another. Who works in a lane holds a **claim** on it: a lease that ends unless it
 * is renewed, with a **fence**, a number that grows with every claim. Everything that a worker writes is refused with
 * `LeaseLostError` once somebody else has claimed its lane.
 *
 * Within a lane a newer piece of work supersedes those that wait and whose every stream it has, or newer ones have.
 *
 * @throws StoreUnavailableError from every method, where nothing can be written or read.
 */
export interface DeliveryStore {
  /** Stores a delivery, unless it is a duplicate. */
  accept(delivery: NewDelivery): Promise<Accepted>;

  /** Claims work that is ready, and work whose lease ended. */
  claim(request: ClaimRequest): Promise<Claimed>;
  /**
   * Claims an inline delivery if its turn has come; see {@link NewDelivery.lane}.
   * @throws LeaseLostError if it waits no more: it was cancelled, or nobody asked for it during a whole lease.
   */
  claimInline(deliveryId: string, owner: string, leaseMs: number): Promise<Claim | undefined>;
  /**
   * Prolongs the leases of an owner, and its waiting for the turns of inline deliveries.
   * @returns which of the fences it still holds, and those of them that somebody asked to cancel.
   */
  renew(renewal: Renewal): Promise<Renewed>;
  /** Gives up all leases of an owner that stops in good order: others may claim the work at once, and no crash is counted. */
  release(owner: string): Promise<void>;
  /** Ends all leases, of whatever owner: for a store that only one process at a time can open. */
  endAllLeases(): Promise<void>;

  /**
   * Ends the planning of a claim: its actions wait in their lanes, or, for an inline delivery, are done under the same claim,
   * one after the other. Without actions the delivery ends `ignored` with the reasons of those that were left alone.
   * @returns the ids of the actions, in their order; those on hold are left out.
   */
  recordPlan(claim: Claim, plan: StoredPlan): Promise<PlannedWork[]>;
  /** What `recordPlan` would leave of a plan that was made now, and what runs already; records nothing. */
  judgePlan(projectId: string, plan: StoredPlan, push: Pick<NewDelivery, 'receiver' | 'events'>): Promise<StoredPlan>;
  /** Replaces what an action will do, after others changed its target since it was planned. */
  replacePlannedAction(claim: Claim, actionId: string, action: PlannedAction): Promise<void>;
  /** Records what is about to be done to a target, and makes sure that the claim still holds. */
  recordStep(claim: Claim, actionId: string, step: string): Promise<void>;
  /** Records a line for people. Not worth a write to disk of its own. */
  recordProgress(claim: Claim, actionId: string | undefined, message: string, rollout?: RolloutProgress): Promise<void>;
  /** Ends one action of a claim, or with `actionId` undefined the planning; the delivery's state follows. */
  end(claim: Claim, actionId: string | undefined, end: WorkEnd): Promise<void>;
  /** Puts the claimed work back to wait. */
  postpone(claim: Claim, postponement: Postponement): Promise<void>;
  /** The handling has gone well for so long that it cannot be what ended the process before. */
  clearCrashes(claims: readonly Claim[]): Promise<void>;
  /** Makes waiting work ready now: what waits for another try at an upstream, or for a receiver that was paused. */
  wake(what: { readonly upstream: string } | { readonly receiverId: string; readonly projectId: string }): Promise<void>;

  /**
   * Cancels what has not started, and marks what is under way. What is paused, or has begun and takes back by itself, is told to.
   * @returns the fences of what is under way: whoever holds one of them stops.
   */
  cancel(projectId: string, deliveryId: string, by: string): Promise<Cancelled | undefined>;
  /** Decides about what awaits that, and makes it ready. @returns how many actions that are; undefined if there is no such delivery. */
  decide(projectId: string, deliveryId: string, decision: DecisionName, by: string): Promise<number | undefined>;
  /** Puts a hold on a target, and ends what waits for it and is held. @returns undefined if there is no such target. */
  hold(projectId: string, targetId: string, hold: NewHold): Promise<TargetRecord | undefined>;
  /** Ends all holds of a target, or those of one image. @returns undefined if there is no such target. */
  releaseHold(projectId: string, targetId: string, image?: string): Promise<TargetRecord | undefined>;

  get(projectId: string, deliveryId: string): Promise<DeliveryRecord | undefined>;
  /** Newest first, or oldest first. */
  list(query: DeliveryQuery): Promise<DeliverySummary[]>;
  /** The events after an id, in order. Without a project those of all. */
  events(query: EventQuery): Promise<DeliveryEvent[]>;
  /** The receivers of the last so many deliveries. */
  recentReceivers(deliveries: number): Promise<KnownReceiver[]>;
  getTarget(projectId: string, targetId: string): Promise<TargetRecord | undefined>;
  listTargets(projectId: string): Promise<TargetRecord[]>;
  /** What is needed to repeat a delivery: the stored request and, where it was interrupted, the actions that were planned. */
  getForReplay(projectId: string, deliveryId: string): Promise<ReplayedDelivery | undefined>;

  /** Deletes ended deliveries, oldest first, `ignored` and `rejected` ones first, none younger than an hour. */
  prune(policy: RetentionPolicy): Promise<PruneResult>;
  /** Whether the store can be used as far as is known, without asking it; absent where nothing is known. */
  health?(): StoreHealth;
  close(): Promise<void>;
}

export interface StoreHealth {
  readonly available: boolean;
  /** What is wrong and what to do, one line. */
  readonly reason?: string;
}

export interface KnownReceiver {
  readonly projectId: string;
  /** The SHA-256 of its key, as in {@link DeliveryReceiver}. */
  readonly keyHash: string;
}

/** A delivery before it has an id. */
export interface NewDelivery {
  readonly projectId: string;
  readonly receiver: DeliveryReceiver;
  readonly driver: string;
  /** What the driver talks to: limits and the circuit breaker are per upstream. */
  readonly upstream: string;
  /** The receiver's stored config, secrets sealed. */
  readonly config: unknown;
  readonly request: StoredRequest;
  readonly events: readonly ImageEvent[];
  readonly receivedAt: number;
  /**
   * `queued`: its plan waits for a claim. `inline`: the caller waits, and the delivery is claimed at once if its lane is free.
   * `ignored` and `rejected` have ended, with `message`.
   */
  readonly kind: 'queued' | 'inline' | 'ignored' | 'rejected';
  readonly message?: string;
  /** Queued: it takes the place of those that wait for their plan with other tags of its repositories, too. */
  readonly anyTag?: boolean;
  /** Inline: what no two of them may work at; absent: nothing. */
  readonly lane?: string;
  /** By which the same delivery is known when it comes again; none: never. Of one that has ended nothing is remembered. */
  readonly identities: readonly string[];
  readonly replayOf?: string;
  readonly requestedBy?: string;
  /** Already planned, for the replay of an interrupted delivery. */
  readonly actions?: readonly PlannedAction[];
  /** Inline: who claims it, and for how long. */
  readonly owner: string;
  readonly leaseMs: number;
}

export interface Accepted {
  /** Of the new delivery, or of the first one if this is a duplicate. */
  readonly id: string;
  readonly duplicate: boolean;
  /** Inline, if its turn came at once. */
  readonly claim?: Claim;
}

export interface ClaimRequest {
  readonly owner: string;
  readonly leaseMs: number;
  /** Most claims to give. */
  readonly limit: number;
  /** How many claims of each upstream may be given, where that is less. */
  readonly upstreams: Readonly<Record<string, number>>;
  /** Only work during which a process ended so often: never, once, or more often. */
  readonly crashes: 0 | 1 | 2;
}

export interface Claimed {
  readonly claims: readonly Claim[];
  /** When more work becomes ready, milliseconds since 1970, if any waits. */
  readonly nextReadyAt?: number;
}

/** The right to do one piece of work, until the lease ends. */
export interface Claim {
  readonly fence: number;
  readonly lane: string;
  readonly upstream: string;
  readonly owner: string;
  /** How long the lease lasts when it is prolonged. */
  readonly leaseMs: number;
  /** `plan`: the delivery is to be planned. `action`: one action is to be done. `inline`: both, in one go. */
  readonly kind: 'plan' | 'action' | 'inline';
  readonly delivery: ClaimedDelivery;
  /** The action, for `action`; those planned before, for an `inline` replay. */
  readonly actions: readonly PlannedWork[];
  /** The number of this attempt, from 1. */
  readonly attempt: number;
  /** Of the first attempt. */
  readonly firstAttemptAt: number;
  /** How often the process ended while this was being done. */
  readonly crashes: number;
  /** Others worked in the lane since this was planned, so that it may have been planned from what is no longer so. */
  readonly outdated: boolean;
  /** What may be decided about the action since it was paused; absent where it was not. */
  readonly awaits?: readonly DecisionName[];
  readonly decision?: Decision;
}

export interface ClaimedDelivery {
  readonly id: string;
  readonly projectId: string;
  readonly receiver: DeliveryReceiver;
  readonly driver: string;
  readonly config: unknown;
  readonly request: DeliveryRequest;
  readonly events: readonly ImageEvent[];
  readonly receivedAt: number;
}

export interface PlannedWork {
  readonly id: string;
  readonly action: PlannedAction;
  /** The step that an earlier attempt recorded last; empty: none began. */
  readonly step: string;
}

/** What is to be done `otherwise` to a target that is skipped, is done where something waits or runs for it. */
export type StoredPlan = Plan & Required<Pick<Plan, 'skipped'>>;

export interface WorkEnd {
  readonly state: EndState;
  readonly message: string;
  /** What must not be deployed to the target again, until somebody releases it. */
  readonly hold?: ActionResult['hold'];
}

export interface Postponement {
  readonly message: string;
  readonly readyAt: number;
  /** The upstream asked for this: waking does not bring it forward. */
  readonly notBefore?: number;
  /** False where nothing was tried: the receiver is paused, or the process is stopping. */
  readonly counts: boolean;
  /** The driver paused it, and this may be decided about it meanwhile. A decision that the claim brought is over. */
  readonly awaits?: readonly DecisionName[];
}

export interface NewHold {
  readonly image: string;
  readonly reason: string;
  readonly heldBy: string;
}

export interface DeliveryQuery {
  readonly projectId: string;
  readonly states?: readonly DeliveryState[];
  readonly receiverId?: string;
  readonly driver?: string;
  /** Received at or after, and before. */
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** The last delivery of the page before. */
  readonly marker?: string;
}

export interface EventQuery {
  readonly projectId?: string;
  readonly deliveryId?: string;
  readonly after: number;
  readonly limit: number;
}

export interface ReplayedDelivery {
  readonly summary: DeliverySummary;
  readonly request: StoredRequest;
  /** For an interrupted inline delivery: what it was doing. */
  readonly actions: readonly PlannedAction[];
}

export interface RetentionPolicy {
  readonly maxAgeMs: number;
  readonly maxDeliveries: number;
  readonly maxBytes: number;
  /** Nothing younger is ever deleted. */
  readonly minAgeMs: number;
}

export interface PruneResult {
  readonly deleted: number;
  /** True if the budget is used up and nothing may be deleted: nothing more is accepted. */
  readonly full: boolean;
}

/** Somebody else has claimed the work: nothing more may be written for it. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor() {
    super('the lease on this work ended, and somebody else may do it now');
  }
}

/** Nothing could be stored, or read. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
