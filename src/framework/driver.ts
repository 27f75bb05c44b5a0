/**
 * The contract between the service and what a receiver does when it is hit.
 *
 * - **receiver**: what a user creates: a name, a driver, its config, a trigger URL.
 * - **driver**: what a receiver does; `definition` is data, the four functions are behaviour.
 * - **delivery**: one POST to a trigger URL. **action**: what one delivery does to one **target**.
 * - **attempt**: one try of an action. **rollout**: the time from the write to the target being healthy, or not.
 * - **stream**: what a newer push supersedes is the waiting one of its own stream, nothing else.
 *
 * A delivery passes `accept` (no input or output; refuse or ignore), `plan` (reads the target, writes nothing) and then
 * `execute`, once for every action that was planned.
 */
import type { ImageEvent } from './payload-format.ts';

export type FieldType = 'string' | 'int' | 'bool' | 'enum' | 'map[string]' | 'array[string]';

/** One config field as data: validation, the API schema and the documentation are all made of this. */
export interface FieldDefinition {
  /** The name on the wire. */
  readonly name: string;
  readonly type: FieldType;
  readonly description: string;
  readonly required?: boolean;
  /** For a text that is as often a number: one is taken as its text. */
  readonly mayBeNumber?: boolean;
  readonly default?: string | number | boolean;
  readonly options?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Sealed before it is stored anywhere, and never given out again. */
  readonly sensitive?: boolean;
  /** Not in Rancher 1.6's own schema: left out with WEBHOOK_LEGACY_SCHEMAS. */
  readonly extension?: boolean;
  /** Options that Rancher 1.6's own schema does not have. */
  readonly extensionOptions?: readonly string[];
}

export interface DriverDefinition {
  /** The id on the wire, such as `scaleService`; the config field of a receiver is `<id>Config`. */
  readonly id: string;
  readonly description: string;
  /** `inline`: the caller waits for the outcome and gets it. `queued`: the caller gets 200 once the delivery is taken. */
  readonly mode: 'inline' | 'queued';
  readonly fields: readonly FieldDefinition[];
  /** True for a driver that Rancher 1.6 does not know: its schema is left out with WEBHOOK_LEGACY_SCHEMAS. */
  readonly extension?: boolean;
}

/** A config after `decodeConfig`: every field has its definition's type, absent ones are absent. */
export type DriverConfig = Readonly<Record<string, unknown>>;

/** The POST as it came, less the credentials. */
export interface DeliveryRequest {
  /** Lower-case names; `authorization`, `cookie` and the like are already gone. */
  readonly headers: Readonly<Record<string, string>>;
  /** The query without `key`, `token` and `projectId`, raw, without `?`. */
  readonly query: string;
  /** The raw body; empty where it was a form, as in the Go service. */
  readonly body: Buffer;
}

/** What `accept` makes of a request. A request that must be refused is a ServiceError instead. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly events: readonly ImageEvent[] }
  | { readonly kind: 'ignored'; readonly reason: string };

export interface Delivery {
  readonly id: string;
  readonly projectId: string;
  readonly receiver: { readonly id: string; readonly name: string };
  readonly request: DeliveryRequest;
  readonly events: readonly ImageEvent[];
}

/** What will be done to one target. Plain JSON, so that a store can keep it and another process can do it. */
export interface PlannedAction {
  /** Names the target among all targets, e.g. `rancher/1a5/service/1s12`; one action at a time is done to it. */
  readonly target: string;
  /** One line for people: from what to what. */
  readonly description: string;
  /** What `execute` needs, decided at planning: an absolute state, never a step relative to what will be found. */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * What it changes of the target, such as `web docker.io/acme/web` for a container and its repository. A newer push to the
   * same receiver takes the place of a waiting one whose every stream it has. None: nothing ever takes its place.
   */
  readonly streams?: readonly string[];
  /** The images that it writes: none of them is written while it is on hold for the target. */
  readonly images?: readonly string[];
  /** Where not the time of the push decides which of two is newer but the version: the greater text is newer. */
  readonly rank?: string;
  /**
   * True if what it began is not to be left behind: once begun it is never just ended from outside, by a cancel or a newer push.
   * It is executed once more with a decision, and comes to its end by itself.
   */
  readonly takesBack?: boolean;
}

export interface Plan {
  readonly actions: readonly PlannedAction[];
  /** Targets that were looked at and left alone, each with the reason. */
  readonly skipped?: readonly SkippedTarget[];
  /** Images that somebody took off a target by hand: each is put on hold. */
  readonly holds?: readonly FoundHold[];
}

