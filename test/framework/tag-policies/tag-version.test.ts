import { expect } from 'chai';
import { array, assert, bigInt, nat, oneof, option, property, stringMatching, tuple } from 'fast-check';
import { compare, SemVer } from 'semver';
import { versionOfTag } from '../../../src/framework/tag-policies/tag-version.ts';

const rank = (tag: string): string => versionOfTag(tag)?.rank ?? `no version: ${tag}`;
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

describe('versionOfTag', () => {
  it('takes what peers take', () => {
    for (const tag of [
      '1.2.3',
      'v1.2.3',
      '1.27',
      'v1.27',
      '1.4.5-xx',
      'v1.0.1-metadata',
      '1.27-alpine',
      '2024.01.15',
      '0.0.0',
      '1.2.3+build.5',
    ])
      expect(versionOfTag(tag), tag).not.to.equal(undefined);
    for (const tag of [
      '',
      'latest',
      '3050',
      '1',
      'v1',
      '1.0.0.1',
      '1.0.0p',
      'b1.2.3',
      'V1.2.3',
      '1.x',
      '1.2.3-',
      '1.2.3-01',
      '1..2',
      ' 1.2.3',
    ])
      expect(versionOfTag(tag), tag).to.equal(undefined);
  });

  it('takes spellings of one version for the same', () => {
    for (const same of [
      ['1.27', '1.27.0', 'v1.27', '01.027.0'],
      ['1.2.3', '1.2.3+a', '1.2.3+b'],
      ['1.2-rc.1', 'v1.2.0-rc.1'],
    ])
      expect(new Set(same.map(rank))).to.have.property('size', 1);
  });

  it('orders the example of the specification', () => {
    const versions = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
    ];
    expect(versions.toReversed().toSorted((a, b) => order(rank(a), rank(b)))).to.deep.equal(versions);
  });

  const part = oneof(nat({ max: 12 }).map(String), stringMatching(/^[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,3}$/));
  const prerelease = option(array(part, { minLength: 1, maxLength: 4 }), { nil: undefined });
  const version = tuple(nat({ max: 11 }), nat({ max: 11 }), nat(), prerelease).map(
    ([major, minor, patch, parts]) => `${major}.${minor}.${patch}${parts === undefined ? '' : `-${parts.join('.')}`}`,
  );

  it('ranks as semver compares', () => {
    assert(
      property(version, version, (a, b) => {
        expect(order(rank(a), rank(b))).to.equal(compare(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it('ranks as semver compares prereleases of one version', () => {
    const parts = array(part, { minLength: 1, maxLength: 3 }).map((each) => `1.0.0-${each.join('.')}`);
    assert(
      property(parts, parts, (a, b) => {
        expect(order(rank(a), rank(b))).to.equal(compare(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it('ranks numbers exactly that no JavaScript number holds', () => {
    const digits = bigInt({ min: 0n, max: 10n ** 30n });
    assert(
      property(digits, digits, (a, b) => {
        const expected = a < b ? -1 : a > b ? 1 : 0;
        expect(order(rank(`1.0.${a}`), rank(`1.0.${b}`))).to.equal(expected);
        expect(order(rank(`1.0.0-rc.${a}`), rank(`1.0.0-rc.${b}`))).to.equal(expected);
      }),
    );
    expect(versionOfTag(`1.2.${'9'.repeat(30)}`)?.version).to.be.instanceOf(SemVer);
  });
});
