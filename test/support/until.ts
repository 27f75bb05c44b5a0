import { setTimeout as delay } from 'node:timers/promises';

/** Resolves once the condition holds. @throws Error if it does not within `timeoutMs`. */
export async function until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it did not come true within ${timeoutMs} ms: ${condition.toString()}`);
    await delay(5);
  }
}