export interface FoundHold {
  readonly target: string;
  readonly image: string;
  readonly reason: string;
  /** When the image was written, milliseconds since 1970: a hold that was released later is not put again. */
  readonly since: number;
}

export interface SkippedTarget {
  readonly target: string;
  readonly reason: string;
  /**
   * What keeps it as it is. To be planned in place of being left alone where something else is still to be done to the target:
   * an older push that waits must not have the last word over this one.
   */
  readonly otherwise?: PlannedAction;
}

/** How many pods a rollout is about, and how far they are. */
export interface RolloutProgress {
  readonly wanted: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly unavailable: number;
}

export interface ActionContext {
  readonly config: DriverConfig;
  readonly delivery: Delivery;
  readonly signal: AbortSignal;
  /** True where an earlier attempt may have begun: the target is to be read, and nothing done twice. */
  readonly resumed?: boolean;
  /** The step that an earlier attempt announced last by `beforeWrite`: it may or may not have been done. */
  readonly step?: string;
  /** What was decided about the action since it was paused, or since it was to be ended from outside. */
  readonly decision?: Decision;
  /**
   * Tells what is being done: recorded with the delivery and shown to people.
   * @param rollout the numbers of a rollout that is followed, for programs.
   */
  progress(message: string, rollout?: RolloutProgress): void;
  /**
   * To be awaited immediately before every write to the target: records the step, and makes sure that this process still is
   * the one that may write.
   * @throws LeaseLostError where it is not: nothing may be written then.
   */
  beforeWrite(step: string): Promise<void>;
  /** To be called when little more is asked of the upstream than how far the target is: if it takes long, others may begin. */
  following(): void;
}

/** What a person can decide about an action that is paused. */
export type DecisionName = 'promote' | 'abort';

export interface Decision {
  /** `abort` is a cancel or a hold, too. `supersede`: a newer push is to take its place. */
  readonly name: DecisionName | 'supersede';
  /** Who decided it, for people. */
  readonly by: string;
}

/** The action waits in the middle, with nobody at it, and is then executed again. Queued drivers only. */
export interface ActionPause {
  readonly outcome: 'waiting';
  /** One line for people: for what it waits. */
  readonly message: string;
  /** When it is executed again at the latest, milliseconds since 1970. */
  readonly until: number;
  /** What may be decided about it meanwhile; then it is executed again at once. */
  readonly awaits: readonly DecisionName[];
}

export interface ActionResult {
  readonly outcome: 'succeeded' | 'failed' | 'rolledBack' | 'superseded' | 'cancelled';
  /** One line for people: what happened and why. */
  readonly message: string;
  /** Images that failed and must not be deployed to this target again, until somebody releases them. */
  readonly hold?: { readonly images: readonly string[]; readonly reason: string };
}

export interface Driver {
  readonly definition: DriverDefinition;
  /**
   * Checks a decoded config before it is stored and again before it is used.
   * @throws ServiceError with the text for the caller.
   */
  validate(config: DriverConfig, projectId: string): Promise<void>;
  /** @throws ServiceError `InvalidPayload` for a body that must be refused. */
  accept(request: DeliveryRequest, config: DriverConfig): Acceptance;
  /**
   * Inline drivers only: names what must not be planned and executed by two deliveries at once, since the plan reads what
   * the execution then writes. Undefined: nothing.
   */
  exclusive?(config: DriverConfig, projectId: string): string | undefined;
  /**
   * Queued drivers only: whether a push takes the place of one with another tag of the same repository while neither is planned.
   * So it may where the tag decides neither which targets are concerned nor which of two pushes is newer. Absent: never.
   */
  anyTag?(config: DriverConfig): boolean;
  /** What the driver talks to, `rancher` where absent: limits and the circuit breaker are per upstream. */
  upstream?(config: DriverConfig, projectId: string): string;
  /** Reads targets, writes nothing. Refuses a stored config that `validate` would refuse. @throws ServiceError */
  plan(delivery: Delivery, config: DriverConfig, signal: AbortSignal): Promise<Plan>;
  /**
   * Plans one action anew, after others changed its target since it was planned; absent where a plan does not depend on what
   * was found. @returns the reason where nothing is left to do.
   */
  replan?(
    action: PlannedAction,
    delivery: Delivery,
    config: DriverConfig,
    signal: AbortSignal,
  ): Promise<{ readonly action: PlannedAction } | { readonly reason: string }>;
  /** Does one planned action and follows it to its end. @throws ServiceError */
  execute(action: PlannedAction, context: ActionContext): Promise<ActionResult | ActionPause>;
}
