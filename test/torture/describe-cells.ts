import type { FaultedDelivery, FaultRun } from './run-fault.ts';

/** One line for each driver: what was answered and after how long, how it ended, and how long after the heal. */
export function describeCells({ fault, deliveries, replays }: FaultRun): string[] {
  const drivers = [...new Set(deliveries.map(({ receiver }) => receiver.driver))];
  return drivers.map((driver) => {
    const cell = deliveries.filter(({ receiver }) => receiver.driver === driver);
    const replayed = replays.filter(({ receiver }) => receiver.driver === driver);
    const columns = [
      fault.name.padEnd(28),
      driver.padEnd(16),
      `answered ${counts(cell, ({ status }) => String(status))} within ${greatest(cell, ({ answeredMs }) => answeredMs)} ms`.padEnd(
        40,
      ),
      `ended ${counts(cell, ({ state }) => state)}`.padEnd(36),
      `at most ${greatest(cell, ({ postponed }) => postponed + 1)} attempts`,
      `${greatest(cell, ({ endedMs }) => endedMs)} ms after the heal`,
      ...(replayed.length > 0 ? [`replayed ${counts(replayed, ({ state }) => state)}`] : []),
    ];
    return columns.join(' | ');
  });
}

function counts<T>(items: readonly T[], nameOf: (item: T) => string): string {
  return Object.entries(Object.groupBy(items, nameOf))
    .map(([name, found = []]) => `${found.length} ${name}`)
    .join(', ');
}

function greatest(cell: readonly FaultedDelivery[], figure: (delivery: FaultedDelivery) => number): number {
  return Math.round(Math.max(...cell.map(figure)));
}
