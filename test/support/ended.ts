import type { ActionPause, ActionResult } from '../../src/framework/driver.ts';

/** The end of an action that must not wait in the middle. */
export async function ended(result: Promise<ActionResult | ActionPause>): Promise<ActionResult> {
  const settled = await result;
  if (settled.outcome === 'waiting') throw new Error(`the action waits: ${settled.message}`);
  return settled;
}
