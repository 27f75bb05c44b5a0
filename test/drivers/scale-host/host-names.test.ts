import { expect } from 'chai';
import * as fc from 'fast-check';
import { nextHostNames } from '../../../src/drivers/scale-host/host-names.ts';

/** [base, names of the group, other names in use, names for two new hosts] */
const cases: readonly (readonly [string | undefined, readonly string[], readonly string[], readonly string[]])[] = [
  ['base1.foo.com', ['base1.foo.com', 'base2', 'base3'], [], ['base4', 'base5']],
  ['web', ['web'], [], ['web2', 'web3']],
  ['web9', ['web9'], [], ['web10', 'web11']],
  ['web09', ['web09', 'web1'], [], ['web10', 'web11']],
  ['web007', ['web007', 'web7'], [], ['web008', 'web009']],
  ['web1', ['web1', 'web3', 'web2'], [], ['web4', 'web5']],
  ['web1', ['web1', 'web-db9', 'myweb8', 'web7x'], [], ['web2', 'web3']],
  ['web1', ['web1'], ['WEB2.acme.io'], ['web3', 'web4']],
  ['99999999999999999999', ['99999999999999999999'], [], ['100000000000000000000', '100000000000000000001']],
  [undefined, [], [], ['scaledhost1', 'scaledhost2']],
  [undefined, ['scaledhost4'], [], ['scaledhost5', 'scaledhost6']],
];

describe('nextHostNames', () => {
  for (const [base, group, others, expected] of cases) {
    it(`goes on from ${group.join(', ') || 'nothing'} with ${expected.join(', ')}`, () => {
      expect(nextHostNames({ base, group, taken: [...group, ...others], amount: 2 })).to.deep.equal(expected);
    });
  }

  it('never gives a name that is in use, nor one twice, and keeps the width', () => {
    const name = fc
      .tuple(fc.constantFrom('web', 'db-', 'w3b'), fc.constantFrom('', '0', '00'), fc.nat(300))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 30 }),
        fc.array(name),
        fc.integer({ min: 1, max: 20 }),
        (group, others, amount) => {
          const taken = [...group, ...others];
          const names = nextHostNames({ base: group[0], group, taken, amount });
          expect(names).to.have.lengthOf(amount);
          expect(new Set([...names, ...taken]).size).to.equal(new Set(taken).size + amount);
          const prefix = /^(.*?)\d*$/.exec(group[0] ?? '')?.[1] ?? '';
          const numbers = names.map((one) => Number(one.slice(prefix.length)));
          expect(names.every((one) => one.startsWith(prefix))).to.equal(true);
          expect(numbers).to.deep.equal(numbers.toSorted((left, right) => left - right));
        },
      ),
    );
  });
});
