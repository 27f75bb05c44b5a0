import type { ActionResult } from '../../../framework/driver.ts';

type Outcome = ActionResult['outcome'];

const outcomes: readonly Outcome[] = ['rolledBack', 'cancelled', 'superseded', 'failed'];

/** Names a write after which an action ends, with its end: nothing on the cluster tells of it any more then. */
export function stepOf(what: string, end?: ActionResult): string {
  return end === undefined ? what : `${what} (${end.outcome}): ${end.message}`;
}

/** The end that a step was announced with, less the hold. */
export function endOf(step: string | undefined): ActionResult | undefined {
  const [, outcome, message] = /^(?:remove|keep) [^()]* \((\w+)\): (.*)$/s.exec(step ?? '') ?? [];
  const known = outcomes.find((each) => each === outcome);
  return known === undefined || message === undefined ? undefined : { outcome: known, message };
}
