/** What a piece of work takes of this thread's processor, milliseconds: how much else the machine has to do is not in it. */
export function threadTime(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
