import { expect } from 'chai';
import { shutDownTwice, shutDownUnderLoad } from './shutdown-run.ts';

describe('SIGTERM', () => {
  it('refuses nobody who stops sending when the service is no longer ready', async function () {
    this.timeout(180_000);
    const { answers, exitCode, exitMs } = await shutDownUnderLoad(500, 300, true);
    expect(Object.keys(answers)).to.deep.equal(['200']);
    expect(exitCode).to.equal(0);
    expect(exitMs).to.be.below(10_000);
  });

  it('ends the service at once when it comes again', async function () {
    this.timeout(180_000);
    const { exitCode, exitMs } = await shutDownTwice();
    expect(exitCode).to.equal(1);
    expect(exitMs).to.be.below(1_000);
  });
});
