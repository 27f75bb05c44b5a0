import type {
  ActionContext,
  ActionResult,
  Delivery,
  DeliveryRequest,
  Driver,
  DriverConfig,
  Plan,
} from '../../src/framework/driver.ts';
import type { ImageEvent } from '../../src/framework/payload-format.ts';
import { ended } from './ended.ts';

export function deliveryRequest(body: unknown = '', extra: Partial<DeliveryRequest> = {}): DeliveryRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { headers: {}, query: '', body: Buffer.from(text), ...extra };
}

export function deliveryOf(request: DeliveryRequest = deliveryRequest(), events: readonly ImageEvent[] = []): Delivery {
  return { id: 'd1', projectId: '1a5', receiver: { id: '1go1', name: 'hook' }, request, events };
}

export interface Run {
  readonly plan: Plan;
  readonly results: ActionResult[];
  readonly progress: string[];
  /** What was announced before each write. */
  readonly steps: string[];
}

/** Takes one delivery through accept, plan and execute, as the engine does. */
export async function runDriver(
  driver: Driver,
  config: DriverConfig,
  request: DeliveryRequest = deliveryRequest(),
  signal: AbortSignal = new AbortController().signal,
  beforeWrite: (step: string) => void = () => undefined,
): Promise<Run> {
  const acceptance = driver.accept(request, config);
  if (acceptance.kind === 'ignored') throw new Error(`ignored: ${acceptance.reason}`);
  const delivery = deliveryOf(request, acceptance.events);
  const plan = await driver.plan(delivery, config, signal);
  const progress: string[] = [];
  const steps: string[] = [];
  const context: ActionContext = {
    config,
    delivery,
    signal,
    progress: (message) => progress.push(message),
    async beforeWrite(step) {
      steps.push(step);
      beforeWrite(step);
    },
    following: () => undefined,
  };
  const results: ActionResult[] = [];
  for (const action of plan.actions) {
    // What is planned may be kept as JSON and done by another process.
    results.push(await ended(driver.execute(structuredClone(action), context)));
  }
  return { plan, results, progress, steps };
}
