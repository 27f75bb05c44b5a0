import type { DecisionName, PlannedAction, RolloutProgress } from '../driver.ts';
import type { ImageEvent } from '../payload-format.ts';

/**
 * - `queued`: stored, its plan is not made yet. `running`: something is being done for it. `waiting`: for its target, for the
 *   next try, for a paused receiver, or for a person's decision.
 * - `ignored`: a good credential and nothing to do, with the reason. `rejected`: a good credential and a request that was
 *   refused. `dead`: it will not be tried again. `interrupted`: an inline driver was cut off in the middle.
 */
export const deliveryStates = [
  'queued',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'rolledBack',
  'superseded',
  'interrupted',
  'cancelled',
  'dead',
  'ignored',
  'rejected',
] as const;

export type DeliveryState = (typeof deliveryStates)[number];

/** How a delivery or one of its actions ended. */
export type EndState = Exclude<DeliveryState, 'queued' | 'running' | 'waiting'>;

/** A delivery whose like may come again and is then no duplicate. */
export const repeatableEnds: readonly DeliveryState[] = ['failed', 'dead', 'interrupted', 'cancelled', 'rolledBack'];

/** Of several actions' states, the delivery has the first that is found here. */
const precedence: readonly DeliveryState[] = [
  'running',
  'waiting',
  'queued',
  'dead',
  'failed',
  'rolledBack',
  'interrupted',
  'cancelled',
  'succeeded',
  'superseded',
  'ignored',
];

/** The state of a delivery by the states of its actions; undefined if it has none. */
export function stateOfDelivery(actions: readonly DeliveryState[]): DeliveryState | undefined {
  return precedence.find((state) => actions.includes(state)) ?? actions[0];
}

export function isEnded(state: DeliveryState): state is EndState {
  return state !== 'queued' && state !== 'running' && state !== 'waiting';
}

/** What is known of the receiver that was hit. `key` is a hash: the key itself is a credential. */
export interface DeliveryReceiver {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the receiver's key, hexadecimal. */
  readonly key: string;
}

/** A delivery as a list shows it. Times are milliseconds since 1970. */
export interface DeliverySummary {
  /** `1wd12`; ids grow in the order of arrival. */
  readonly id: string;
  readonly projectId: string;
  readonly receiver: DeliveryReceiver;
  readonly driver: string;
  readonly state: DeliveryState;
  /** Why it is in its state, one line for people; may be empty. */
  readonly message: string;
  readonly receivedAt: number;
  readonly endedAt?: number;
  readonly events: readonly ImageEvent[];
  /** How many more requests were the same delivery. */
  readonly duplicates: number;
  /** The delivery that took its place, which may have been superseded in turn. */
  readonly supersededBy?: string;
  /** The delivery that this one repeats, and who asked for it. */
  readonly replayOf?: string;
  readonly requestedBy?: string;
  /** What a person can decide about it now; absent: nothing. */
  readonly awaits?: readonly DecisionName[];
}

/** A delivery with all that is kept of it. */
export interface DeliveryRecord extends DeliverySummary {
  readonly request: StoredRequest;
  /** Targets that the plan left alone, each with the reason. */
  readonly skipped: readonly { readonly target: string; readonly reason: string }[];
  readonly actions: readonly ActionRecord[];
}

/** The request as it is kept: allowed headers only, no credentials. */
export interface StoredRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: string;
  readonly body: Buffer;
}

export interface ActionRecord extends PlannedAction {
  /** `1wa7` */
  readonly id: string;
  readonly state: DeliveryState;
  readonly message: string;
  /** The step before whose side effect it was last; empty before the first. */
  readonly step: string;
  readonly attempts: readonly AttemptRecord[];
  readonly createdAt: number;
  readonly endedAt?: number;
  /** When it is tried next, if it waits for that. */
  readonly nextAttemptAt?: number;
  /** The delivery whose action took its place. */
  readonly supersededBy?: string;
}

export interface AttemptRecord {
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** How it ended: an end state, `retried`, `released` by a stopping process, or `lost` with the process that made it. */
  readonly outcome?: string;
  readonly message: string;
}

/** Something that happened to a delivery, in the order in which it was stored. */
export interface DeliveryEvent {
  /** Grows; where a stream of events is taken up again. */
  readonly id: number;
  readonly at: number;
  readonly deliveryId: string;
  readonly projectId: string;
  readonly receiver: { readonly id: string; readonly name: string };
  readonly actionId?: string;
  readonly target?: string;
  /** `state`: the delivery, or the action if there is one, is now in `state`. `progress`: a message on the way. */
  readonly type: 'state' | 'progress';
  readonly state?: DeliveryState;
  readonly message: string;
  /** How far the rollout is that a progress is of. */
  readonly rollout?: RolloutProgress;
}

/** A mark on a target: do not deploy this image again. */
export interface Hold {
  /** The image as an action would write it; empty: any. */
  readonly image: string;
  readonly reason: string;
  readonly heldBy: string;
  readonly heldAt: number;
}

/** A target that some action was planned for. */
export interface TargetRecord {
  /** `1wt3` */
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly holds: readonly Hold[];
}
