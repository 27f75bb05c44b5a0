import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { coerceError, ServiceError } from '../../../framework/errors.ts';
import type { KubernetesList, WatchEvent } from './kubernetes-clusters.ts';
import type { ObjectMeta } from './kubernetes-objects.ts';

export interface Observation<T> {
  /** What a call has just said: the first watch begins there, without a reading. */
  readonly known?: KubernetesList<T>;
  /** Everything as it is now. */
  read(signal: AbortSignal): Promise<KubernetesList<T>>;
  watch(resourceVersion: string, timeoutSeconds: number, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
  /** Called with everything after each reading and each change. */
  seen(items: readonly T[]): void;
  /** Called for each reading and each watch that failed; both are tried again. */
  failed(error: Error): void;
  /** How long one watch lasts at most, seconds; 30 where absent. */
  readonly watchSeconds?: number;
}

/** Watches end, lie and fall silent: none is trusted for longer, then everything is read again. */
const defaultWatchSeconds = 30;
/** How much longer a watch may take to end than it was asked to, as a part of that. */
const watchMargin = 0.1;
const shortestWatchMs = 1000;
/** So many changes in a row are taken, then everything else gets its turn. */
const burst = 100;
/** Most objects that are kept an eye on. */
const maxObjects = 10_000;
const firstPauseMs = 250;
const longestPauseMs = 4000;

/** Keeps an eye on objects until the signal says stop; never fails. */
export async function observe<T extends { readonly metadata?: ObjectMeta }>(
  observation: Observation<T>,
  signal: AbortSignal,
): Promise<void> {
  let hurried = 0;
  let { known } = observation;
  while (!signal.aborted) {
    const began = performance.now();
    try {
      const found = known ?? (await observation.read(signal));
      known = undefined;
      await watchFrom(observation, found, signal);
    } catch (thrown) {
      if (!signal.aborted) observation.failed(coerceError(thrown));
    }
    hurried = performance.now() - began < shortestWatchMs ? hurried + 1 : 0;
    if (hurried > 0) await pause(hurried, signal);
  }
}

async function watchFrom<T extends { readonly metadata?: ObjectMeta }>(
  observation: Observation<T>,
  { items, resourceVersion }: KubernetesList<T>,
  signal: AbortSignal,
): Promise<void> {
  const byUid = new Map(items.map((item) => [item.metadata?.uid, item]));
  observation.seen([...byUid.values()]);
  const { watchSeconds = defaultWatchSeconds } = observation;
  const deadline = AbortSignal.timeout(Math.ceil(watchSeconds * (1 + watchMargin) * 1000));
  const either = AbortSignal.any([signal, deadline]);
  let changes = 0;
  try {
    for await (const { type, object } of observation.watch(resourceVersion, watchSeconds, either)) {
      if (type === 'DELETED') byUid.delete(object.metadata?.uid);
      else byUid.set(object.metadata?.uid, object);
      if (byUid.size > maxObjects) throw new ServiceError('Refused', `there are more than ${maxObjects} of them`);
      observation.seen([...byUid.values()]);
      changes += 1;
      if (changes % burst === 0) await nextTurn();
    }
  } catch (thrown) {
    // A watch that the server forgot to end is what the deadline is for.
    if (!deadline.aborted) throw thrown;
  }
}

async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}
