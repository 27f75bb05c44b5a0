import http from 'node:http';
import type { Fault } from './fault.ts';
import { type FaultedDriver, inlineDrivers } from './fault-receivers.ts';
import type { FaultedDelivery, FaultRun } from './run-fault.ts';

/** The deadline of one call, and what may pass before and after it, milliseconds. Hosts are scaled one after the other. */
const answerMs = 12_000;
/** Nobody who only wants something stored waits longer than this, whatever is wrong, milliseconds. */
const acceptMs = 3_000;

const inline: readonly FaultedDriver[] = inlineDrivers;

/** What is not as it has to be, one line each. */
export function judgeFault(run: FaultRun): string[] {
  const { deliveries, effects, replays, tooSoon, repeated, leaks } = run;
  return [
    ...deliveries.flatMap((delivery) =>
      [...(inline.includes(delivery.receiver.driver) ? judgeInline(run, delivery) : judgeQueued(run, delivery))].map(
        (text) => `${nameOf(delivery)}: ${text}`,
      ),
    ),
    ...effects.flatMap((effect) => [...judgeEffect(run, effect)]),
    ...replays
      .filter(({ state, before, after }) => state !== 'succeeded' || Number(after) - Number(before) !== 1)
      .map(
        ({ receiver, state, message, before, after }) =>
          `replay of ${receiver.driver}: ${state} ${message}, ${String(before)} → ${String(after)}`,
      ),
    ...tooSoon.map((text) => `asked again too soon: ${text}`),
    ...repeated.map((text) => `asked again in vain: ${text}`),
    ...leaks.map((place) => `a credential is in ${place}`),
  ];
}

export function effectFor({ effect, except }: Fault, driver: FaultedDriver): Fault['effect'] {
  return except?.[driver] ?? effect;
}

function nameOf({ receiver, id }: FaultedDelivery): string {
  return `${receiver.driver} ${receiver.target} ${id}`;
}

function* judgeInline({ fault, deliveries }: FaultRun, delivery: FaultedDelivery): Generator<string> {
  const { receiver, status, text, answeredMs, late, id, state, postponed } = delivery;
  const effect = effectFor(fault, receiver.driver);
  if (id === '' && late && status === 500) return;
  if (id === '') yield `not stored, answered ${status} ${text}`;
  if (postponed > 0) yield `tried again ${postponed} times`;
  if (effect === 'none' && status !== 200) yield `answered ${status} ${text}`;
  if ((effect === 'outage' || effect === 'refusal') && status === 200) yield 'answered 200';
  const before = receiver.driver === 'scaleHost' ? deliveries.filter((other) => other.receiver.driver === 'scaleHost').length : 1;
  if (answeredMs > answerMs * before && effect !== 'some') yield `answered after ${Math.round(answeredMs)} ms`;
  if (status !== 200) yield* judgeFailure(fault, delivery);
  else if (state !== 'succeeded') yield `answered 200 and is ${state}`;
}

function* judgeFailure(fault: Fault, { receiver, status, text, state, message }: FaultedDelivery): Generator<string> {
  if (state !== 'failed' && state !== 'interrupted') yield `answered ${status} and is ${state}`;
  if (text !== `Error ${message} in executing driver for ${receiver.driver}`) yield `answered "${text}", recorded "${message}"`;
  const [wanted, pattern] = inlineAnswer(fault, receiver.driver);
  if (status !== wanted) yield `answered ${status} in place of ${wanted}: ${text}`;
  if (!pattern.test(text)) yield `answered "${text}", which does not match ${pattern.source}`;
}

/** The Go service's codes and texts. @see research on the wire contract, 1.14 */
function inlineAnswer({ status, writesOnly }: Fault, driver: FaultedDriver): [status: number, text: RegExp] {
  const reason = status === undefined ? '' : http.STATUS_CODES[status];
  if (writesOnly === true && status !== undefined) {
    if (driver === 'scaleService')
      return [status, new RegExp(`^Error Error in updateService: Bad response statusCode \\[${status}\\]`)];
    if (driver === 'scaleHost')
      return [status, new RegExp(`^Error Error ${status} ${reason} in http\\.Post while creating host in `)];
    return [status, new RegExp(`^Error \\{.*${reason}, as the test wants it.*\\} in `)];
  }
  if (driver === 'scaleService') {
    return status === 404
      ? [400, /^Error Service \w+ has been deleted in /]
      : [500, /^Error Error in (?:getService|updateService): ./];
  }
  // The Go service took hosts that could not be listed for none.
  if (driver === 'scaleHost')
    return [500, /^Error Error .+ in listing hosts in |^Error Error .* in http\.Get of host|^Error Error creating host: /];
  return [500, /^Error (?:Bad response statusCode|GET|POST) ?.+ in /];
}

function* judgeQueued({ fault, deliveries }: FaultRun, delivery: FaultedDelivery): Generator<string> {
  const { receiver, status, text, answeredMs, id, state, message, postponed, endedMs } = delivery;
  if (status !== 200 || id === '') yield `answered ${status} ${text}`;
  if (answeredMs > acceptMs) yield `accepted after ${Math.round(answeredMs)} ms`;
  const effect = effectFor(fault, receiver.driver);
  if (effect === 'refusal') {
    if (state !== 'dead' && state !== 'failed') yield `is ${state} ${message}`;
    if (postponed > 0) yield `tried again ${postponed} times`;
    const causes = [String(fault.status), http.STATUS_CODES[fault.status ?? 0] ?? '', 'does not exist', 'is not found'];
    if (!causes.some((cause) => message.includes(cause))) yield `does not say why: ${message}`;
    return;
  }
  const isNewest = deliveries.findLast((other) => other.receiver === receiver) === delivery;
  if (state !== 'succeeded' && (isNewest || state !== 'superseded')) yield `is ${state}: ${message}`;
  if (effect === 'outage' && state === 'succeeded' && endedMs < 0) yield 'succeeded while nothing could';
  if (effect === 'none' && postponed > 0) yield `tried again ${postponed} times`;
}

function* judgeEffect(
  { fault, deliveries }: FaultRun,
  { receiver, before, after }: FaultRun['effects'][number],
): Generator<string> {
  const effect = effectFor(fault, receiver.driver);
  const text = `${receiver.driver} ${receiver.target}: from ${String(before)} to ${String(after)}`;
  if (!inline.includes(receiver.driver)) {
    if (after !== (effect === 'refusal' ? before : '3')) yield text;
    return;
  }
  const steps = Number(after) - Number(before);
  const succeeded = deliveries.filter((delivery) => delivery.receiver === receiver && delivery.status === 200).length;
  // A call whose answer was lost may have been carried out.
  const most = fault.status === undefined ? 1 : succeeded;
  if (steps < succeeded || steps > most) yield `${text}, with ${succeeded} answered 200`;
}
