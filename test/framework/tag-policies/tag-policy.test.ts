import { expect } from 'chai';
import { createTagPolicy, type TagPolicyOptions } from '../../../src/framework/tag-policies/tag-policy.ts';

/** Whether a push of the tag replaces the one that runs. */
function replaces(options: TagPolicyOptions, current: string, candidate: string): boolean {
  const policy = createTagPolicy(options);
  return policy.reasonToIgnore(candidate) === undefined && policy.reasonNotToReplace(current, candidate) === undefined;
}

function accepted(options: TagPolicyOptions, tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => createTagPolicy(options).reasonToIgnore(tag) === undefined);
}

describe('createTagPolicy', () => {
  it('takes any tag without one, and that one with it', () => {
    expect(accepted({}, ['1', 'latest'])).to.deep.equal(['1', 'latest']);
    expect(accepted({ tag: 'latest' }, ['1', 'latest', 'latest2'])).to.deep.equal(['latest']);
    expect(createTagPolicy({ tag: '3' }).reasonToIgnore('2')).to.equal('tag 2 is not 3');
    expect(createTagPolicy({}).rank('1.2.3')).to.equal(undefined);
  });

  const faults: readonly (readonly [TagPolicyOptions, field: string, text: string])[] = [
    [{ policy: 'newest' }, 'tagPolicy', 'Invalid tagPolicy "newest", must be one of exact, any, glob, semver, regex'],
    [{ policy: 'exact' }, 'tag', 'tagPolicy exact needs a tag, such as 1.2.3'],
    [{ policy: 'semver' }, 'tag', 'tagPolicy semver needs a tag, such as ^1.2'],
    [{ policy: 'regex' }, 'tag', 'tagPolicy regex needs a tag, such as ^build-(\\d+)$'],
    [{ policy: 'any', tag: '1' }, 'tag', 'tag is of no use to tagPolicy any'],
    [{ tag: 'a b' }, 'tag', 'Invalid tag "a b"'],
    [{ policy: 'semver', tag: '^1.y' }, 'tag', 'Invalid tag "^1.y" for tagPolicy semver: "^1.y" at position 1 is no version'],
    [{ policy: 'glob', tag: 'a[' }, 'tag', 'Invalid tag "a[" for tagPolicy glob: "[" at position 2 has no "]"'],
    [{ policy: 'glob', tag: '' }, 'tag', 'it is empty'],
    [
      { policy: 'glob', tag: 'v{1,2}.*' },
      'tag',
      'tagPolicy glob: "{" at position 2 is in no tag; there are *, ?, [a-z] and [^a-z]',
    ],
    [{ policy: 'glob', tag: '[!0-9]*' }, 'tag', '"!" at position 2 is in no tag'],
    [{ policy: 'glob', tag: 'acme/web:*' }, 'tag', '"/" at position 5 is in no tag'],
    [{ policy: 'glob', tag: 'a'.repeat(257) }, 'tag', 'it is longer than 256 characters'],
    [{ policy: 'regex', tag: '' }, 'tag', 'it is empty'],
    [{ policy: 'regex', tag: 'a[b' }, 'tag', 'missing closing ] in "[b" at position 2'],
    [{ policy: 'regex', tag: 'ab**' }, 'tag', 'invalid nested repetition operator in "**" at position 3'],
    [{ policy: 'regex', tag: '(?=a)' }, 'tag', 'in "(?=" at position 1'],
    [{ policy: 'regex', tag: 'a'.repeat(257) }, 'tag', 'it is longer than 256 characters'],
    [{ policy: 'regex', tag: 'a', order: 'up' }, 'tagOrder', 'Invalid tagOrder "up", must be one of asc, desc, numerical'],
    [{ policy: 'semver', tag: '1', order: 'asc' }, 'tagOrder', 'tagOrder is of no use to tagPolicy semver'],
  ];
  for (const [options, fieldName, text] of faults) {
    it(`refuses ${JSON.stringify(options).slice(0, 60)}`, () => {
      expect(() => createTagPolicy(options))
        .to.throw(text)
        .with.include({ code: 'InvalidConfig', fieldName });
    });
  }

  it('refuses what would take long before it is compiled', () => {
    for (const tag of [
      '(a{1000}){1000}',
      '((a{100}){100}){100}',
      '(abcdefghijkl){1000}'.repeat(12),
      'a{1000}',
      '(?:x{0,999}y){0,999}',
    ]) {
      expect(() => createTagPolicy({ policy: 'regex', tag }), tag).to.throw(/it is too large: about \d+ steps, 500 are the most/);
    }
  });

  it('looks at no text that is no tag, however the expression is', () => {
    for (const tag of ['(a*)*b', '(a|aa)+$', '(.*)(.*)(.*)(.*)x', '(?:a?){40}a{40}']) {
      const policy = createTagPolicy({ policy: 'regex', tag });
      const long = 'a'.repeat(5000);
      expect(policy.reasonToIgnore(long)).to.equal(`"${'a'.repeat(80)}…" is not a valid tag`);
      expect(policy.rank(long)).to.equal(undefined);
    }
  });
});

