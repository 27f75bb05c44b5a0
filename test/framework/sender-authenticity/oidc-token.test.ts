import crypto, { type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { ServiceError } from '../../../src/framework/errors.ts';
import { githubActionsIssuer, googleIssuer } from '../../../src/framework/sender-authenticity/issuers.ts';
import { type IssuerKeys, matchesClaim } from '../../../src/framework/sender-authenticity/oidc-token.ts';
import type { SenderConfig } from '../../../src/framework/sender-authenticity/sender-fields.ts';
import { testKey } from '../../support/keys.ts';
import { base64url, rs256 } from '../../support/make-token.ts';
import { refusalOfSender } from '../../support/sender-proof.ts';
import { threadTime } from '../../support/thread-time.ts';

const seconds = 1_700_000_000;
const now = () => seconds * 1000;
const audience = 'https://hooks.example.com';

/** As GitHub documents them. */
const githubClaims = {
  jti: 'example-id',
  sub: 'repo:octo-org/octo-repo:environment:prod',
  environment: 'prod',
  aud: audience,
  ref: 'refs/heads/main',
  sha: 'example-sha',
  repository: 'octo-org/octo-repo',
  repository_owner: 'octo-org',
  actor_id: '12',
  repository_visibility: 'private',
  job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
  iss: githubActionsIssuer,
  nbf: seconds,
  exp: seconds + 300,
  iat: seconds,
};
const github: SenderConfig = {
  authentication: 'oidc',
  issuer: githubActionsIssuer,
  audience,
  claims: { repository: 'octo-org/octo-repo', ref: 'refs/heads/main' },
};
/** As Google documents them for push subscriptions. */
const googleClaims = {
  aud: audience,
  azp: '113774264463038321964',
  email: 'gae-gcp@appspot.gserviceaccount.com',
  sub: '113774264463038321964',
  email_verified: true,
  exp: seconds + 3600,
  iat: seconds,
  iss: googleIssuer,
};
const google: SenderConfig = {
  authentication: 'oidc',
  issuer: googleIssuer,
  audience,
  claims: { email: googleClaims.email },
};

function keysOf(...names: string[]): IssuerKeys & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    find: (issuer, keyId): Promise<KeyObject | undefined> => {
      asked.push(`${issuer} ${keyId}`);
      return Promise.resolve(names.includes(keyId) ? testKey(keyId).publicKey : undefined);
    },
  };
}
const issue = (claims: object, header: object = {}, key = 'issuer'): string =>
  rs256({ typ: 'JWT', alg: 'RS256', kid: key, ...header }, claims, testKey(key).privateKey);
const refusalOf = (config: SenderConfig, token: string, keys: IssuerKeys = keysOf('issuer')) =>
  refusalOfSender(config, { authorization: `Bearer ${token}` }, '', { keys, now });
const reasonOf = async (config: SenderConfig, token: string, keys?: IssuerKeys): Promise<string | undefined> => {
  const refusal = await refusalOf(config, token, keys);
  if (refusal === undefined) return undefined;
  expect(refusal.status).to.equal(401);
  expect(refusal.message).not.to.include(token.split('.')[1] ?? token);
  return refusal.message.replace(/^The token in the header Authorization is refused: /, '');
};

