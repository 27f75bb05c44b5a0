import type { Fault } from './fault.ts';
import { type FaultRun, runFault, type RunFaultOptions } from './run-fault.ts';

/** Runs faults, so many at a time. @returns a promise for each, in their order. */
export function runSideBySide(
  faults: readonly Fault[],
  atOnce: number,
  options: (fault: Fault) => RunFaultOptions,
): Promise<FaultRun>[] {
  const runs = faults.map((fault) => ({ fault, ended: Promise.withResolvers<FaultRun>() }));
  const left = runs.values();
  const work = async (): Promise<void> => {
    for (const { fault, ended } of left) {
      try {
        ended.resolve(await runFault(fault, options(fault)));
      } catch (thrown) {
        ended.reject(thrown);
      }
    }
  };
  for (let index = 0; index < atOnce; index += 1) void work();
  return runs.map(({ ended }) => {
    // Whoever waits for it may come later.
    ended.promise.catch(() => undefined);
    return ended.promise;
  });
}
