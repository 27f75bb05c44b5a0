/**
 * The whole matrix of faults and drivers, for longer than the test of the same name: every fault lasts past the deadlines, and
 * each driver has several targets. Prints a line for each fault and driver, and ends with 1 if anything is not as it has to be.
 *
 * Usage: faults.ts [TARGETS] [NAME]; TARGETS (default 10) inline deliveries and twice as many queued ones for each cell, NAME a
 * regular expression for the names of the faults.
 */
import { startToxiproxy } from '../support/toxiproxy.ts';
import { describeCells } from './describe-cells.ts';
import { httpFaultMatrix, prepareHttpFaults } from './http-fault-matrix.ts';
import { judgeFault } from './judge-fault.ts';
import { runSideBySide } from './run-side-by-side.ts';
import { toxicFaults } from './toxic-faults.ts';

const [targets = '10', wanted = ''] = process.argv.slice(2);
const toxiproxy = await startToxiproxy();
const undo = await prepareHttpFaults();
try {
  const faults = [...toxicFaults(() => toxiproxy), ...httpFaultMatrix].filter(({ name }) => new RegExp(wanted).test(name));
  const runs = runSideBySide(faults, 4, ({ status }) => ({
    targets: Number(targets),
    lastsMs: 15_000,
    // Nothing says that conflicts are over: each waits its own time, and after 15 s that may be two minutes.
    healMs: status === 409 ? 250_000 : 60_000,
  }));
  let deliveries = 0;
  let problems = 0;
  for (const promised of runs) {
    const run = await promised;
    const found = judgeFault(run);
    deliveries += run.deliveries.length + run.replays.length;
    problems += found.length;
    console.log([...describeCells(run), ...found.map((text) => `  WRONG ${text}`)].join('\n'));
  }
  console.log(`${faults.length} faults, ${faults.length * 5} cells, ${deliveries} deliveries, ${problems} wrong`);
  process.exitCode = problems === 0 ? 0 : 1;
} finally {
  undo();
  await toxiproxy.stop();
}
