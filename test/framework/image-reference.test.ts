import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { array, assert, constantFrom, oneof, option, pre, property, record, string, stringMatching } from 'fast-check';
import {
  digestOf,
  isDigest,
  isTag,
  matchesReference,
  parseImageReference,
  parseReferenceParts,
  repositoryAsSpelled,
  sameRepository,
  tryParseImageReference,
  withDigest,
  withTag,
} from '../../src/framework/image-reference.ts';
import { threadTime } from '../support/thread-time.ts';

interface Row {
  readonly input: string;
  readonly match?: boolean;
  readonly err?: string;
  readonly domain?: string;
  readonly path?: string;
  readonly repository?: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly subs?: readonly string[];
  readonly name?: string;
  readonly combined?: string;
  readonly pattern?: string;
  readonly reference?: string;
  readonly expected?: boolean;
}

const { tables } = JSON.parse(
  readFileSync(new URL('../fixtures/image-reference-distribution.json', import.meta.url), 'utf8'),
) as { tables: Record<string, readonly never[]> };
const rows = (name: string): readonly Row[] => tables[name] ?? [];
const names = (name: string): readonly string[] => tables[name] ?? [];
const repositories: readonly Record<'RemoteName' | 'FamiliarName' | 'FullName' | 'AmbiguousName' | 'Domain', string>[] =
  tables['TestParseRepositoryInfo'] ?? [];
const expansions: readonly { Reference: string; Equivalent: string; Expected?: string }[] = tables['TestParseAnyReference'] ?? [];
const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : JSON.stringify(text));

/** The upstream names of the faults, and the texts that they have there. */
const texts: Readonly<Record<string, string>> = {
  ErrNameEmpty: 'repository name must have at least one component',
  ErrReferenceInvalidFormat: 'invalid reference format',
  ErrNameContainsUppercase: 'repository name must be lowercase',
  ErrNameTooLong: 'repository name must not be more than 255 characters',
  'digest.ErrDigestUnsupported': 'unsupported digest algorithm',
  'digest.ErrDigestInvalidLength': 'invalid checksum digest length',
};

function parts(text: string): ReturnType<typeof parseReferenceParts> | undefined {
  try {
    return parseReferenceParts(text);
  } catch {
    return undefined;
  }
}

describe('parseReferenceParts', () => {
  for (const row of rows('TestReferenceParse')) {
    it(`${row.err === undefined ? 'takes apart' : 'refuses'} ${shown(row.input)}`, () => {
      if (row.err !== undefined) {
        expect(() => parseReferenceParts(row.input)).to.throw(texts[row.err] ?? row.err);
        return;
      }
      const { domain, path, tag, digest } = parseReferenceParts(row.input);
      const repository = domain === undefined ? path : `${domain}/${path}`;
      expect({ domain, repository, tag, digest }).to.deep.equal({
        domain: row.domain,
        repository: row.repository,
        tag: row.tag,
        digest: row.digest,
      });
    });
  }

  for (const { input, domain, path } of rows('TestDomainAndPath')) {
    it(`splits ${input}`, () => expect(parts(input)).to.deep.equal({ path, ...(domain && { domain }) }));
  }

  for (const { input, match } of rows('TestDomainRegexp')) {
    it(`takes ${shown(input)} for ${match ? 'a' : 'no'} domain`, () => {
      expect(parts(`${input}/name`)?.domain === input).to.equal(match);
    });
  }

  for (const { input, match, subs } of rows('TestFullNameRegexp').filter(({ subs }) => subs !== undefined)) {
    it(`finds domain and path of ${shown(input)}`, () => {
      const found = parts(input);
      expect(found !== undefined && found.tag === undefined).to.equal(match);
      expect([found?.domain ?? '', found?.path]).to.deep.equal(subs);
    });
  }

  for (const { input, match } of rows('TestFullNameRegexp').filter(({ subs }) => subs === undefined)) {
    // `foo_bar.com:8080` is no name, but a reference whose tag is 8080.
    it(`takes ${shown(input)} for ${match ? 'a' : 'no'} name`, () => {
      const found = parts(input);
      expect(found !== undefined && found.tag === undefined).to.equal(match);
    });
  }

  for (const { input, match, subs } of rows('TestReferenceRegexp')) {
    it(`${match ? 'accepts' : 'refuses'} ${shown(input)}`, () => {
      const found = parts(input);
      expect(found !== undefined).to.equal(match);
      if (found) expect([repositoryAsSpelled(input), found.tag ?? '', found.digest ?? '']).to.deep.equal(subs);
    });
  }
});

