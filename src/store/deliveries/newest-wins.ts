/** Work that waits in a lane, in the order of arrival. */
export interface WaitingWork {
  readonly id: number;
  readonly delivery: number;
  readonly streams: readonly string[];
  readonly pushedAt: number | undefined;
  readonly rank: string | undefined;
}

/**
 * Tells which pieces of waiting work no longer matter: those whose every stream a newer one has. Newer is, in this order, by
 * rank, by the time of the push, by arrival; the first that both have decides.
 *
 * @param waiting in the order of arrival.
 * @returns for each one that is superseded, the one by which; that one itself is not superseded.
 */
export function newestWins<T extends WaitingWork>(waiting: readonly T[]): Map<T, T> {
  const newest = new Map<string, T>();
  for (const work of waiting) {
    for (const stream of work.streams) {
      const other = newest.get(stream);
      if (other === undefined || replaces(work, other)) newest.set(stream, work);
    }
  }
  const superseded = new Map<T, T>();
  for (const work of waiting) {
    const winners = work.streams.map((stream) => newest.get(stream));
    const by = winners.at(-1);
    if (by !== undefined && !winners.includes(work)) superseded.set(work, by);
  }
  return superseded;
}

/** @param later arrived after `earlier`. */
function replaces(later: WaitingWork, earlier: WaitingWork): boolean {
  if (later.rank !== undefined && earlier.rank !== undefined && later.rank !== earlier.rank) return later.rank > earlier.rank;
  if (later.pushedAt !== undefined && earlier.pushedAt !== undefined) return later.pushedAt >= earlier.pushedAt;
  return true;
}
