import type { PassedRequest, Stage } from '../support/fault-proxy.ts';
import { at } from '../support/rancher-emulator-client.ts';
import type { StepScenario } from './step-scenarios.ts';
import { soon, type StepMatcher, type StepsWorld } from './steps-world.ts';

/** What came of a delivery during which the program was killed. */
export interface KilledStep {
  readonly stage: Stage;
  readonly request: string;
  /** How the delivery ended; undefined if it was never stored. */
  readonly state: string | undefined;
  /** What is not as it has to be. */
  readonly faults: readonly string[];
}

const project = 'projectId=1a5';
const endStates = new Set(['succeeded', 'failed', 'rolledBack', 'superseded', 'interrupted', 'cancelled', 'dead', 'ignored']);
/** A delivery that takes longer never ends, milliseconds. */
const endMs = 60_000;

/**
 * Hits a receiver of its own for the target and kills the program at a stage of the first request to an upstream that
 * matches; starts it again and sees to the end what becomes of the delivery.
 * @returns undefined if the delivery ended before there was such a request.
 */
export async function killAtStep(
  world: StepsWorld,
  scenario: StepScenario,
  target: number,
  matches: StepMatcher,
  stage: Stage,
): Promise<KilledStep | undefined> {
  const { driver, body, inline } = scenario;
  scenario.prepare?.(world, target);
  const created = await world.send('POST', `receivers?${project}`, {
    name: `${driver}-${target}`,
    driver,
    [`${driver}Config`]: scenario.config(target),
  });
  if (created.status !== 200) throw new Error(created.text);
  const receiver = String(created.json['id']);
  const killed = world.killAt(matches, stage);
  const hit = world.send('POST', `endpoint${String(created.json['url']).replace(/^[^?]*/, '')}`, body).catch(() => undefined);
  const request = await Promise.race([killed, endedWithout(world, receiver, hit)]);
  if (request === undefined) {
    await world.restart();
    return undefined;
  }
  const answer = await hit;
  await world.restart();
  const delivery = await soon(endMs, async () => {
    const found = await deliveryOf(world, receiver);
    return found === undefined || endStates.has(String(found['state'])) ? { found } : undefined;
  });
  const state = delivery?.found?.['state'] as string | undefined;
  const faults = delivery === undefined ? [`has not ended: ${JSON.stringify(await deliveryOf(world, receiver))}`] : [];
  const acknowledged = answer?.status === 200;
  if (acknowledged && delivery?.found === undefined) faults.push('was acknowledged and is lost');
  faults.push(...(inline ? await judgeInline(world, scenario, target, delivery?.found, acknowledged) : []));
  if (!inline && delivery?.found !== undefined) faults.push(...(await judgeQueued(world, scenario, target, delivery.found)));
  if (delivery?.found === undefined && scenario.stateOf(world, target) !== scenario.before)
    faults.push('was done and not stored');
  return { stage, request: nameOf(request), state, faults };
}

/** Without credentials, and what is different every time. */
function nameOf({ method, url }: PassedRequest): string {
  const [path = '', query = ''] = url.replace(/^\/token\/\w+/, '').split('?');
  const [told] = /(?:action|watch)=\w+/.exec(query) ?? [];
  return `${method} ${path}${told === undefined ? '' : `?${told}`}`;
}

/** Resolves once the delivery has ended, and never if the program dies before. */
async function endedWithout(world: StepsWorld, receiver: string, hit: Promise<unknown>): Promise<undefined> {
  if ((await hit) === undefined) await new Promise(() => undefined);
  await soon(60_000, async () => {
    const found = await deliveryOf(world, receiver).catch(() => undefined);
    return endStates.has(String(found?.['state'])) ? true : undefined;
  });
}

async function deliveryOf(world: StepsWorld, receiver: string): Promise<Record<string, unknown> | undefined> {
  const list = await world.send('GET', `deliveries?${project}&receiverId=${receiver}`);
  return at(list.json, 'data', 0) as Record<string, unknown> | undefined;
}

function writesOf(world: StepsWorld, scenario: StepScenario): PassedRequest[] {
  return world.passed().filter((request) => scenario.isWrite(request) && request.status !== undefined && request.status < 300);
}

async function judgeQueued(
  world: StepsWorld,
  scenario: StepScenario,
  target: number,
  delivery: Record<string, unknown>,
): Promise<string[]> {
  const faults: string[] = [];
  const { end, writes, after } = scenario;
  if (delivery['state'] !== end) faults.push(`ended ${String(delivery['state'])}: ${String(delivery['message'])}`);
  // What is rolled back takes a moment to come to rest.
  const right = await soon(20_000, () => Promise.resolve(scenario.stateOf(world, target) === after ? true : undefined));
  if (right === undefined) faults.push(`the target is ${scenario.stateOf(world, target)}`);
  const made = writesOf(world, scenario);
  if (made.length !== writes) faults.push(`${made.length} writes: ${made.map(({ url }) => url).join(', ')}`);
  return faults;
}

async function judgeInline(
  world: StepsWorld,
  scenario: StepScenario,
  target: number,
  delivery: Record<string, unknown> | undefined,
  acknowledged: boolean,
): Promise<string[]> {
  if (delivery === undefined) return [];
  const faults: string[] = [];
  const { driver, writes, after, before } = scenario;
  const { state, id } = delivery;
  if (state !== 'interrupted' && !(acknowledged && state === 'succeeded'))
    faults.push(`ended ${String(state)}: ${String(delivery['message'])}`);
  const made = writesOf(world, scenario);
  if (made.length > writes) faults.push(`${made.length} writes`);
  const interruptedAs = scenario.stateOf(world, target);
  if (state !== 'interrupted') return faults;
  if (driver === 'forwardPost')
    return interruptedAs === before || interruptedAs === after ? faults : [...faults, `${interruptedAs} posts`];
  const replayed = await world.send('POST', `deliveries/${String(id)}?action=replay&${project}`);
  if (replayed.status >= 300) return [...faults, `cannot be replayed: ${replayed.text}`];
  const end = await soon(endMs, async () => {
    const found = await deliveryOf(world, String(delivery['receiverId']));
    return endStates.has(String(found?.['state'])) ? found : undefined;
  });
  if (end?.['state'] !== 'succeeded') faults.push(`the replay ended ${String(end?.['state'])}: ${String(end?.['message'])}`);
  const replayedAs = scenario.stateOf(world, target);
  if (replayedAs !== after) faults.push(`the replay made ${interruptedAs} into ${replayedAs}`);
  return faults;
}