describe('the policy glob', () => {
  it('matches as path.Match does', () => {
    const tags = ['build-1', 'build-', 'rebuild-1', 'build-1.2', 'tag1', 'tag10'];
    expect(accepted({ policy: 'glob', tag: 'build-*' }, tags)).to.deep.equal(['build-1', 'build-', 'build-1.2']);
    expect(accepted({ policy: 'glob', tag: 'tag?' }, tags)).to.deep.equal(['tag1']);
  });

  it('lets the last push win, unless there is an order', () => {
    // The table of Keel, internal/policy/glob_test.go, is that of an alphabetical order.
    const glob = { policy: 'glob', tag: 'latest.*' };
    expect(replaces(glob, 'latest.20251321', 'latest.20241321')).to.equal(true);
    expect(replaces({ ...glob, order: 'alphabetical' }, 'latest.20251321', 'latest.20241321')).to.equal(false);
    expect(replaces({ ...glob, order: 'alphabetical' }, 'latest.20241321', 'latest.20251321')).to.equal(true);
    expect(replaces({ policy: 'glob', tag: 'latest' }, 'latest', 'earliest')).to.equal(false);
    expect(accepted({ policy: 'glob', tag: '*', order: 'numerical' }, ['7', 'seven'])).to.deep.equal(['7']);
  });
});

describe('the policy semver', () => {
  // Each row of Keel, internal/policy/semver_test.go, with the range that its policy stands for.
  const rows: readonly (readonly [range: string, current: string, candidate: string, replaced: boolean])[] = [
    ['*', '1.4.5', '1.4.3', false],
    ['*', '1.4.5', '1.4.6', true],
    ['*', '1.4', '1.5', true],
    ['*', '1.4.5', '2.4.5', true],
    ['~1.4', '1.4.5', '1.4.6', true],
    ['~1.4', '1.4', '1.4.6', true],
    ['~1.4', '1.4', '1.5.6', false],
    ['~1.4', '1.4.5', '1.4.4', false],
    ['~1.4', '1.4.5', '2.4.6', false],
    ['^1', '1.4.5', '1.5.5', true],
    ['^1', '1.4.5', '1.4.5-xx', false],
    ['^1', 'v1.0.0', 'v1.0.1-metadata', false],
    ['^1-0', 'v1.0.0-metadata', 'v1.0.1-metadata', true],
    ['^1-0', '1.4.5-xx', '1.4.6-xx', true],
    ['*-0', '1.4.5-xx', '1.4.5-yy', true],
    ['*-0', '1.4.5-yy', '1.4.5-xx', false],
    ['*', '1.4.5', '3050', false],
    // What runs is no version, as with Argo CD Image Updater and Flux: every version is newer.
    ['^1.0', 'latest', '1.1.2', true],
    ['^1.0', 'main-3050', '1.1.2', true],
    // Never lower, not even where what runs is out of the range.
    ['^1', '2.0.0', '1.9.0', false],
    ['^1-0', '1.2.0', '1.2.0-rc.1', false],
    ['^1-0', '1.2.0-rc.1', '1.2.0', true],
    // The same tag with another digest, but no other spelling of the same version.
    ['^1', '1.2.3', '1.2.3', true],
    ['^1', '1.2', '1.2', true],
    ['^1', '1.2.3', 'v1.2.3', false],
    ['^1', '1.2.0', '1.2', false],
    ['^1', '1.2', '1.2.5', true],
    ['*', '1.0.99999999999999999999', '1.0.100000000000000000000', true],
    ['*', '1.0.100000000000000000000', '1.0.99999999999999999999', false],
  ];
  for (const [range, current, candidate, replaced] of rows) {
    it(`${replaced ? 'replaces' : 'keeps'} ${current} where ${candidate} is pushed and ${range} wanted`, () => {
      expect(replaces({ policy: 'semver', tag: range }, current, candidate)).to.equal(replaced);
    });
  }

  it('says why', () => {
    const policy = createTagPolicy({ policy: 'semver', tag: '^1.2' });
    expect(policy.reasonToIgnore('latest')).to.equal('tag latest is no version');
    expect(policy.reasonToIgnore('2.0.0')).to.equal('version 2.0.0 is not in ^1.2');
    expect(policy.reasonToIgnore('2.0.0-rc.1')).to.equal('version 2.0.0-rc.1 is not in ^1.2');
    expect(policy.reasonToIgnore('1.3.0-rc.1')).to.equal('version 1.3.0-rc.1 is a prerelease, and ^1.2 names none');
    const named = createTagPolicy({ policy: 'semver', tag: '^1.3-rc.2' });
    expect(named.reasonToIgnore('1.3.0-rc.1')).to.equal('version 1.3.0-rc.1 is not in ^1.3-rc.2');
    expect(policy.reasonNotToReplace('1.4.0', '1.3.0')).to.equal('tag 1.3.0 is lower than 1.4.0, which runs');
    expect(policy.reasonNotToReplace('1.3.0', 'v1.3')).to.equal('tag v1.3 is the same version as 1.3.0, which runs');
  });

  it('ranks versions', () => {
    const { rank } = { rank: (tag: string) => createTagPolicy({ policy: 'semver', tag: '^1' }).rank(tag) ?? '' };
    expect(rank('1.10.0') > rank('v1.9')).to.equal(true);
    expect(rank('1.10.0-rc') < rank('1.10.0')).to.equal(true);
    expect(rank('latest')).to.equal('');
  });
});

