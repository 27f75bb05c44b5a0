import { expect } from 'chai';
import * as fc from 'fast-check';
import { maxFollowing, maxUnderWay, UpstreamLimits } from '../../src/framework/deliveries/upstream-limits.ts';
import type { AttemptOutcome } from '../../src/framework/deliveries/work-runner.ts';
import { ServiceError } from '../../src/framework/errors.ts';

const outage: AttemptOutcome = { kind: 'failed', error: new ServiceError('Unavailable', 'away') };
const refused: AttemptOutcome = { kind: 'failed', error: new ServiceError('Refused', 'no') };
const answered: AttemptOutcome = { kind: 'answered' };
const none: AttemptOutcome = { kind: 'none' };

describe('the limits of an upstream', () => {
  let limits: UpstreamLimits;

  beforeEach(() => (limits = new UpstreamLimits()));

  function start(count: number, now = 0, upstream = 'a'): void {
    for (let time = 0; time < count; time += 1) limits.started(upstream, now);
  }

  function end(outcome: AttemptOutcome, count = 1, now = 0, upstream = 'a'): boolean[] {
    return Array.from({ length: count }, () => limits.ended(upstream, outcome, now));
  }

  it('leave free what nothing is known of', () => {
    expect(limits.allowances(0)).to.deep.equal({});
    expect(limits.nextProbeInMs(0)).to.equal(undefined);
  });

  it('let so much be under way at a time, in each upstream', () => {
    start(maxUnderWay - 1);
    start(1, 0, 'b');
    expect(limits.allowances(0)).to.deep.equal({ a: 1, b: maxUnderWay - 1 });
    start(1);
    expect(limits.allowances(0)['a']).to.equal(0);
    end(answered, 2);
    expect(limits.allowances(0)['a']).to.equal(2);
  });

  it('give the place of what only follows to others, as long as there are not too many of those', () => {
    start(maxUnderWay);
    limits.followed('a');
    expect(limits.allowances(0)['a']).to.equal(1);
    for (let left = maxFollowing - 1; left > 0; left -= 1) {
      start(1);
      limits.followed('a');
    }
    expect(limits.allowances(0)['a']).to.equal(1);
    start(1);
    limits.followed('a');
    // Those that are under way will follow, too.
    expect(limits.allowances(0)['a']).to.equal(0);
    expect(limits.ended('a', answered, 0, true)).to.equal(false);
    expect(limits.allowances(0)['a']).to.equal(1);
  });

  it('take an upstream of which something is only followed for one that is tried', () => {
    start(6);
    limits.followed('a');
    end(outage, 5);
    expect(limits.quiet(15_000)).to.deep.equal([]);
    expect(limits.allowances(600_001)).to.have.property('a');
    expect(limits.ended('a', answered, 600_001, true)).to.equal(true);
    expect(limits.allowances(600_001)).to.deep.equal({});
  });

  it('let one probe a second go to an upstream that is away, and nothing else suffers', () => {
    start(5);
    start(1, 0, 'b');
    end(outage, 5, 100);
    expect(limits.allowances(100)).to.deep.equal({ a: 0, b: maxUnderWay - 1 });
    expect(limits.nextProbeInMs(100)).to.equal(1_000);
    expect(limits.allowances(1_100)['a']).to.equal(1);
    start(1, 1_100);
    expect(limits.allowances(1_100)['a']).to.equal(0);
    expect(limits.nextProbeInMs(1_200)).to.equal(900);
  });

  it('name an upstream that is away and that nobody tries, once every 15 s', () => {
    start(6);
    end(outage, 5);
    expect(limits.quiet(15_000), 'with one under way').to.deep.equal([]);
    end(outage, 1, 1_000);
    expect([15_999, 16_000, 30_999, 31_000].map((now) => limits.quiet(now))).to.deep.equal([[], ['a'], [], ['a']]);
    start(1, 40_000);
    end(outage, 1, 41_000);
    expect([46_000, 56_000].map((now) => limits.quiet(now))).to.deep.equal([[], ['a']]);
    start(1, 57_000);
    end(answered, 1, 57_000);
    expect(limits.quiet(90_000)).to.deep.equal([]);
  });

  it('tell when the upstream is back, once', () => {
    start(8);
    expect(end(outage, 6)).to.not.include(true);
    expect(end(answered, 2)).to.deep.equal([true, false]);
    expect(limits.allowances(0)).to.deep.equal({});
  });

  for (const [name, outcome] of Object.entries({ 'a refusal': refused, 'nothing tried': none })) {
    it(`take ${name} neither for an outage nor for an answer`, () => {
      start(20);
      end(outage, 4);
      end(outcome, 8);
      expect(limits.nextProbeInMs(0)).to.equal(undefined);
      end(outage);
      expect(limits.nextProbeInMs(0)).to.equal(1_000);
      expect(end(outcome)).to.deep.equal([false]);
      expect(limits.nextProbeInMs(0)).to.equal(1_000);
    });
  }

  it('do not have a probe asked for again and again that there is no work for', () => {
    start(5);
    end(outage, 5);
    expect(limits.allowances(999)['a']).to.equal(0);
    // It became due after the allowances were asked for: they are to be asked for again.
    expect(limits.nextProbeInMs(1_003)).to.equal(0);
    expect(limits.allowances(1_003)['a']).to.equal(1);
    expect(limits.nextProbeInMs(1_003)).to.equal(undefined);
  });

  it('do not promise a probe while too much is under way', () => {
    start(maxUnderWay + 5);
    end(outage, 5);
    limits.allowances(0);
    expect(limits.nextProbeInMs(0)).to.equal(undefined);
    end(none);
    expect(limits.nextProbeInMs(0)).to.equal(1_000);
  });

  it('forget upstreams that nobody uses, and those that are away after a while', () => {
    for (let index = 0; index < 1_000; index += 1) {
      start(1, 0, `made up ${index}`);
      end(index % 2 === 0 ? answered : outage, 1, 0, `made up ${index}`);
    }
    expect(Object.keys(limits.allowances(0))).to.have.length(500);
    expect(Object.keys(limits.allowances(600_000))).to.have.length(500);
    expect(limits.allowances(600_001)).to.deep.equal({});
  });

  it('take upstreams of any name', () => {
    const names = ['__proto__', 'constructor', 'toString', ''];
    for (const name of names) start(1, 0, name);
    expect(Object.keys(limits.allowances(0))).to.have.members(names);
  });

  it('never let more than the limit go, nor more than one a second to an upstream that is away', () => {
    const step = fc.record({
      wait: fc.nat(700),
      outcome: fc.constantFrom(outage, outage, outage, refused, none, answered),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), fc.integer({ min: 1, max: 64 }), (steps, wanted) => {
        const held = new UpstreamLimits();
        let [now, underWay, inARow, probedAt] = [0, 0, 0, Number.NEGATIVE_INFINITY];
        for (const { wait, outcome } of steps) {
          now += wait;
          const allowed = Math.min(wanted, held.allowances(now)['a'] ?? wanted);
          if (inARow >= 5 && allowed > 0) {
            expect(allowed).to.equal(1);
            expect(now - probedAt).to.be.at.least(1_000);
            probedAt = now;
          }
          for (let index = 0; index < allowed; index += 1) held.started('a', now);
          underWay += allowed;
          expect(underWay).to.be.at.most(maxUnderWay);
          if (underWay === 0) continue;
          underWay -= 1;
          const closed = held.ended('a', outcome, now);
          expect(closed).to.equal(outcome === answered && inARow >= 5);
          if (outcome === answered) [inARow, probedAt] = [0, Number.NEGATIVE_INFINITY];
          if (outcome === outage) inARow += 1;
          if (outcome === outage && inARow === 5) probedAt = now;
        }
      }),
    );
  });
});
