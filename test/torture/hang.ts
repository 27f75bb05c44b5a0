/**
 * Sends pushes while Rancher hangs, lets it heal, and prints what was done and how long it took:
 * `npm run torture:hang [DELIVERIES] [TARGETS] [TAGS]`.
 */
import { hangRun } from './hang-run.ts';

const [deliveries = 100_000, targets = 1_000, tags = 1] = process.argv.slice(2).map(Number);
const result = await hangRun({ deliveries, targets, connections: 64, tags, compiled: true });
process.stdout.write(
  `${deliveries} deliveries for ${targets} targets, of ${tags} tags\n${JSON.stringify(result, undefined, 2)}\n`,
);
process.exitCode = result.rightTargets === targets && result.mostWritesOfOne <= 2 ? 0 : 1;
