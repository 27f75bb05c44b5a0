import { expect } from 'chai';
import { versionOfTag } from '../../../src/framework/tag-policies/tag-version.ts';
import { parseVersionRange } from '../../../src/framework/tag-policies/version-range.ts';

function accepted(range: string, tags: readonly string[]): readonly string[] {
  const isInRange = parseVersionRange(range);
  return tags.filter((tag) => {
    const found = versionOfTag(tag);
    return found !== undefined && isInRange(found.version);
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

  it('refuses what is too long or too large', () => {
    expect(() => parseVersionRange(`${'1 '.repeat(130)}1`)).to.throw('longer than 256 characters');
    expect(() => parseVersionRange('>=99999999999999999999')).to.throw('is no range of versions');
  });

  it('tells the position in the whole range', () => {
    expect(() => parseVersionRange('^1 || ~x.y')).to.throw('"~x.y" at position 6');
  });
});