describe('the policy regex', () => {
  // The table of Flux, internal/policy/filter_test.go.
  const builds = ['123-123.123.abcd123-debug', '123-123.123.abcd123', '123-123.123.abcd456-debug', '123-123.123.abcd456'];
  const rows: readonly (readonly [pattern: string, tags: readonly string[], accepted: readonly string[]])[] = [
    ['^ver', ['ver1', 'ver2', 'ver3', 'rel1'], ['ver1', 'ver2', 'ver3']],
    ['ver(\\d+)', ['ver1', 'ver2', 'ver3', 'rel1'], ['ver1', 'ver2', 'ver3']],
    ['^(123-[0-9]+\\.[0-9]+\\.[a-z0-9]+-debug)', builds, builds.filter((each) => each.endsWith('debug'))],
    ['^(?P<tag>123-[0-9]+\\.[0-9]+\\.[a-z0-9]+[^-debug])', builds, builds],
    ['^(?P<tag>123-[0-9]+\\.[0-9]+\\.[a-z0-9]+$)', builds, builds.filter((each) => !each.endsWith('debug'))],
    ['[a-z]+', ['lemon', '31337'], ['lemon']],
  ];
  for (const [tag, tags, expected] of rows) {
    it(`lets through what matches ${tag}`, () => expect(accepted({ policy: 'regex', tag }, tags)).to.deep.equal(expected));
  }

  const main = { policy: 'regex', tag: '^main-[0-9a-f]+-(?P<time>\\d+)$' };

  it('compares the first named group, else the first group, else nothing', () => {
    expect(replaces(main, 'main-ff-99', 'main-aa-100')).to.equal(true);
    expect(replaces(main, 'main-aa-100', 'main-ff-99')).to.equal(false);
    expect(replaces({ policy: 'regex', tag: '^(\\w+)-(?P<n>\\d+)$' }, 'b-1', 'a-2')).to.equal(true);
    expect(replaces({ policy: 'regex', tag: '^(\\w+)-(\\d+)$' }, 'b-1', 'a-2')).to.equal(false);
    expect(replaces({ policy: 'regex', tag: '^\\w+-\\d+$' }, 'b-1', 'a-2')).to.equal(true);
    expect(replaces({ policy: 'regex', tag: '^\\w+-\\d+$', order: 'alphabetical' }, 'b-1', 'a-2')).to.equal(false);
  });

  it('takes what runs for older where it does not match', () => {
    expect(replaces(main, 'latest', 'main-aa-1')).to.equal(true);
  });

  it('orders as it is told', () => {
    expect(replaces({ ...main, order: 'numericalDesc' }, 'main-aa-100', 'main-ff-99')).to.equal(true);
    expect(replaces({ ...main, order: 'alphabetical' }, 'main-aa-100', 'main-ff-99')).to.equal(true);
    expect(replaces({ ...main, order: 'alphabeticalDesc' }, 'main-aa-100', 'main-ff-99')).to.equal(false);
    expect(replaces({ ...main, order: 'desc' }, 'main-aa-99', 'main-ff-100')).to.equal(false);
  });

  it('orders variants of versions', () => {
    const alpine = { policy: 'regex', tag: '^(\\d+\\.\\d+\\.\\d+)-alpine$', order: 'semver' };
    expect(replaces(alpine, '1.27.9-alpine', '1.27.10-alpine')).to.equal(true);
    expect(replaces(alpine, '1.27.10-alpine', '1.27.9-alpine')).to.equal(false);
    expect(replaces(alpine, '1.27.9-alpine', '1.27.10')).to.equal(false);
    const build = createTagPolicy({ policy: 'regex', tag: '^web-(.*)$', order: 'semver' });
    expect(build.reasonToIgnore('web-7')).to.equal('"7" in tag web-7 is no version');
  });

  it('lets the last push win among tags of the same place', () => {
    expect(replaces({ policy: 'regex', tag: '^(main)-[0-9a-f]+$' }, 'main-ff', 'main-aa')).to.equal(true);
  });

  it('ignores what has no place in the order, with the reason', () => {
    const word = createTagPolicy({ policy: 'regex', tag: '^rel-(\\w+)$', order: 'numerical' });
    expect(word.reasonToIgnore('rel-x')).to.equal('"x" in tag rel-x is no number');
    expect(word.reasonToIgnore('other')).to.equal('tag other does not match ^rel-(\\w+)$');
    const without = createTagPolicy({ policy: 'regex', tag: '^rel(?:-(\\d+))?$' });
    expect(without.reasonToIgnore('rel')).to.equal('tag rel matches ^rel(?:-(\\d+))?$ without the group that is compared');
  });
});
