import { expect } from 'chai';
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check';
import { compare, SemVer } from 'semver';
import { versionOfTag } from '../../../src/framework/tag-policies/tag-version.ts';
import { parseVersionRange } from '../../../src/framework/tag-policies/version-range.ts';

function accepted(range: string, tags: readonly string[]): readonly string[] {
  const parsed = parseVersionRange(range);
  return tags.filter((tag) => {
    const found = versionOfTag(tag);
    return found !== undefined && parsed.has(found.version);
  });
}

const versions = [
  '0.1.0',
  '1.0.0',
  '1.0',
  'v1.0.1',
  '1.2.0-rc.1',
  '1.2.0',
  '1.3.0',
  '1.3.1',
  '2.0.0-rc.1',
  '2.0.0',
  '3.0.0',
  '2024.01.15',
];
const tags = [...versions, 'latest', '3050'];

describe('parseVersionRange', () => {
  const ranges: readonly (readonly [string, readonly string[]])[] = [
    ['1.0.x', ['1.0.0', '1.0', 'v1.0.1']],
    ['^1.2', ['1.2.0', '1.3.0', '1.3.1']],
    ['~1.3', ['1.3.0', '1.3.1']],
    ['~>1.3', ['1.3.0', '1.3.1']],
    ['~1', ['1.0.0', '1.0', 'v1.0.1', '1.2.0', '1.3.0', '1.3.1']],
    ['=1.0.0', ['1.0.0', '1.0']],
    ['v1.2', ['1.2.0']],
    ['>=1.3 <3', ['1.3.0', '1.3.1', '2.0.0']],
    ['>=1.3,<3', ['1.3.0', '1.3.1', '2.0.0']],
    ['>= 1.3 , < 3', ['1.3.0', '1.3.1', '2.0.0']],
    ['=>1.3, =<2', ['1.3.0', '1.3.1', '2.0.0']],
    ['>0,<1.2', ['1.0.0', '1.0', 'v1.0.1']],
    ['1.2 - 1.3', ['1.2.0', '1.3.0', '1.3.1']],
    ['>=1.2, <2, !=1.3.0', ['1.2.0', '1.3.1']],
    ['^1.2, !=1.3.x', ['1.2.0']],
    ['~1.0 || ^3', ['1.0.0', '1.0', 'v1.0.1', '3.0.0']],
    ['^2024.01', ['2024.01.15']],
    ['*', ['0.1.0', '1.0.0', '1.0', 'v1.0.1', '1.2.0', '1.3.0', '1.3.1', '2.0.0', '3.0.0', '2024.01.15']],
    // A prerelease is in the range only where one is named there, and then in all of that part.
    ['>=1.2.0-0 <2', ['1.2.0-rc.1', '1.2.0', '1.3.0', '1.3.1']],
    ['^1.2-0', ['1.2.0-rc.1', '1.2.0', '1.3.0', '1.3.1']],
    ['~1.2-0', ['1.2.0-rc.1', '1.2.0']],
    ['>=1.3-0', ['1.3.0', '1.3.1', '2.0.0-rc.1', '2.0.0', '3.0.0', '2024.01.15']],
    ['*-0', versions],
    ['2.0.0-rc.1', ['2.0.0-rc.1']],
    ['^1.3 || 2.0.0-0 - 2.0.0', ['1.3.0', '1.3.1', '2.0.0-rc.1', '2.0.0']],
    // Behind a version that is not whole it says where the range begins, which is as wide as without.
    ['^0-0', ['0.1.0']],
    ['1.2-rc.1', ['1.2.0-rc.1', '1.2.0']],
    ['1.2-rc.2', ['1.2.0']],
    ['>1.2-0', ['1.3.0', '1.3.1', '2.0.0-rc.1', '2.0.0', '3.0.0', '2024.01.15']],
    ['<=1.2-0', ['0.1.0', '1.0.0', '1.0', 'v1.0.1', '1.2.0-rc.1', '1.2.0']],
    ['1.0 - 1.2-0', ['1.0.0', '1.0', 'v1.0.1', '1.2.0-rc.1', '1.2.0']],
    ['^1.2-0, !=1.2-rc.1', ['1.2.0', '1.3.0', '1.3.1']],
    ['^1-0, !=1.2-rc.2, !=1.3', ['1.0.0', '1.0', 'v1.0.1', '1.2.0-rc.1', '1.2.0']],
    // Nothing begins before its own bound because another one names a prerelease.
    ['>=1.2, <2.0.0-0', ['1.2.0', '1.3.0', '1.3.1']],
    ['^1.2 !=3-0', ['1.2.0', '1.3.0', '1.3.1']],
    // `<2` keeps prereleases of 2.0.0 out, which come before 2.0.0 itself.
    ['>=1.3-0 <2', ['1.3.0', '1.3.1']],
    ['>=1.3-0 <2.0.0', ['1.3.0', '1.3.1', '2.0.0-rc.1']],
    // What stands behind a placeholder is one too.
    ['1.x.1', ['1.0.0', '1.0', 'v1.0.1', '1.2.0', '1.3.0', '1.3.1']],
    ['x.1', versions.filter((each) => !each.includes('-'))],
    ['^*.1', versions.filter((each) => !each.includes('-'))],
  ];
  for (const [range, expected] of ranges) {
    it(`reads ${range}`, () => expect(accepted(range, tags)).to.deep.equal(expected));
  }

  // The table of Flux, internal/policy/semver_test.go, and what else is none.
  for (const range of [
    '1.0.0p',
    '1x',
    'x1',
    '-1',
    'a',
    '',
    ' ',
    'latest',
    '^',
    '1 ||',
    '|| 1',
    '1,,2',
    '1.2.3.4',
    '>=>1',
    '1 < ',
    'ünf',
  ]) {
    it(`refuses "${range}" and says where`, () => {
      expect(() => parseVersionRange(range))
        .to.throw(/at position \d+/)
        .with.property('name', 'PatternError');
    });
  }

  it('tells whether a prerelease is missing because none is named', () => {
    const release = new SemVer('1.3.0');
    expect(parseVersionRange('^1.2').hasOnlyReleaseOf(release)).to.equal(true);
    expect(parseVersionRange('^1.3-rc.2').hasOnlyReleaseOf(release)).to.equal(false);
    expect(parseVersionRange('^1.3-rc.2 || 1.3.x').hasOnlyReleaseOf(release)).to.equal(true);
    expect(parseVersionRange('^2').hasOnlyReleaseOf(release)).to.equal(false);
  });

  it('refuses what is too long or too large', () => {
    expect(() => parseVersionRange(`${'1 '.repeat(130)}1`)).to.throw('longer than 256 characters');
    expect(() => parseVersionRange('>=99999999999999999999')).to.throw('is no range of versions');
  });

  const partial = tuple(constantFrom('', '=', '^', '~', '>='), array(nat({ max: 2 }), { minLength: 1, maxLength: 2 }));
  const version = tuple(nat({ max: 3 }), nat({ max: 3 }), nat({ max: 2 }), constantFrom('', '-0', '-alpha', '-rc.1', '-rc.2'));

  it('begins at the prerelease that it names, and ends where it would without', () => {
    assert(
      property(partial, version, constantFrom('alpha', 'rc.1', 'rc.2'), ([operator, parts], [x, y, z, suffix], prerelease) => {
        const tag = `${x}.${y}.${z}${suffix}`;
        const range = operator + parts.join('.');
        const first = `${[...parts, 0, 0].slice(0, 3).join('.')}-${prerelease}`;
        const expected = accepted(`${range}-0`, [tag]).length === 1 && compare(tag, first) >= 0;
        expect(accepted(`${range}-${prerelease}`, [tag])).to.deep.equal(expected ? [tag] : []);
      }),
      { numRuns: 1000 },
    );
  });

  it('tells the position in the whole range', () => {
    expect(() => parseVersionRange('^1 || ~x.y')).to.throw('"~x.y" at position 6');
  });
});
