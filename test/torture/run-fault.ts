import { setTimeout as wait } from 'node:timers/promises';
import { isEnded, type DeliveryState } from '../../src/framework/deliveries/delivery-record.ts';
import { processorWait } from '../support/processor-wait.ts';
import type { Sent } from '../support/send-request.ts';
import type { Fault } from './fault.ts';
import {
  bodyFor,
  createFaultReceivers,
  effectOf,
  type FaultedDriver,
  type FaultReceiver,
  inlineDrivers,
  queuedDrivers,
} from './fault-receivers.ts';
import { type FaultsWorld, startFaultsWorld } from './faults-world.ts';

export interface RunFaultOptions {
  /** How many targets each driver has: inline ones get one delivery each, queued ones two pushes. */
  readonly targets: number;
  /** For how long the fault lasts at least, milliseconds; it lasts until every inline delivery is answered. */
  readonly lastsMs: number;
  /** How long queued work may take after the heal, milliseconds. */
  readonly healMs: number;
}

/** What became of one delivery. */
export interface FaultedDelivery {
  readonly receiver: FaultReceiver;
  /** The answer to its sender, and after how many milliseconds. */
  readonly status: number;
  readonly text: string;
  readonly answeredMs: number;
  /** True where its receiver may have had to be asked for again, which is among what may go wrong. */
  readonly late: boolean;
  /** Empty where nothing was stored. */
  readonly id: string;
  readonly state: DeliveryState | '';
  readonly message: string;
  /** How often it was put back to wait. */
  readonly postponed: number;
  /** When it ended, milliseconds after the heal; negative before. */
  readonly endedMs: number;
}

