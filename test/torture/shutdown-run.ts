import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { PushLoad } from '../support/push-load.ts';
import { sendRequest } from '../support/send-request.ts';
import { createReceivers, serviceSeed } from './upgrade-targets.ts';
import { openUpgradeWorld, pushOf } from './upgrade-world.ts';

export interface ShutdownResult {
  /** By status or error. */
  readonly answers: Readonly<Record<string, number>>;
  /** How many were accepted before the signal, and after it. */
  readonly before: number;
  readonly after: number;
  readonly exitCode: number | null;
  /** From the signal to the end of the process, milliseconds. */
  readonly exitMs: number;
}

const targets = 4;

/**
 * Ends the program by SIGTERM while pushes come at a steady rate, once so many were accepted.
 * @param watching true for senders that stop once the program says that it is not ready; others go on until nobody listens.
 */
export async function shutDownUnderLoad(perSecond: number, least: number, watching: boolean): Promise<ShutdownResult> {
  const operations = `127.0.0.1:${await freePort()}`;
  const world = await openUpgradeWorld({
    seed: serviceSeed(targets),
    environment: { WEBHOOK_OPERATIONS_LISTEN: operations },
  });
  try {
    const program = await world.start();
    const queries = await createReceivers(world.url, targets);
    const load = new PushLoad({
      connections: 64,
      perSecond,
      request: (number) => ({
        url: `${world.url}/v1-webhooks/endpoint${queries[number % targets]}`,
        body: pushOf(`t${number}`, 1_500_000_000 + number),
      }),
    });
    const over = new AbortController();
    const run = load.run(Number.POSITIVE_INFINITY, over.signal);
    while (load.acknowledged.length < least) await delay(5);
    const before = load.acknowledged.length;
    const signalledAt = performance.now();
    program.process.kill('SIGTERM');
    while (performance.now() - signalledAt < 15_000) {
      if (load.answers['ECONNREFUSED'] !== undefined || (watching && !(await isReady(operations)))) break;
      await delay(1);
    }
    over.abort();
    const exitCode = await program.ended();
    const exitMs = Math.round(performance.now() - signalledAt);
    const { answers, acknowledged } = await run;
    return { answers, before, after: acknowledged.length - before, exitCode, exitMs };
  } finally {
    await world.stop();
  }
}

async function isReady(operations: string): Promise<boolean> {
  const answer = await sendRequest(`http://${operations}`, '/readyz').catch(() => undefined);
  return answer?.status === 200;
}

/** How fast a second signal ends the program while it waits, after the first, for an answer of Rancher. */
export async function shutDownTwice(): Promise<Pick<ShutdownResult, 'exitCode' | 'exitMs'>> {
  const world = await openUpgradeWorld({ seed: serviceSeed(1) });
  try {
    const program = await world.start();
    world.proxy.hang();
    const body = { name: 'web', driver: 'serviceUpgrade', serviceUpgradeConfig: { serviceSelector: { app: 'web' }, tag: '1' } };
    const asked = sendRequest(world.url, '/v1-webhooks/receivers?projectId=1a5', { method: 'POST', body }).catch(() => undefined);
    while (world.proxy.requests.length === 0) await delay(5);
    program.process.kill('SIGTERM');
    await program.says(/"message":"stopping"/);
    const signalledAt = performance.now();
    program.process.kill('SIGTERM');
    const exitCode = await program.ended();
    const exitMs = Math.round(performance.now() - signalledAt);
    await asked;
    return { exitCode, exitMs };
  } finally {
    await world.stop();
  }
}
