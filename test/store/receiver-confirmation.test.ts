import { expect } from 'chai';
import * as fc from 'fast-check';
import { ServiceError } from '../../src/framework/errors.ts';
import type { Receiver } from '../../src/framework/receiver.ts';
import { RancherError } from '../../src/rancher/rancher-error.ts';
import { type Confirmation, ReceiverConfirmation } from '../../src/store/receiver-confirmation.ts';
import { activeReceiver } from '../support/active-receiver.ts';
import { thrownBy } from '../support/thrown-by.ts';

function receiver(id: string, more: Partial<Receiver> = {}): Receiver {
  return activeReceiver('a', { id, key: `key of ${id}`, ...more });
}

const away = new RancherError('unreachable', 'GET http://rancher/v1: no answer within 10 s');

describe('the confirmation of receivers', () => {
  let now: number;
  /** What Rancher has, or why it cannot be asked. */
  let rancher: Map<string, Receiver> | RancherError;
  let calls: string[];
  let confirmation: ReceiverConfirmation;

  beforeEach(() => {
    now = 0;
    calls = [];
    rancher = new Map([['1go1', receiver('1go1')]]);
    confirmation = new ReceiverConfirmation(
      (_projectId, id) => {
        calls.push(id);
        return rancher instanceof Error ? Promise.reject(rancher) : Promise.resolve(rancher.get(id));
      },
      () => now,
    );
  });

  const confirm = (id = '1go1'): Promise<Confirmation> => confirmation.confirm('1a5', id);
  const stateOf = async (id = '1go1'): Promise<string> => (await confirm(id)).state;

  function has(...receivers: readonly Receiver[]): void {
    rancher = new Map(receivers.map((one) => [one.id, one]));
  }

  it('tells of a receiver that is active, paused, removed, or at the end of its overlap', async () => {
    has(
      receiver('active', { expiresAt: Date.now() + 60_000 }),
      receiver('paused', { paused: true }),
      receiver('removed', { removed: true }),
      receiver('ended', { expiresAt: Date.now() - 1 }),
    );
    const states = await Promise.all(['active', 'paused', 'removed', 'ended', 'unknown'].map(stateOf));
    expect(states).to.deep.equal(['active', 'paused', 'removed', 'removed', 'removed']);
    expect((await confirm('paused')).receiver?.key).to.equal('key of paused');
  });

  it('asks once a second, of each receiver', async () => {
    for (now = 0; now < 3_000; now += 100) await confirm();
    expect(calls).to.have.length(3);
    await confirm('1go2');
    await confirmation.confirm('1a7', '1go1');
    expect(calls).to.have.length(5);
  });

  it('asks once for all who ask at a time', async () => {
    await Promise.all(Array.from({ length: 100 }, () => confirm()));
    expect(calls).to.have.length(1);
  });

  it('sees within a second what was changed elsewhere', async () => {
    await confirm();
    has(receiver('1go1', { paused: true }));
    now = 999;
    expect(await stateOf()).to.equal('active');
    now = 1_000;
    expect(await stateOf()).to.equal('paused');
  });

  it('sees at once what was changed here', async () => {
    await confirm();
    confirmation.confirmed(receiver('1go1', { paused: true }));
    expect(await stateOf()).to.equal('paused');
    confirmation.removed(receiver('1go1'));
    expect(await stateOf()).to.equal('removed');
    expect(calls).to.have.length(1);
  });

  it('takes what was changed here for newer than an answer that was under way', async () => {
    const late = confirm();
    confirmation.removed(receiver('1go1'));
    expect((await late).state).to.equal('removed');
    expect(await stateOf()).to.equal('removed');
  });

  it('believes the last answer for five minutes while Rancher is away', async () => {
    await confirm();
    rancher = away;
    now = 299_999;
    expect(await stateOf()).to.equal('active');
    now = 300_000;
    const thrown = await thrownBy(confirm());
    expect(thrown).to.be.instanceOf(ServiceError).with.property('retryable', true);
    expect(thrown).to.have.property('code', 'Unavailable');
    expect(thrown.message).to.equal('Rancher cannot be asked whether the receiver is still there');
    has(receiver('1go1'));
    now = 301_000;
    expect(await stateOf()).to.equal('active');
  });

  it('asks once a second while Rancher is away', async () => {
    rancher = away;
    for (now = 0; now < 3_000; now += 100) await thrownBy(confirm());
    expect(calls).to.have.length(3);
  });

  it('does not believe anything but an answer about a receiver that it never saw', async () => {
    rancher = away;
    expect(await thrownBy(confirm())).to.have.property('code', 'Unavailable');
  });

  it('passes on how long Rancher asks to be left alone', async () => {
    rancher = new RancherError('answer', 'busy', { status: 503, retryAfterSeconds: 7 });
    expect(await thrownBy(confirm())).to.have.property('retryAfterSeconds', 7);
  });

  it('has no delivery die where Rancher does not know our key, and believes nothing old either', async () => {
    await confirm();
    rancher = new RancherError('answer', 'Unauthorized', { status: 401 });
    now = 1_000;
    expect(await thrownBy(confirm())).to.include({ code: 'Unavailable', retryable: true });
  });

  for (const status of [403, 404, 422]) {
    it(`says for good what Rancher answers with ${status}: the project is gone, or closed to us`, async () => {
      await confirm();
      rancher = new RancherError('answer', 'Bad response', { status });
      now = 1_000;
      expect(await thrownBy(confirm())).to.include({ code: 'Upstream', retryable: false });
    });
  }

  it('hands on what is no failure of Rancher', async () => {
    const fault = new TypeError('undefined is no function');
    const faulty = new ReceiverConfirmation(
      () => Promise.reject(fault),
      () => now,
    );
    expect(await thrownBy(faulty.confirm('1a5', '1go1'))).to.equal(fault);
  });

  describe('of a receiver whose URL was rotated', () => {
    const old = receiver('1go1', { replacedBy: '1go2' });

    it('counts itself as long as it lives', async () => {
      has(old, receiver('1go2', { paused: true }));
      expect(await stateOf()).to.equal('active');
      expect(calls).to.deep.equal(['1go1']);
    });

    it('counts as the one that took its place once it is gone, with its own key', async () => {
      has(old, receiver('1go2'));
      await confirm();
      has(receiver('1go2', { paused: true }));
      now = 1_000;
      expect(await confirm()).to.deep.equal({ state: 'paused', receiver: old });
      rancher = new Map();
      now = 2_000;
      expect(await confirm()).to.deep.equal({ state: 'removed' });
    });

    it('counts so too where its removal was heard of here, or its time is over', async () => {
      has(receiver('1go2'));
      confirmation.removed(old);
      expect(await stateOf()).to.equal('active');
      has(receiver('1go3', { replacedBy: '1go2', expiresAt: Date.now() - 1 }), receiver('1go2'));
      expect(await stateOf('1go3')).to.equal('active');
    });

    it('follows several rotations, and ends in a circle', async () => {
      const gone = (id: string, replacedBy: string): Receiver => receiver(id, { replacedBy, removed: true });
      has(gone('1go1', '1go2'), gone('1go2', '1go3'), receiver('1go3'));
      expect(await stateOf()).to.equal('active');
      now = 1_000;
      has(gone('1go1', '1go2'), gone('1go2', '1go3'), gone('1go3', '1go1'));
      expect(await stateOf()).to.equal('removed');
    });

    it('is replaced by no receiver without end', async () => {
      has(
        ...Array.from({ length: 1_000 }, (_, index) => receiver(`1go${index}`, { removed: true, replacedBy: `1go${index + 1}` })),
      );
      expect(await stateOf('1go0')).to.equal('removed');
      expect(calls).to.have.length.below(30);
    });
  });

  describe('reads for a replay', () => {
    it('the receiver as it is now', async () => {
      await confirm();
      has(receiver('1go1', { config: { changed: true } }));
      expect((await confirmation.get('1a5', '1go1'))?.config).to.deep.equal({ changed: true });
    });

    it('the one that took its place, or none', async () => {
      confirmation.removed(receiver('1go1', { replacedBy: '1go2' }));
      has(receiver('1go2'));
      expect((await confirmation.get('1a5', '1go1'))?.id).to.equal('1go2');
      has();
      expect(await confirmation.get('1a5', '1go1')).to.equal(undefined);
    });

    it('nothing old', async () => {
      await confirm();
      rancher = away;
      expect(await thrownBy(confirmation.get('1a5', '1go1'))).to.include({ code: 'Unavailable', retryable: true });
    });
  });

  it('never says what has not been so within the last second, five minutes while Rancher is away', async () => {
    const change = fc.constantFrom('active', 'paused', 'removed');
    const step = fc.record({ wait: fc.nat(2_000), elsewhere: fc.option(change), here: fc.option(change), isAway: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let clock = 0;
        let isAway = false;
        let failedAt = Number.NEGATIVE_INFINITY;
        let current = 'active';
        const one = (): Receiver => receiver('1go1', { paused: current === 'paused' });
        /** Since when it was what; the last is what it is. */
        const history: { state: string; until: number }[] = [];
        const held = new ReceiverConfirmation(
          () => {
            if (!isAway) return Promise.resolve(current === 'removed' ? undefined : one());
            failedAt = clock;
            return Promise.reject(away);
          },
          () => clock,
        );
        const become = (state: string): void => {
          history.push({ state: current, until: clock });
          current = state;
        };
        for (const { wait, elsewhere, here, isAway: isAwayNow } of steps) {
          clock += wait;
          isAway = isAwayNow;
          if (elsewhere !== null) become(elsewhere);
          if (here !== null) {
            become(here);
            if (here === 'removed') held.removed(one());
            else held.confirmed(one());
            expect((await held.confirm('1a5', '1go1')).state).to.equal(here);
          }
          const told = await held.confirm('1a5', '1go1').catch(() => undefined);
          const mayBeOld = clock - failedAt < 1_000;
          if (told === undefined) expect(mayBeOld).to.equal(true);
          const since = clock - (mayBeOld ? 300_000 : 1_000);
          const possible = [current, ...history.filter(({ until }) => until >= since).map(({ state }) => state)];
          if (told !== undefined) expect(possible).to.include(told.state);
        }
      }),
    );
  });
});
