import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

const lookMs = 15_000;
/** Up to which part of the time a thread may have been busy to count as idle. */
const idleUtilization = 0.02;
/** How much has to be done since the last time to be worth a collection, milliseconds. */
const worthMs = 100;
/** Collecting takes about 2 ms for each MiB, in which nobody is answered; a larger heap is in use anyway. */
const maxHeapBytes = 64 * 1024 * 1024;

/**
 * V8 keeps what loading the program and a burst of deliveries took, for as long as the machine is not short of memory. This
 * gives it back, now and whenever the thread has nothing to do. Without --expose-gc nothing happens.
 * @param releaseMore gives back what V8 knows nothing of.
 * @returns ends it.
 */
export function releaseMemoryWhenIdle(releaseMore: () => void = () => undefined): () => void {
  const { gc } = globalThis;
  if (gc === undefined) return () => undefined;
  // Only this flavor hands the pages back; the others keep them for later.
  const release = (): void => {
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    releaseMore();
  };
  release();
  let before = performance.eventLoopUtilization();
  let busyMs = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization, active } = performance.eventLoopUtilization(now, before);
    before = now;
    busyMs += active;
    if (busyMs < worthMs || utilization > idleUtilization || getHeapStatistics().total_heap_size > maxHeapBytes) return;
    release();
    busyMs = 0;
    before = performance.eventLoopUtilization();
  }, lookMs).unref();
  return () => clearInterval(timer);
}
