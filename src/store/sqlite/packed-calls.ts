import type { NewDelivery } from '../../framework/deliveries/delivery-store.ts';
import type { Call, ToWorker } from './worker-messages.ts';

type Group = Extract<ToWorker, { type: 'run' }>;

const none = Buffer.alloc(0);

/**
 * Takes the bodies out of the calls and puts them into one piece of memory, which can be handed to another thread: a small
 * Buffer is part of a large one, all of which would be copied with it.
 */
export function packCalls(calls: readonly Call[]): Group {
  const bodies = new Uint8Array(calls.reduce((bytes, call) => bytes + bodyBytes(call), 0));
  let offset = 0;
  const packed = calls.map((call) => {
    const delivery = newDelivery(call);
    if (delivery === undefined) return call;
    const { body } = delivery.request;
    bodies.set(body, offset);
    const at = { offset, length: body.length };
    offset += body.length;
    return { name: call.name, args: [{ ...delivery, request: { ...delivery.request, body: none } }, at] };
  });
  return { type: 'run', calls: packed, bodies };
}

/** The calls as they were; their bodies are parts of the one piece of memory. */
export function unpackCalls({ calls, bodies }: Group): Call[] {
  return calls.map((call) => {
    const delivery = newDelivery(call);
    if (delivery === undefined) return call;
    const { offset, length } = call.args[1] as { offset: number; length: number };
    const body = Buffer.from(bodies.buffer, bodies.byteOffset + offset, length);
    return { name: call.name, args: [{ ...delivery, request: { ...delivery.request, body } }] };
  });
}

/** How much memory a call's body takes until it is on disk. */
export function bodyBytes(call: Call): number {
  return newDelivery(call)?.request.body.length ?? 0;
}

/** Between threads a Buffer becomes a Uint8Array: makes it one again, wherever it is in a result. */
export function restoreBuffers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  for (const [name, part] of Object.entries(value)) {
    if (typeof part === 'object' && part !== null) (value as Record<string, unknown>)[name] = restoreBuffers(part);
  }
  return value;
}

function newDelivery({ name, args }: Call): NewDelivery | undefined {
  return name === 'accept' ? (args[0] as NewDelivery) : undefined;
}
