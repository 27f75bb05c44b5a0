import fs from 'node:fs';

/**
 * How long the main thread of a process has waited for a processor so far, since others had it, milliseconds. It is taken off
 * from what is measured, or a busy machine would be measured too. 0 where the system does not tell.
 */
export function processorWait(pid: number): number {
  try {
    const [, waited] = fs.readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}
