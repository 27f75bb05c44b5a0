import { expect } from 'chai';
import { type Arbitrary, array, assert, constantFrom, oneof, pre, property, tuple } from 'fast-check';
import { RE2JS } from 're2js';
import { sizeOfPattern } from '../../../src/framework/tag-policies/pattern-size.ts';

const sets = ['[a-z]', '[^]x]', '[[:alpha:]]', '[\\]a(]'];
const quotes = ['\\Qa)b\\E', '\\Q(\\E', '\\Q[\\E'];

function compiledSize(pattern: string): number | undefined {
  try {
    return RE2JS.compile(pattern).programSize();
  } catch {
    return undefined;
  }
}

describe('sizeOfPattern', () => {
  it('is small for what people write', () => {
    for (const pattern of ['^main-[0-9a-f]{40}-(?P<ts>\\d+)$', '^v?\\d+\\.\\d+\\.\\d+$', '^(release|hotfix)-\\d{8}(-rc\\d*)?$'])
      expect(sizeOfPattern(pattern), pattern).to.be.below(200);
  });

  it('multiplies counts in counts', () => {
    expect(sizeOfPattern('(a{1000}){1000}')).to.be.greaterThan(1_000_000);
    expect(sizeOfPattern('((a{100}){100}){100}')).to.be.greaterThan(1_000_000);
    expect(sizeOfPattern('(abcdefghijkl){1000}'.repeat(12))).to.be.greaterThan(144_000);
    expect(sizeOfPattern('(?:x{0,1000}y){0,999}')).to.be.greaterThan(1_000_000);
    expect(sizeOfPattern('a{999999999999999999999}')).to.be.greaterThan(1_000_000);
  });

  it('is no smaller than what is compiled', () => {
    const atom = constantFrom(
      'a',
      '.',
      '\\d',
      '\\pL',
      '\\p{Greek}',
      '\\x{61}',
      '\\.',
      '^',
      '$',
      'é',
      '(?i)k',
      ...sets,
      ...quotes,
    );
    const count = constantFrom('', '', '*', '+', '?', '*?', '{3}', '{2,5}', '{4,}', '{0}', '{0,7}', '{1,30}', '{0,}');
    const sequenceOf = (part: Arbitrary<string>): Arbitrary<string> =>
      array(tuple(part, count, constantFrom('', '', '|')), { maxLength: 4 }).map((parts) => parts.flat().join(''));
    const groupOf = (sequence: Arbitrary<string>): Arbitrary<string> =>
      tuple(constantFrom('(', '(?:', '(?i:'), sequence).map(([open, inner]) => `${open}${inner})`);
    let sequence = sequenceOf(atom);
    for (let depth = 0; depth < 3; depth += 1) sequence = sequenceOf(oneof(atom, groupOf(sequence)));
    assert(
      property(sequence, (pattern) => {
        const size = sizeOfPattern(pattern);
        pre(size < 5000);
        const compiled = compiledSize(pattern);
        pre(compiled !== undefined);
        // A beginning and an end are in every program.
        expect(compiled).to.be.at.most(size + 5);
      }),
      { numRuns: 500 },
    );
  });
});
