import { expect } from 'chai';
import { shutDownTwice, shutDownUnderLoad } from './shutdown-run.ts';

describe('SIGTERM', () => {
  it('refuses nobody who stops sending when the service is no longer ready', async function () {
    this.timeout(60_000);
    const { answers, before, exitCode, exitMs } = await shutDownUnderLoad(500, 1_000, true);
    expect(Object.keys(answers)).to.deep.equal(['200']);
    expect(before).to.be.greaterThan(300);
    expect(exitCode).to.equal(0);
    expect(exitMs).to.be.below(10_000);
  });

  it('ends the service at once when it comes again', async function () {
    this.timeout(60_000);
    const { exitCode, exitMs } = await shutDownTwice();
    expect(exitCode).to.equal(1);
    expect(exitMs).to.be.below(1_000);
  });
});
