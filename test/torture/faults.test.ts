import { expect } from 'chai';
import { type Toxiproxy, useToxiproxy } from '../support/toxiproxy.ts';
import type { Fault } from './fault.ts';
import { httpFaultMatrix, MissingProgramError, prepareHttpFaults } from './http-fault-matrix.ts';
import { judgeFault } from './judge-fault.ts';
import type { FaultRun } from './run-fault.ts';
import { runSideBySide } from './run-side-by-side.ts';
import { toxicFaults } from './toxic-faults.ts';
import { skipOutsideCi } from '../support/skip.ts';

/** Each of the others is like one of these; faults.ts goes through all of them, for longer. */
const left =
  /^(?:bandwidth downstream|500|502|504|400|422|429 by a date)$|^(?:502|503|504|400|401|404|409|429 in .*|429 without .*) to writes$/;
const atOnce = 12;

describe('every driver does what it was asked to after the heal of', function () {
  this.timeout(300_000);

  describe('a connection with', () => {
    let toxiproxy: Toxiproxy | undefined;
    const faults = toxicFaults(() => toxiproxy as Toxiproxy);
    const runs = itEndsWell(faults);
    before(async function () {
      toxiproxy = await useToxiproxy(this);
      runs.start();
    });
    after(() => toxiproxy?.stop());
  });

  describe('an upstream with', () => {
    let undo = (): void => undefined;
    const runs = itEndsWell(httpFaultMatrix);
    before(async () => {
      undo = await prepareHttpFaults();
      runs.start();
    });
    after(() => undo());
  });
});

/** A test for each fault; they run side by side, since most of their time is waiting. */
function itEndsWell(all: readonly Fault[]): { start(): void } {
  const faults = all.filter(({ name }) => !left.test(name));
  let runs: Promise<FaultRun>[] = [];
  for (const [index, { name }] of faults.entries()) {
    it(name, async function () {
      try {
        const run = await runs[index];
        expect(run && judgeFault(run)).to.deep.equal([]);
      } catch (thrown) {
        if (!(thrown instanceof MissingProgramError)) throw thrown;
        skipOutsideCi(this, thrown.message);
      }
    });
  }
  return {
    start() {
      runs = runSideBySide(faults, atOnce, ({ retryAfterMs = 0 }) => ({
        targets: 1,
        lastsMs: Math.max(1_500, retryAfterMs + 1_000),
        healMs: 60_000,
      }));
    },
  };
}
