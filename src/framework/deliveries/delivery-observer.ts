import type { ActionPause, ActionResult, Delivery, Plan, PlannedAction } from '../driver.ts';

/** Hears what becomes of deliveries: a log, a terminal. Must not throw. */
export interface DeliveryObserver {
  ignored?(delivery: Delivery, reason: string): void;
  rejected?(delivery: Delivery, reason: string): void;
  planned?(delivery: Delivery, plan: Plan): void;
  progress?(delivery: Delivery, action: PlannedAction, message: string): void;
  /** An attempt failed, and there will be another. @param error what it failed by, for the log: `message` is for people. */
  postponed?(delivery: Delivery, action: PlannedAction | undefined, message: string, readyAt: number, error: Error): void;
  /** An action waits in the middle, for a time or a decision. */
  paused?(delivery: Delivery, action: PlannedAction, pause: ActionPause): void;
  ended?(delivery: Delivery, action: PlannedAction, result: EndedAction): void;
  /** It will not be tried again, or its planning was cancelled. */
  failed?(delivery: Delivery, error: Error): void;
}

/** An ActionResult, or why an action ended without one. */
export interface EndedAction {
  readonly outcome: ActionResult['outcome'] | 'dead' | 'ignored';
  readonly message: string;
}