export interface FaultRun {
  readonly fault: Fault;
  readonly deliveries: readonly FaultedDelivery[];
  /** By receiver: before the fault, and after the last delivery ended. */
  readonly effects: readonly { readonly receiver: FaultReceiver; readonly before: unknown; readonly after: unknown }[];
  /** Of inline deliveries that failed, and were replayed after the heal. */
  readonly replays: readonly {
    readonly receiver: FaultReceiver;
    readonly state: string;
    readonly message: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
  /** Requests that were made again sooner than their answer asked for, with the time between. */
  readonly tooSoon: readonly string[];
  /** Requests that were made more often than there were deliveries, though the first answer was the last word. */
  readonly repeated: readonly string[];
  /** Where a credential was found that nobody may see. */
  readonly leaks: readonly string[];
}

/** The second push comes when a receiver that was just confirmed is asked for again, milliseconds. */
const laterMs = 1_100;
/** For how long a confirmed receiver is believed, milliseconds. */
const confirmedMs = 1_000;

/** Sends deliveries of every driver while something is wrong, heals it, and waits for what becomes of them. */
export async function runFault(fault: Fault, options: RunFaultOptions): Promise<FaultRun> {
  const { targets, lastsMs, healMs } = options;
  const postponed = new Map<string, number>();
  const world = await startFaultsWorld(fault, targets, {
    postponed: ({ id }) => void postponed.set(id, (postponed.get(id) ?? 0) + 1),
  });
  try {
    const queued = await createFaultReceivers(world, queuedDrivers, targets);
    const inline = await begin(world, targets);
    const receivers = [...inline, ...queued];
    const before = new Map(receivers.map((receiver) => [receiver, effectOf(world, receiver)]));
    const begunAt = performance.now();
    // What asks for time asks each delivery for it: a second push may well come before the first is due again.
    const tags = fault.retryAfterMs === undefined ? ['2', '3'] : ['3'];
    const [ofInline, ofQueued] = await Promise.all([
      Promise.all(inline.map((receiver) => send(world, receiver, ''))),
      Promise.all(
        queued.map(async (receiver) => {
          const pushes: SentDelivery[] = [];
          const later = wait(laterMs);
          for (const tag of tags) {
            if (pushes.length > 0) await later;
            // One that is refused for good has to be: the next would take its place on a machine that is slow.
            if (fault.effect === 'refusal') await untilAllMet(world, pushes, postponed);
            pushes.push(await send(world, receiver, tag));
          }
          return pushes;
        }),
      ),
    ]);
    const sent = [...ofInline, ...ofQueued.flat()];
    await wait(Math.max(0, begunAt + lastsMs - performance.now()));
    if (fault.effect === 'refusal') await untilAllMet(world, sent, postponed);
    const healedAt = Date.now();
    await world.heal();
    const found = await untilEnded(world, sent, healedAt + healMs);
    const deliveries = sent.map(({ receiver, answer, answeredMs, late }, index): FaultedDelivery => {
      const { id, record } = found[index] ?? { id: '', record: {} };
      return {
        receiver,
        status: answer.status,
        text: messageOf(answer),
        answeredMs,
        late,
        id,
        state: (record['state'] ?? '') as DeliveryState | '',
        message: textOf(record['message']),
        postponed: postponed.get(id) ?? 0,
        endedMs: Number(record['endedAtTS'] ?? Number.NaN) - healedAt,
      };
    });
    const effects = receivers.map((receiver) => ({ receiver, before: before.get(receiver), after: effectOf(world, receiver) }));
    const tooSoon = requestsTooSoon(fault, world, targets);
    const repeated = requestsInVain(fault, world, targets);
    const replays = await replayFailed(world, deliveries);
    const leaks = await findLeaks(world, receivers, sent, deliveries);
    return { fault, deliveries, effects, replays, tooSoon, repeated, leaks };
  } finally {
    await world.heal();
    await world.stop();
  }
}

let beginning: Promise<unknown> = Promise.resolve();

/**
 * Makes the receivers of inline drivers, and has the fault begin at once: one that was confirmed within a second is not asked
 * for again. Other runs wait meanwhile, or that second would soon be over.
 */
function begin(world: FaultsWorld, targets: number): Promise<FaultReceiver[]> {
  const begun = beginning.then(async () => {
    const receivers = await createFaultReceivers(world, inlineDrivers, targets);
    await world.begin();
    return receivers;
  });
  beginning = begun.catch(() => undefined);
  return begun;
}

interface SentDelivery {
  readonly receiver: FaultReceiver;
  readonly answer: Sent;
  readonly answeredMs: number;
  readonly late: boolean;
}

/** The times of pushes are in the order of their tags. */
async function send(world: FaultsWorld, receiver: FaultReceiver, tag: string): Promise<SentDelivery> {
  // In this process are the service and its upstreams: what the machine has them wait for is not theirs.
  const now = (): number => performance.now() - processorWait(process.pid);
  const begunAt = now();
  const pushedAt = 1_700_000_000 + Number(tag);
  const answer = await world.post(receiver.url, bodyFor(receiver, tag, pushedAt));
  const answeredMs = now() - begunAt;
  return { receiver, answer, answeredMs, late: performance.now() - receiver.confirmedAt > confirmedMs };
}

type Found = { readonly id: string; readonly record: Readonly<Record<string, unknown>> };

async function untilEnded(world: FaultsWorld, sent: readonly SentDelivery[], endAt: number): Promise<Found[]> {
  for (;;) {
    const found = await Promise.all(
      sent.map(async ({ answer }): Promise<Found> => {
        const id = String(answer.headers['x-webhook-delivery'] ?? '');
        return { id, record: id === '' ? {} : await recordOf(world, id) };
      }),
    );
    const waiting = found.filter(({ id, record }) => id !== '' && !isEnded(record['state'] as DeliveryState));
    if (waiting.length === 0 || Date.now() > endAt) return found;
    await wait(50);
  }
}

/** Resolves when each delivery has ended or was put back to wait: the fault was met then. */
async function untilAllMet(
  world: FaultsWorld,
  sent: readonly SentDelivery[],
  postponed: ReadonlyMap<string, number>,
): Promise<void> {
  for (const { answer } of sent) {
    const id = String(answer.headers['x-webhook-delivery'] ?? '');
    for (const end = performance.now() + 60_000; performance.now() < end; await wait(50)) {
      if (id === '' || postponed.has(id) || isEnded((await recordOf(world, id))['state'] as DeliveryState)) break;
    }
  }
}

async function recordOf(world: FaultsWorld, id: string): Promise<Record<string, unknown>> {
  const answer = await world.api('GET', `deliveries/${id}`);
  if (answer.status !== 200) throw new Error(`delivery ${id} is not there: ${answer.status} ${answer.text}`);
  return answer.json;
}

async function replayFailed(world: FaultsWorld, deliveries: readonly FaultedDelivery[]): Promise<FaultRun['replays']> {
  const inline: readonly FaultedDriver[] = inlineDrivers;
  const failed = deliveries.filter(({ receiver, id, status }) => inline.includes(receiver.driver) && id !== '' && status !== 200);
  return Promise.all(
    failed.map(async ({ receiver, id }) => {
      const before = effectOf(world, receiver);
      const answer = await world.api('POST', `deliveries/${id}`, undefined, '&action=replay');
      const replayed = { ...answer, headers: { 'x-webhook-delivery': textOf(answer.json['id']) } };
      const [found] = await untilEnded(world, [{ receiver, answer: replayed, answeredMs: 0, late: false }], Date.now() + 60_000);
      const { state = answer.text, message = '' } = found?.record ?? {};
      return { receiver, state: String(state), message: String(message), before, after: effectOf(world, receiver) };
    }),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function messageOf({ text }: Sent): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message);
  } catch {
    return text;
  }
}

