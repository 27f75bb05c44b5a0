import { setTimeout as delay } from 'node:timers/promises';
import { PushLoad } from '../support/push-load.ts';
import { sendRequest } from '../support/send-request.ts';
import { createReceivers, serviceSeed } from './upgrade-targets.ts';
import { openUpgradeWorld, pushOf, type UpgradeWorld } from './upgrade-world.ts';

/** Milliseconds from the start of the process to the first push that was accepted. */
export interface StartResult {
  readonly empty: number;
  /** After SIGTERM and after SIGKILL, each with so many deliveries that wait. */
  readonly afterStop: number;
  readonly afterKill: number;
  readonly waiting: number;
}

/** Measures the compiled program. @param waiting how many deliveries of different tags wait for a Rancher that hangs. */
export async function measureStarts(waiting: number, receivers: number): Promise<StartResult> {
  const empty = await measureEmpty();
  const world = await openUpgradeWorld({ seed: serviceSeed(receivers), compiled: true });
  try {
    await world.start();
    const queries = await createReceivers(world.url, receivers);
    const [first = ''] = queries;
    world.proxy.hang();
    const load = new PushLoad({
      connections: 64,
      request: (number) => ({
        url: `${world.url}/v1-webhooks/endpoint${queries[number % receivers]}`,
        body: pushOf(`t${number}`, 1_500_000_000 + number),
      }),
    });
    const { answers } = await load.run(waiting);
    if (answers['200'] !== waiting) throw new Error(`not all were accepted: ${JSON.stringify(answers)}`);
    await world.program.stop();
    world.proxy.heal();
    const afterStop = await timeToFirst(world, first);
    world.program.process.kill('SIGKILL');
    await world.program.ended();
    const afterKill = await timeToFirst(world, first);
    return { empty, afterStop, afterKill, waiting };
  } finally {
    world.program.process.kill('SIGKILL');
    await world.stop();
  }
}

async function measureEmpty(): Promise<number> {
  const world = await openUpgradeWorld({ seed: serviceSeed(1), compiled: true });
  try {
    await world.start();
    const [query = ''] = await createReceivers(world.url, 1);
    await world.program.stop();
    return await timeToFirst(world, query);
  } finally {
    await world.stop();
  }
}

async function timeToFirst(world: UpgradeWorld, query: string): Promise<number> {
  const startedAt = performance.now();
  world.launch();
  for (;;) {
    const target = `/v1-webhooks/endpoint${query}`;
    const sent = await sendRequest(world.url, target, { method: 'POST', body: pushOf('first', 1) }).catch(() => undefined);
    if (sent?.status === 200) return Math.round(performance.now() - startedAt);
    if (performance.now() - startedAt > 60_000) throw new Error(`nothing was accepted: ${sent?.text ?? world.program.output()}`);
    await delay(2);
  }
}
