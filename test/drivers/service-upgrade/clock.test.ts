import { expect } from 'chai';
import { systemClock } from '../../../src/drivers/service-upgrade/clock.ts';

describe('systemClock', () => {
  it('waits, and time passes', async () => {
    const before = systemClock.now();
    await systemClock.wait(20, new AbortController().signal);
    expect(systemClock.now() - before).to.be.greaterThan(15);
  });

  it("ends a wait with the signal's reason", async () => {
    const stop = new AbortController();
    const reason = new Error('stopping');
    setTimeout(() => stop.abort(reason), 5);
    let thrown: unknown;
    await systemClock.wait(60_000, stop.signal).catch((error: unknown) => (thrown = error));
    expect(thrown).to.equal(reason);
  });
});
