import { expect } from 'chai';
import { killRounds } from './kill-rounds.ts';

describe('kill -9 under 64 connections', () => {
  it('loses nothing that was acknowledged, and does nothing twice', async function () {
    this.timeout(300_000);
    const said: string[] = [];
    const options = { rounds: 4, targets: 8, connections: 64, lifeMs: 1_500, say: (line: string) => void said.push(line) };
    const { acknowledged, upgrades, succeeded, ...rest } = await killRounds(options);
    expect(rest, said.join('\n')).to.deep.equal({ lost: [], wrong: [], otherAnswers: [], unfinished: [] });
    expect(acknowledged).to.be.greaterThan(100);
    // An upgrade whose delivery was superseded while it was tried again was posted too, at most one for each kill and target.
    expect(upgrades)
      .to.be.at.least(1)
      .and.at.most(succeeded + options.rounds * options.targets);
  });
});
