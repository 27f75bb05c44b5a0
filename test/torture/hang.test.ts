import { expect } from 'chai';
import { hangRun } from './hang-run.ts';

describe('a Rancher that takes requests and answers none', () => {
  it('keeps nobody from pushing, and is asked for no more than the newest when it is back', async function () {
    this.timeout(300_000);
    const targets = 40;
    const deliveries = 2_000;
    const result = await hangRun({ deliveries, targets, connections: 64 });
    expect(result.answers).to.deep.equal({ 200: deliveries });
    expect(result.rightTargets).to.equal(targets);
    expect(result.mostWritesOfOne).to.be.at.most(2);
    expect(result.plans, 'plans for what waited').to.be.at.most(2 * targets);
    const { succeeded = 0, superseded = 0, ...others } = result.states;
    expect(others).to.deep.equal({});
    expect(succeeded + superseded).to.equal(deliveries + targets);
    expect(succeeded).to.be.at.least(2 * targets);
  });

  it('is asked for no more of pushes with many tags', async function () {
    this.timeout(300_000);
    const targets = 10;
    const tags = 20;
    const deliveries = 1_000;
    const result = await hangRun({ deliveries, targets, connections: 16, tags });
    expect(result.answers).to.deep.equal({ 200: deliveries });
    expect(result.rightTargets).to.equal(targets);
    expect(result.mostWritesOfOne).to.be.at.most(2);
    expect(result.plans, 'plans for what waited').to.be.at.most((tags + 1) * targets);
    const { succeeded = 0, superseded = 0, ...others } = result.states;
    expect(others).to.deep.equal({});
    expect(succeeded + superseded).to.equal(deliveries + targets);
  });
});
