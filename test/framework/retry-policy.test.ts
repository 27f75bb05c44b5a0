import { expect } from 'chai';
import * as fc from 'fast-check';
import { decideRetry, isUpstreamOutage, type RetryDecision, retryLimits } from '../../src/framework/deliveries/retry-policy.ts';
import { type ErrorCode, ServiceError, type ServiceErrorOptions } from '../../src/framework/errors.ts';

const away = new ServiceError('Unavailable', 'away');
const first = 1_700_000_000_000;
const { totalMs, capMs } = retryLimits;

function decide(error: Error, attempt = 1, elapsedMs = 0, random = 0.5): RetryDecision {
  return decideRetry({ error, attempt, firstAttemptAt: first, now: first + elapsedMs }, () => random);
}

function waitOf(decision: RetryDecision, elapsedMs = 0): number {
  if (!decision.retry) throw new Error(`it was given up: ${decision.message}`);
  return decision.readyAt - first - elapsedMs;
}

function deadline(): Error {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError');
}

describe('the retry policy', () => {
  it('doubles the longest wait from a second to five minutes', () => {
    const longest = [1, 2, 3, 8, 9, 10, 60, 5_000].map((attempt) => waitOf(decide(away, attempt, 0, 1)));
    expect(longest).to.deep.equal([1_000, 2_000, 4_000, 128_000, 256_000, capMs, capMs, capMs]);
  });

  it('waits any part of that', () => {
    expect([0, 0.25, 1].map((random) => waitOf(decide(away, 4, 0, random)))).to.deep.equal([0, 2_000, 8_000]);
  });

  it('makes the last attempt 24 hours after the first, and then gives up with the cause', () => {
    expect(waitOf(decide(away, 400, totalMs - 1_000, 1), totalMs - 1_000)).to.equal(1_000);
    expect(decide(away, 401, totalMs)).to.deep.equal({
      retry: false,
      message: 'away; given up after 401 attempts in 24 hours',
    });
  });

  it('gives up at once what will not pass, with the words of the cause', () => {
    const codes: readonly ErrorCode[] = [
      'NotFound',
      'Forbidden',
      'InvalidConfig',
      'BadReceiver',
      'Refused',
      'Internal',
      'Upstream',
    ];
    for (const code of codes)
      expect(decide(new ServiceError(code, `it is ${code}`))).to.deep.equal({ retry: false, message: `it is ${code}` });
    const unlike = new ServiceError('Unavailable', 'for good', { retryable: false });
    expect(decide(unlike)).to.deep.equal({ retry: false, message: 'for good' });
    expect(decide(new ServiceError('Upstream', 'for now', { retryable: true })).retry).to.equal(true);
  });

  it('comes back no sooner than it was asked to', () => {
    const busy = new ServiceError('TooManyRequests', 'busy', { retryAfterSeconds: 30 });
    expect(decide(busy, 1, 0, 0)).to.deep.equal({ retry: true, readyAt: first + 30_000, notBefore: first + 30_000 });
    expect(decide(busy, 1, 0, 0.5)).to.deep.equal({ retry: true, readyAt: first + 30_500, notBefore: first + 30_000 });
    const soon = new ServiceError('Unavailable', 'away', { retryAfterSeconds: 0 });
    expect(decide(soon, 1, 0, 0.5)).to.deep.equal({ retry: true, readyAt: first + 500, notBefore: first });
  });

  it('tries a fault of the program three times, and keeps its text to itself', () => {
    const fault = new TypeError('cannot read secret of undefined');
    expect([1, 2].map((attempt) => decide(fault, attempt).retry)).to.deep.equal([true, true]);
    expect(decide(fault, 3)).to.deep.equal({ retry: false, message: 'Internal error, after 3 attempts' });
    expect(decide(fault, 7)).to.deep.equal({ retry: false, message: 'Internal error, after 7 attempts' });
  });

  it('takes a deadline of ours for an upstream that hangs', () => {
    expect(decide(deadline(), 50).retry).to.equal(true);
    expect(decide(deadline(), 50, totalMs))
      .to.have.property('message')
      .that.includes('No answer in time');
  });

  it('keeps every promise of its limits, whatever fails when', () => {
    const options = fc.record({ retryAfterSeconds: fc.nat(200_000) }, { requiredKeys: [] });
    const inputs = [
      options,
      fc.integer({ min: 1, max: 10_000 }),
      fc.nat(totalMs + 10_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ] as const;
    fc.assert(
      fc.property(...inputs, (more: ServiceErrorOptions, attempt, elapsedMs, random) => {
        const decision = decide(new ServiceError('Unavailable', 'away', more), attempt, elapsedMs, random);
        expect(decision.retry).to.equal(elapsedMs < totalMs);
        if (!decision.retry) return;
        const { readyAt, notBefore = 0 } = decision;
        const asked = first + elapsedMs + (more.retryAfterSeconds ?? 0) * 1_000;
        expect(Number.isSafeInteger(readyAt)).to.equal(true);
        expect(readyAt).to.be.within(Math.min(asked, first + totalMs), first + totalMs);
        expect(readyAt).to.be.at.most(asked + capMs);
        expect(readyAt).to.be.at.least(notBefore);
      }),
    );
  });
});

describe('an outage of the upstream', () => {
  const outages: readonly (readonly [string, Error])[] = [
    ['no answer', away],
    ['a deadline of ours', deadline()],
    ['an answer of 503, which says when to come again', new ServiceError('Unavailable', '503', { retryAfterSeconds: 1 })],
    ['an answer of 429 that says nothing else', new ServiceError('TooManyRequests', '429')],
    ['an answer of 502 in the words of the Go service', upstream(502)],
    ['no answer in the words of the Go service', upstream(undefined)],
  ];
  for (const [name, error] of outages) it(`is ${name}`, () => expect(isUpstreamOutage(error)).to.equal(true));

  const others: readonly (readonly [string, Error])[] = [
    ['a conflict', new ServiceError('Conflict', '409')],
    ['a conflict in the words of the Go service', upstream(409)],
    ['a request to come later', new ServiceError('TooManyRequests', '429', { retryAfterSeconds: 1 })],
    ['such a request in the words of the Go service', upstream(429, 1)],
    ['a refusal', new ServiceError('Refused', '422')],
    ['a fault of ours', new TypeError('undefined is no function')],
  ];
  for (const [name, error] of others) it(`is not ${name}`, () => expect(isUpstreamOutage(error)).to.equal(false));

  function upstream(status: number | undefined, retryAfterSeconds?: number): ServiceError {
    const cause = Object.assign(new Error('from Rancher'), { status });
    return new ServiceError('Upstream', 'Error from Rancher', {
      cause,
      retryable: true,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
});
