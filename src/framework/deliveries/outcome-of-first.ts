import { setTimeout as wait } from 'node:timers/promises';
import { ServiceError } from '../errors.ts';
import { type DeliveryState, isEnded } from './delivery-record.ts';
import { type DeliveryStore, StoreUnavailableError } from './delivery-store.ts';

/** How often it is looked whether the delivery has ended, milliseconds. */
const lookEveryMs = 500;
/** Nobody waits longer for it: the sender would be gone, milliseconds. */
const patienceMs = 30_000;

/**
 * What the sender of a duplicate is to be told where this process does not do its first delivery: another one may be at it, or has
 * been until it died, or could not store what it did. Success is told for what has succeeded, and for nothing else.
 */
export async function outcomeOfFirst(
  store: Pick<DeliveryStore, 'get'>,
  projectId: string,
  id: string,
): Promise<ServiceError | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const state = await stateOf(store, projectId, id);
    if (state === 'succeeded' || state === 'ignored') return undefined;
    if (state !== undefined && isEnded(state)) return again(`Delivery ${id}, which this one repeats, has ended ${state}`);
    if (performance.now() > deadline) return again(`Delivery ${id}, which this one repeats, has not ended`);
    await wait(lookEveryMs);
  }
}

/** @returns undefined where it cannot be told. */
async function stateOf(store: Pick<DeliveryStore, 'get'>, projectId: string, id: string): Promise<DeliveryState | undefined> {
  try {
    return (await store.get(projectId, id))?.state;
  } catch (thrown) {
    if (!(thrown instanceof StoreUnavailableError)) throw thrown;
    return undefined;
  }
}

/** Of what has ended without success the next is no duplicate. */
function again(why: string): ServiceError {
  return new ServiceError('Unavailable', `${why}, try again later`, { retryAfterSeconds: 5 });
}
