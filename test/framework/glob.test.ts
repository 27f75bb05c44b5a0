import { expect } from 'chai';
import { array, assert, constantFrom, property, string } from 'fast-check';
import { compileGlob } from '../../src/framework/glob.ts';

/** Go's own table of path.Match, https://github.com/golang/go/blob/master/src/path/match_test.go */
const table: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^b-d]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['a[^a][^a][^a]b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['a?b', 'a/b', false],
  ['a*b', 'a/b', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', '-', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', 'x', true],
  ['[\\-x]', '-', true],
  ['[\\-x]', 'a', false],
  ['*x', 'xxx', true],
];

describe('compileGlob', () => {
  for (const [pattern, text, matches] of table) {
    it(`${matches ? 'matches' : 'does not match'} ${text} with ${pattern}`, () => {
      expect(compileGlob(pattern)(text)).to.equal(matches);
    });
  }

  for (const pattern of ['[]a]', '[-]', '[x-]', '[-x]', '\\', '[a-b-c]', '[', '[^', '[^bc', 'a[', 'a/b[', '[a\\']) {
    it(`refuses ${pattern} and says where`, () => {
      expect(() => compileGlob(pattern))
        .to.throw(/at position \d+/)
        .with.property('name', 'PatternError');
    });
  }

  // Without `[^…]`, which takes a `/` too: as in Go, a star before it that took less is not tried again.
  it('matches what a regular expression of the same meaning does', () => {
    const part = constantFrom(
      ['*', '[^/]*'],
      ['?', '[^/]'],
      ['[ab]', '[ab]'],
      ['\\*', '\\*'],
      ['a', 'a'],
      ['b', 'b'],
      ['/', '/'],
      ['.', '\\.'],
    );
    const text = array(constantFrom('a', 'b', 'c', '/', '*', '.', '☺'), { maxLength: 12 }).map((characters) =>
      characters.join(''),
    );
    assert(
      property(array(part, { maxLength: 8 }), text, (parts, each) => {
        const same = new RegExp(`^${parts.map(([, regex]) => regex).join('')}$`, 'u');
        expect(compileGlob(parts.map(([glob]) => glob).join(''))(each)).to.equal(same.test(each));
      }),
      { numRuns: 2000 },
    );
  });

  it('matches every text with itself and with stars around any part of it', () => {
    assert(
      property(string(), string(), string(), (before, part, after) => {
        const text = (before + part + after).replaceAll('/', '');
        const escaped = part.replaceAll('/', '').replaceAll(/[*?[\]\\]/g, '\\$&');
        expect(compileGlob(`*${escaped}*`)(text)).to.equal(true);
      }),
    );
  });
});