/** Of requests that several deliveries make, nobody can tell which of them made one. */
function requestsTooSoon({ retryAfterMs = 0 }: Fault, { upstreams }: FaultsWorld, targets: number): string[] {
  const isOfOne = (url: string): boolean => targets === 1 || /\/(?:1s\d+|web-\d+)\b/.test(url);
  const refusedAt = new Map<string, number>();
  const found: string[] = [];
  for (const { method, url, at, faulty } of [...(upstreams.rancher.requests ?? []), ...(upstreams.kubernetes.requests ?? [])]) {
    const since = at - (refusedAt.get(method + url) ?? Number.NEGATIVE_INFINITY);
    if (since < retryAfterMs && isOfOne(url)) found.push(`${method} ${url}: after ${Math.round(since)} ms`);
    if (faulty) refusedAt.set(method + url, at);
  }
  return found;
}

/** Inline drivers never ask again; queued ones do not after a refusal. */
function requestsInVain({ effect, except }: Fault, { upstreams }: FaultsWorld, targets: number): string[] {
  const { rancher, kubernetes } = upstreams;
  const ofInline = (rancher.requests ?? []).filter(({ url }) => /\/services\/1s\d{1,3}$|\/hosts\b|container-proxy/i.test(url));
  const ofRefused = [...(rancher.requests ?? []), ...(except === undefined ? (kubernetes.requests ?? []) : [])];
  const counts = new Map<string, number>();
  for (const { method, url, faulty } of effect === 'refusal' ? ofRefused : ofInline) {
    const name = `${method} ${url.replace(/token=[^&]*/, '')}`;
    if (faulty && effect !== 'none') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  // Each receiver of a queued driver gets two pushes.
  const most = (effect === 'refusal' ? 2 : 1) * targets;
  return [...counts].filter(([, count]) => count > most).map(([name, count]) => `${name}: ${count} times`);
}

/** Looks for the credentials of the service and of its receivers in all that people may see. */
async function findLeaks(
  world: FaultsWorld,
  receivers: readonly FaultReceiver[],
  sent: readonly SentDelivery[],
  deliveries: readonly FaultedDelivery[],
): Promise<string[]> {
  const { secrets } = world;
  const tokens = receivers.map(({ url }) => new URL(url).searchParams.get('token') ?? url);
  const seen: [string, string][] = [
    ...sent.map(({ receiver, answer }): [string, string] => [`the answer of ${receiver.driver}`, answer.text]),
    ...world.logged.map((line): [string, string] => ['the log', line]),
  ];
  for (const { id } of deliveries.filter((delivery) => delivery.id !== '')) {
    seen.push([`delivery ${id}`, (await world.api('GET', `deliveries/${id}`)).text]);
    seen.push([`the events of delivery ${id}`, (await world.api('GET', `deliveries/${id}/events`)).text]);
  }
  return seen.filter(([, text]) => [...secrets, ...tokens].some((secret) => text.includes(secret))).map(([place]) => place);
}
