import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { startProgram } from '../support/program.ts';

describe('a delivery whose handling ends the process', () => {
  it('is set aside after three tries, and all others are carried out', async function () {
    this.timeout(180_000);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'poison-'));
    try {
      const file = path.join(folder, 'deliveries.db');
      for (let starts = 1; ; starts += 1) {
        const program = startProgram(path.join(import.meta.dirname, 'poison-program.ts'), [file]);
        if ((await program.ended()) !== 0) {
          // It may end while deliveries are still taken, and then it is one more start.
          expect(starts, program.output()).to.be.at.most(4);
          continue;
        }
        const line =
          program
            .output()
            .split('\n')
            .find((text) => text.startsWith('[')) ?? '[]';
        const states = Object.fromEntries(JSON.parse(line) as [string, string][]);
        const { poison, ...others } = states;
        expect(poison).to.equal('dead');
        expect(new Set(Object.values(others))).to.deep.equal(new Set(['succeeded']));
        expect(Object.keys(others)).to.have.length(40);
        return;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