describe('tokens of OpenID Connect issuers', () => {
  it('pass as GitHub Actions and Google issue them', async () => {
    const keys = keysOf('issuer');
    expect(await reasonOf(github, issue(githubClaims, { x5t: 'abc' }), keys)).to.equal(undefined);
    expect(await reasonOf(google, issue(googleClaims), keys)).to.equal(undefined);
    expect(keys.asked).to.deep.equal([`${githubActionsIssuer} issuer`, `${googleIssuer} issuer`]);
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ['of another issuer', { iss: googleIssuer }, 'it is of another issuer'],
    ['of an issuer with a slash', { iss: `${githubActionsIssuer}/` }, 'it is of another issuer'],
    ['of no issuer', { iss: undefined }, 'it is of another issuer'],
    ['of a list of issuers', { iss: [githubActionsIssuer] }, 'it is of another issuer'],
    ['for another audience', { aud: `${audience}/` }, 'it is for another audience'],
    ['for us and others', { aud: [audience, 'others'] }, 'it is for another audience'],
    ['for nobody', { aud: undefined }, 'it is for another audience'],
    ['without an end', { exp: undefined }, 'it has no time to end'],
    ['with text for its end', { exp: '9999999999' }, 'it has no time to end'],
    ['that ended a minute ago', { exp: seconds - 60 }, 'it has expired'],
    ['that begins in more than a minute', { nbf: seconds + 61 }, 'it is not valid yet'],
    ['with text for its beginning', { nbf: '1' }, 'it is not valid yet'],
    ['of another repository', { repository: 'octo-org/octo-repo2' }, 'its claim repository is not what this receiver wants'],
    [
      'of a repository in another case',
      { repository: 'Octo-org/octo-repo' },
      'its claim repository is not what this receiver wants',
    ],
    ['of no repository', { repository: undefined }, 'its claim repository is not what this receiver wants'],
    ['of an object for a repository', { repository: { a: 1 } }, 'its claim repository is not what this receiver wants'],
    ['of another branch', { ref: 'refs/heads/mains' }, 'its claim ref is not what this receiver wants'],
  ];
  for (const [what, changed, reason] of refused) {
    it(`are refused ${what}`, async () => {
      expect(await reasonOf(github, issue({ ...githubClaims, ...changed }))).to.equal(reason);
    });
  }

  it('may be a minute late or early, and have one audience in a list', async () => {
    for (const changed of [{ exp: seconds - 59 }, { nbf: seconds + 60 }, { nbf: undefined }, { aud: [audience] }])
      expect(await reasonOf(github, issue({ ...githubClaims, ...changed }))).to.equal(undefined);
  });

  it('cost no question to the issuer where they can be refused without', async () => {
    const keys = keysOf('issuer');
    const wrong = [{ iss: 'https://evil.example' }, { aud: 'others' }, { exp: seconds - 100 }, { exp: undefined }];
    for (const changed of wrong) await reasonOf(github, issue({ ...githubClaims, ...changed }), keys);
    await reasonOf(github, issue(githubClaims, { kid: 'k'.repeat(257) }), keys);
    expect(keys.asked).to.deep.equal([]);
  });

  it('are refused with a key that the issuer does not have, whatever they say of it', async () => {
    expect(await reasonOf(github, issue(githubClaims, {}, 'stranger'))).to.equal('its issuer has no key of that id');
    expect(await reasonOf(github, issue(githubClaims, { kid: 'issuer' }, 'stranger'))).to.equal('its signature is wrong');
    for (const field of ['jwk', 'jku', 'x5u', 'x5c'])
      expect(await reasonOf(github, issue(githubClaims, { [field]: 'x' }))).to.equal('the token brings its own key');
  });

  for (const kid of [undefined, '', 5, null]) {
    it(`are refused with the key id ${JSON.stringify(kid)}`, async () => {
      expect(await reasonOf(github, issue(githubClaims, { kid }))).to.match(
        /^(it does not name its key|the key id is no string)$/,
      );
    });
  }

  it('are refused with any algorithm but RS256', async () => {
    const { publicPem, privateKey } = testKey('issuer');
    const input = (alg: string): string =>
      `${base64url(JSON.stringify({ alg, kid: 'issuer' }))}.${base64url(JSON.stringify(githubClaims))}`;
    const hs256 = crypto.createHmac('sha256', publicPem).update(input('HS256')).digest('base64url');
    const padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
    const ps256 = crypto.sign('sha256', Buffer.from(input('PS256')), { key: privateKey, padding }).toString('base64url');
    const sent: Record<string, string> = { none: '', None: '', HS256: hs256, PS256: ps256 };
    for (const [alg, signature] of Object.entries(sent))
      expect(await reasonOf(github, `${input(alg)}.${signature}`)).to.equal(`Unexpected signing method: ${alg}`);
    const pssAsRs = crypto.sign('sha256', Buffer.from(input('RS256')), { key: privateKey, padding }).toString('base64url');
    expect(await reasonOf(github, `${input('RS256')}.${pssAsRs}`)).to.equal('its signature is wrong');
  });

  it('are refused once any character was changed', async () => {
    const token = issue(githubClaims);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'ABab01-_.=+/ ~'.split('')), async (at, character) => {
        fc.pre(token.charAt(at) !== character);
        expect(await refusalOf(github, token.slice(0, at) + character + token.slice(at + 1))).to.include({ status: 401 });
      }),
      { numRuns: 500 },
    );
  });

  for (const value of [
    'Bearer',
    'Bearer ',
    'bearer a b',
    'Basic YTpi',
    'token',
    `Bearer ${'a'.repeat(13_000)}`,
    'Bearer a.b.c',
  ]) {
    it(`are refused as ${value.slice(0, 20)}`, async () => {
      expect(await refusalOfSender(github, { authorization: value }, '', { keys: keysOf(), now })).to.include({ status: 401 });
    });
  }

  it('are refused where there is none', async () => {
    const refusal = await refusalOfSender(github, {}, '', { keys: keysOf(), now });
    expect(refusal?.message).to.equal('The header Authorization is missing: this receiver needs it as proof');
  });

  it('with an address need the proof that it is theirs', async () => {
    const reason = 'its claim email_verified is not true';
    for (const value of [false, undefined, 'false', 1])
      expect(await reasonOf(google, issue({ ...googleClaims, email_verified: value }))).to.equal(reason);
    expect(await reasonOf(google, issue({ ...googleClaims, email_verified: 'true' }))).to.equal(undefined);
    const bySubject = { ...google, claims: { sub: googleClaims.sub } };
    expect(await reasonOf(bySubject, issue({ ...googleClaims, email: undefined, email_verified: undefined }))).to.equal(
      undefined,
    );
  });

  it('may say numbers, truths and lists', async () => {
    const claims = { ...github.claims, run: '7', fork: 'false', groups: 'b' };
    const said = { ...githubClaims, run: 7, fork: false, groups: ['a', 'b'] };
    expect(await reasonOf({ ...github, claims }, issue(said))).to.equal(undefined);
    for (const changed of [{ run: 8 }, { fork: true }, { groups: ['a'] }, { groups: [['b']] }])
      expect(await reasonOf({ ...github, claims }, issue({ ...said, ...changed }))).to.match(/is not what this receiver wants$/);
  });

  it('do not say what every object has', async () => {
    for (const name of ['toString', 'constructor', '__proto__'])
      expect(await reasonOf({ ...github, claims: { ...github.claims, [name]: '*' } }, issue(githubClaims))).to.match(
        new RegExp(`claim ${name} is not`),
      );
  });

  it('wait where the keys cannot be had, and pass nobody', async () => {
    const keys = { find: () => Promise.reject(new ServiceError('Unavailable', 'away', { retryAfterSeconds: 5 })) };
    expect(await refusalOf(github, issue(githubClaims), keys)).to.deep.equal({ status: 503, message: 'away' });
    const without = await refusalOfSender(github, { authorization: `Bearer ${issue(githubClaims)}` }, '', { now });
    expect(without?.status).to.equal(503);
  });
});

