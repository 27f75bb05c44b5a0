import { expect } from 'chai';
import { killAtStep } from './kill-at-steps.ts';
import { stepScenarios } from './step-scenarios.ts';
import { startStepsWorld, type StepsWorld } from './steps-world.ts';

/** Each step of each driver is played by `npm run torture:steps`. */
describe('kill -9 after an upstream took a write and before it answered', () => {
  let world: StepsWorld;

  before(async () => {
    world = await startStepsWorld(stepScenarios.length);
  });

  after(async () => {
    await world.stop();
  });

  for (const [index, scenario] of stepScenarios.entries()) {
    it(`repeats and loses nothing of a ${scenario.name}`, async function () {
      this.timeout(180_000);
      const killed = await killAtStep(world, scenario, index + 1, (request) => scenario.isWrite(request), 'passed');
      expect(killed?.faults, killed?.request).to.deep.equal([]);
      expect(killed?.state).to.equal(scenario.inline ? 'interrupted' : scenario.end);
    });
  }
});
