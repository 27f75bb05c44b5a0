import { expect } from 'chai';
import { type OperationName, operations } from '../../src/store/deliveries/operations.ts';
import type { Doubt } from '../support/doubtful-store.ts';
import { DoubtfulWorld } from '../support/doubtful-world.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const reading: readonly string[] = [
  'events',
  'get',
  'getForReplay',
  'getTarget',
  'judgePlan',
  'list',
  'listTargets',
  'recentReceivers',
];
const writing = (Object.keys(operations) as OperationName[]).filter((name) => !reading.includes(name));
/** How many calls of an operation are tried, and how many of them with each way; all of them take a minute. */
const mostCalls = Number(process.env['DOUBTED_CALLS'] ?? 15);
const mostSlowCalls = Number(process.env['DOUBTED_CALLS'] ?? 2);

type Way = Pick<Doubt, 'committed' | 'hangsMs' | 'fails'>;

const committed: Way = { committed: true, hangsMs: 0, fails: true };
const lost: Way = { committed: false, hangsMs: 0, fails: true };
const lostLate: Way = { committed: false, hangsMs: 10_000, fails: true };
const committedLate: Way = { committed: true, hangsMs: 10_000, fails: true };
const stalled: Way = { committed: true, hangsMs: 9_000, fails: false };
const stalledForLong: Way = { committed: true, hangsMs: 20_000, fails: false };
const doneLate: Way = { committed: false, hangsMs: 20_000, fails: false };

interface Outcome {
  readonly faults: readonly string[];
  readonly calls: ReadonlyMap<OperationName, number>;
  /** Whether anything was cut off. */
  readonly interrupted: boolean;
  readonly slowestMs: number;
}

async function outcomeOf(doubt?: Doubt): Promise<Outcome> {
  const time = new VirtualTime();
  const world = new DoubtfulWorld(doubt);
  try {
    const stuck = await time.run(world.run(), 300_000).then(
      () => [],
      (thrown: unknown) => [String(thrown)],
    );
    const interrupted = (await world.list()).some(({ state }) => state === 'interrupted');
    return { faults: [...stuck, ...(await world.faults())], calls: world.calls, interrupted, slowestMs: world.slowestMs };
  } finally {
    time.end();
    await world.close();
  }
}

describe('a delivery store of which one call is not what its caller is told', function () {
  this.timeout(300_000);
  let calls: Outcome['calls'];

  before(async () => {
    calls = (await outcomeOf()).calls;
  });

  it('has all done that is to be done while there is no doubt', async () => {
    const { faults, interrupted } = await outcomeOf();
    expect(faults).to.deep.equal([]);
    expect(interrupted).to.equal(false);
    expect([...calls.keys()]).to.include.members(writing);
  });

  for (const operation of writing) {
    const tryAll = async (ways: readonly Way[], most: number): Promise<void> => {
      for (let call = 1; call <= Math.min(most, calls.get(operation) ?? 0); call += 1) {
        for (const way of ways) {
          const { faults, interrupted, slowestMs } = await outcomeOf({ operation, call, ...way });
          expect(faults, JSON.stringify({ call, ...way })).to.deep.equal([]);
          // The sender comes again after five seconds, and nothing is in its way.
          if (way === lost) expect(slowestMs, `call ${call}`).to.be.below(8_000);
          if (way === stalled) expect(interrupted, `call ${call}`).to.equal(false);
        }
      }
    };

    it(`loses nothing, holds nothing up and does nothing twice: ${operation}`, async () => {
      await tryAll([committed, lost], mostCalls);
      await tryAll([committedLate, lostLate, stalled, stalledForLong, doneLate], mostSlowCalls);
    });
  }
});
