import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { sameJson } from '../../../../src/emulators/kubernetes/objects/same-json.ts';

describe('sameJson', () => {
  const value = fc.jsonValue({ maxDepth: 3 }).map((each): unknown => JSON.parse(JSON.stringify(each)));

  it('finds any value the same as its copy', () => {
    fc.assert(fc.property(value, (each) => sameJson(each, structuredClone(each))));
  });

  it('tells any two values apart that differ', () => {
    fc.assert(fc.property(value, value, (a, b) => sameJson(a, b) === isDeepStrictEqual(a, b)));
    const map = fc.dictionary(fc.string(), value);
    fc.assert(
      fc.property(map, fc.string(), value, (before, name, added) => {
        const after = { ...before, [name]: added };
        return sameJson(before, after) === isDeepStrictEqual(before, after);
      }),
    );
  });

  for (const [a, b, same] of [
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: null }, {}, false],
    [{}, { a: null }, false],
    [[], {}, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [{ a: '1' }, { a: 1 }, false],
    [{ toString: undefined }, {}, true],
  ] as const)
    it(`${same ? 'does not tell' : 'tells'} ${JSON.stringify(a)} from ${JSON.stringify(b)}`, () => {
      expect(sameJson(a, b)).to.equal(same);
    });
});