describe('patterns of claims', () => {
  for (const [pattern, matching, others] of [
    ['refs/tags/*', ['refs/tags/v1', 'refs/tags/', 'refs/tags/a/b'], ['refs/heads/main', 'xrefs/tags/v1']],
    ['a*b*c', ['abc', 'aXbYc', 'abbcc'], ['ab', 'acb', 'abcd']],
    ['a*a', ['aa', 'aba'], ['a']],
    ['**', ['', 'x'], []],
    ['dependabot[bot]', ['dependabot[bot]'], ['dependabotb']],
    ['a.c', ['a.c'], ['abc']],
    ['', [''], ['a']],
  ] as const) {
    it(`${JSON.stringify(pattern)} takes what it says`, () => {
      for (const text of matching) expect(matchesClaim(pattern, text), text).to.equal(true);
      for (const text of others) expect(matchesClaim(pattern, text), text).to.equal(false);
    });
  }

  it('say what a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
        expect(matchesClaim(pattern, value)).to.equal(new RegExp(`^${parts.join('.*')}$`).test(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('take no long time', () => {
    const took = threadTime(() => expect(matchesClaim('*a'.repeat(500) + 'b', 'a'.repeat(8_000))).to.equal(false));
    expect(took, 'milliseconds').to.be.lessThan(50);
  });
});
