import { expect } from 'chai';
import * as fc from 'fast-check';
import { CircuitBreaker, outagesToOpen } from '../../src/framework/deliveries/circuit-breaker.ts';

function opened(now = 0): CircuitBreaker {
  const breaker = new CircuitBreaker();
  for (let time = 0; time < outagesToOpen; time += 1) breaker.failed(now);
  return breaker;
}

describe('the circuit breaker', () => {
  it('lets everything go until five outages in a row', () => {
    const breaker = new CircuitBreaker();
    for (let time = 1; time < 5; time += 1) breaker.failed(time);
    expect([breaker.isOpen, breaker.allowance(10), breaker.nextProbeAt]).to.deep.equal([false, Infinity, undefined]);
    breaker.failed(10);
    expect([breaker.isOpen, breaker.allowance(10), breaker.nextProbeAt]).to.deep.equal([true, 0, 1_010]);
  });

  it('forgets outages at a success', () => {
    const breaker = new CircuitBreaker();
    for (let time = 0; time < 4; time += 1) breaker.failed(time);
    expect(breaker.isFaultless).to.equal(false);
    expect([breaker.succeeded(), breaker.isFaultless]).to.deep.equal([false, true]);
    for (let time = 0; time < 4; time += 1) breaker.failed(time);
    expect(breaker.isOpen).to.equal(false);
  });

  it('lets one probe go a second, also while the one before hangs', () => {
    const breaker = opened();
    expect([999, 1_000].map((now) => breaker.allowance(now))).to.deep.equal([0, 1]);
    breaker.started(1_300);
    expect([1_300, 2_299, 2_300].map((now) => breaker.allowance(now))).to.deep.equal([0, 0, 1]);
  });

  it('is not put off by what fails late', () => {
    const breaker = opened();
    breaker.failed(900);
    expect(breaker.nextProbeAt).to.equal(1_000);
  });

  it('is closed by the first success, and says so once', () => {
    const breaker = opened();
    expect([breaker.succeeded(), breaker.succeeded(), breaker.allowance(1)]).to.deep.equal([true, false, Infinity]);
  });

  it('never lets two go within a second while it is open, and any success closes it', () => {
    const event = fc.record({ wait: fc.nat(1_500), kind: fc.constantFrom('try', 'try', 'failed', 'failed', 'succeeded') });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const breaker = new CircuitBreaker();
        let now = 0;
        let openedAt = 0;
        let probedAt = Number.NEGATIVE_INFINITY;
        for (const { wait, kind } of events) {
          now += wait;
          if (kind === 'succeeded') {
            expect(breaker.succeeded()).to.equal(openedAt > 0);
            expect([breaker.isOpen, breaker.allowance(now)]).to.deep.equal([false, Infinity]);
            openedAt = 0;
            probedAt = Number.NEGATIVE_INFINITY;
          } else if (kind === 'failed') {
            const wasOpen = breaker.isOpen;
            breaker.failed(now);
            if (breaker.isOpen && !wasOpen) openedAt = now + 1;
          } else if (breaker.allowance(now) > 0) {
            if (breaker.isOpen) {
              expect(now - Math.max(probedAt, openedAt - 1)).to.be.at.least(1_000);
              probedAt = now;
            }
            breaker.started(now);
          }
          if (breaker.isOpen) expect(breaker.allowance(now + 1_000)).to.equal(1);
        }
      }),
    );
  });
});