describe('parseImageReference', () => {
  for (const { input, domain, path } of rows('TestNormalizedSplitHostname')) {
    it(`normalises ${input}`, () => expect(parseImageReference(input)).to.include({ domain, path }));
  }

  for (const row of repositories) {
    it(`gives ${row.FamiliarName} all its names`, () => {
      for (const spelling of [row.FamiliarName, row.FullName, row.AmbiguousName].filter(Boolean)) {
        expect(parseImageReference(spelling)).to.deep.equal({
          domain: row.Domain,
          path: row.RemoteName,
          name: row.FullName,
          normalized: row.FullName,
          familiar: row.FamiliarName,
        });
      }
    });
  }

  for (const row of expansions) {
    if (row.Expected !== undefined) continue;
    it(`expands ${row.Reference}`, () => expect(parseImageReference(row.Reference).normalized).to.equal(row.Equivalent));
  }

  for (const { input, err } of rows('TestParseNamed')) {
    it(`finds ${input} ${err === undefined ? 'in normal form' : 'not in normal form'}`, () => {
      expect(parseImageReference(input).normalized === input).to.equal(err === undefined);
    });
  }

  for (const { input, err } of rows('TestWithNameFailure')) {
    const isName = (text: string): boolean => parts(text) !== undefined && repositoryAsSpelled(text) === text;
    it(`takes ${shown(input)} for no name: ${err}`, () => expect(isName(input)).to.equal(false));
  }

  for (const name of [
    ...names('TestValidateReferenceName.validRepoNames'),
    ...names('TestValidateRemoteName.validRepositoryNames'),
  ]) {
    it(`accepts the name ${shown(name)}`, () => expect(() => parseImageReference(name)).not.to.throw());
  }

  for (const name of [
    ...names('TestValidateReferenceName.invalidRepoNames'),
    ...names('TestValidateRemoteName.invalidRepositoryNames'),
  ]) {
    it(`refuses the name ${shown(name)}`, () => expect(() => parseImageReference(name)).to.throw());
  }

  it('knows the hosts of Docker Hub', () => {
    for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io']) {
      expect(parseImageReference(`${host}/nginx:1`).normalized).to.equal('docker.io/library/nginx:1');
    }
  });

  it('keeps the domain in the familiar form where leaving it out would change the meaning', () => {
    for (const text of ['docker.io/quay.io/web', 'docker.io/localhost/web', `docker.io/library/${'a1'.repeat(32)}`]) {
      const { familiar, name } = parseImageReference(text);
      expect(parseImageReference(familiar).name).to.equal(name);
    }
  });

  it('tells an empty text from a malformed one', () => {
    expect(() => parseImageReference('')).to.throw('repository name must have at least one component');
    expect(() => parseImageReference('a b')).to.throw('invalid reference format');
    expect(() => parseImageReference('acme/Web')).to.throw('repository name (acme/Web) must be lowercase');
  });
});

describe('withTag and withDigest', () => {
  for (const { name = '', tag = '', digest, combined } of rows('TestWithTag')) {
    it(`gives ${shown(combined ?? '')}`, () => {
      expect(withTag(digest === undefined ? name : withDigest(name, digest), tag)).to.equal(combined);
      if (digest !== undefined) expect(withDigest(withTag(name, tag), digest)).to.equal(combined);
    });
  }

  for (const { name = '', tag, digest = '', combined } of rows('TestWithDigest')) {
    it(`gives ${shown(combined ?? '')}`, () => {
      expect(withDigest(tag === undefined ? name : withTag(name, tag), digest)).to.equal(combined);
    });
  }

  for (const { input, err, name, tag, digest } of rows('TestSerialization')) {
    it(`puts ${shown(input ?? '')} together again`, () => {
      if (err !== undefined) expect(() => parseImageReference(input ?? '')).to.throw(texts[err] ?? err);
      else {
        const tagged = tag === undefined ? (name ?? '') : withTag(name ?? '', tag);
        expect(digest === undefined ? tagged : withDigest(tagged, digest)).to.equal(input);
      }
    });
  }

  it('replace what is there, and refuse what may not stand there', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(withTag(`host:5000/web:1@${digest}`, '2')).to.equal(`host:5000/web:2@${digest}`);
    expect(withDigest(`host:5000/web:1@sha256:${'b'.repeat(64)}`, digest)).to.equal(`host:5000/web:1@${digest}`);
    expect(() => withTag('web', 'a b')).to.throw('invalid tag format');
    expect(() => withDigest('web', 'sha256:abc')).to.throw('invalid digest format');
  });
});

