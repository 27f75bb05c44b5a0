/**
 * Kills the service at every stage of every request to an upstream, of every driver, and shows what becomes of each delivery:
 * `npm run torture:steps [DRIVER]`.
 */
import type { Stage } from '../support/fault-proxy.ts';
import { killAtStep } from './kill-at-steps.ts';
import { stepScenarios } from './step-scenarios.ts';
import { startStepsWorld } from './steps-world.ts';

const [wanted] = process.argv.slice(2);
const stages: readonly Stage[] = ['arrived', 'passed', 'answered'];
/** No delivery makes more requests than this. */
const mostRequests = 40;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

let wrong = 0;
let kills = 0;
for (const scenario of stepScenarios.filter(({ driver }) => wanted === undefined || driver === wanted)) {
  const world = await startStepsWorld(mostRequests * stages.length);
  let target = 0;
  say(scenario.name);
  try {
    for (let number = 1, reached = true; reached && number <= mostRequests; number += 1) {
      for (const stage of stages) {
        const killed = await killAtStep(world, scenario, ++target, (_, at) => at === number, stage);
        reached &&= killed !== undefined;
        if (killed === undefined) break;
        kills += 1;
        if (killed.faults.length > 0) wrong += 1;
        say(
          `  ${number} ${stage.padEnd(8)} ${killed.request.padEnd(70)} ${killed.state ?? 'not stored'} ${killed.faults.join('; ')}`,
        );
      }
    }
  } finally {
    await world.stop();
  }
}
say(`${kills} kills, ${wrong} deliveries wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