describe('digestOf', () => {
  for (const { input, match } of rows('TestIdentifierRegexp')) {
    // A digest by itself is one; it is no identifier.
    it(`takes ${shown(input)} for ${match ? 'a' : 'no'} identifier`, () => {
      expect(digestOf(input) === `sha256:${input}`).to.equal(match);
    });
  }
});

describe('matchesReference', () => {
  for (const { pattern = '', reference = '', expected } of rows('TestMatch')) {
    it(`${expected ? 'finds' : 'does not find'} ${pattern} in ${reference}`, () => {
      expect(matchesReference(pattern, parseImageReference(reference))).to.equal(expected);
    });
  }
});

describe('sameRepository', () => {
  it('compares by normal form, without tag and digest', () => {
    expect(sameRepository('nginx:1', 'index.docker.io/library/nginx')).to.equal(true);
    expect(sameRepository('acme/web', `docker.io/acme/web:2@sha256:${'a'.repeat(64)}`)).to.equal(true);
    expect(sameRepository('acme/web', 'quay.io/acme/web')).to.equal(false);
    expect(sameRepository('Registry.Example.com/acme/web', 'registry.example.com/acme/web:1')).to.equal(true);
    expect(sameRepository('UPPER', 'UPPER')).to.equal(false);
  });
});

describe('image references in general', () => {
  const hex = stringMatching(/^[0-9a-f]{64}$/);
  const word = stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
  const domain = constantFrom('docker.io', 'localhost', 'quay.io', 'Registry', 'registry.example.com:5000', '[fd00::1]:5000');
  const tag = stringMatching(/^\w[\w.-]{0,127}$/);
  const image = record({
    domain: option(domain, { nil: undefined }),
    path: array(word, { minLength: 1, maxLength: 4 }),
    tag: option(tag, { nil: undefined }),
    digest: option(hex, { nil: undefined }),
  });

  it('mean the same in the normalised and in the familiar form', () => {
    assert(
      property(image, (parts) => {
        const name = [...(parts.domain === undefined ? [] : [parts.domain]), ...parts.path].join('/');
        const text =
          name + (parts.tag === undefined ? '' : `:${parts.tag}`) + (parts.digest === undefined ? '' : `@sha256:${parts.digest}`);
        const parsed = tryParseImageReference(text);
        pre(parsed !== undefined);
        expect(parseImageReference(parsed.normalized)).to.deep.equal(parsed);
        expect(parseImageReference(parsed.familiar)).to.deep.equal(parsed);
        expect(repositoryAsSpelled(text)).to.equal(name);
        expect(parsed.tag).to.equal(parts.tag);
      }),
    );
  });

  it('never fail in another way than with a clear error', () => {
    assert(
      property(oneof(string(), stringMatching(/^[a-zA-Z0-9._:@/[\]-]*$/)), (text) => {
        const parsed = tryParseImageReference(text);
        if (parsed) expect(parsed.path.length).to.be.within(1, 255);
        else
          expect(() => parseImageReference(text))
            .to.throw()
            .with.property('code', 'InvalidRequest');
      }),
    );
  });

  it('are parsed in linear time', () => {
    const took = threadTime(() => {
      for (const unit of ['a', 'a.', 'a-', 'a_', '__', 'a/', 'A-', '[:', 'a:', '@', 'sha256:f'])
        tryParseImageReference(unit.repeat(50_000));
    });
    expect(took, 'milliseconds').to.be.below(1000);
  });
});

describe('isTag and isDigest', () => {
  it('hold to the grammar', () => {
    expect(['1.2', 'latest', '_x', 'A', 'x'.repeat(128)].every(isTag)).to.equal(true);
    expect(['', '-x', '.x', 'a b', 'a/b', 'x'.repeat(129), 'a\n'].some(isTag)).to.equal(false);
    expect(isDigest(`sha256:${'0'.repeat(64)}`)).to.equal(true);
    expect(
      [`sha256:${'F'.repeat(64)}`, `sha512:${'0'.repeat(128)}`, 'sha256:', `sha256:${'0'.repeat(65)}`].some(isDigest),
    ).to.equal(false);
  });
});
