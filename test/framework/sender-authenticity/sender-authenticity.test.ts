import { expect } from 'chai';
import { ServiceError } from '../../../src/framework/errors.ts';
import { SenderAuthenticity } from '../../../src/framework/sender-authenticity/sender-authenticity.ts';
import { authentications, type SenderConfig, senderFields } from '../../../src/framework/sender-authenticity/sender-fields.ts';
import { githubActionsIssuer, googleIssuer, parseIssuers } from '../../../src/framework/sender-authenticity/issuers.ts';
import { refusalOfSender } from '../../support/sender-proof.ts';

const google = { authentication: 'oidc', issuer: googleIssuer, audience: 'us', claims: { email: 'a@b.c' } };
const github = { authentication: 'oidc', issuer: githubActionsIssuer, audience: 'us', claims: { repository: 'acme/web' } };
const header = { authentication: 'header', secrets: ['a'] };

function faultOf(config: SenderConfig, options = {}): { fieldName: string | undefined; message: string } | undefined {
  try {
    new SenderAuthenticity(options).check({ ...config });
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    expect(thrown.code).to.equal('InvalidConfig');
    return { fieldName: thrown.fieldName, message: thrown.message };
  }
}

describe('what a receiver asks of its senders', () => {
  const good: readonly SenderConfig[] = [
    {},
    { authentication: 'none' },
    { authentication: 'none', secrets: ['kept'], headerName: 'X', issuer: 'x', audience: 'x', claims: { x: 'x' } },
    { authentication: 'github', secrets: ['a', ' b '] },
    { authentication: 'nexus', secrets: ['a'] },
    { authentication: 'artifactory', secrets: Array.from({ length: 10 }, () => 'a') },
    header,
    { ...header, headerName: 'X-Gitlab-Token' },
    { authentication: 'standardWebhooks', secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] },
    google,
    github,
    { ...github, claims: { repository_owner: 'acme', ref: 'refs/tags/*' } },
    { ...google, secrets: ['kept from before'] },
  ];
  for (const config of good) {
    it(`may be ${JSON.stringify(config).slice(0, 100)}`, () => {
      expect(faultOf(config)).to.equal(undefined);
    });
  }

  const bad: readonly (readonly [SenderConfig, string, RegExp])[] = [
    [{ authentication: 'gitHub', secrets: ['a'] }, 'authentication', /must be one of none, github, /],
    [{ authentication: '__proto__' }, 'authentication', /must be one of/],
    [{ secrets: ['a'] }, 'authentication', /^authentication not provided, but secrets; none switches it off$/],
    [{ issuer: googleIssuer, audience: 'a' }, 'authentication', /^authentication not provided, but issuer, audience;/],
    [{ authentication: 'github' }, 'secrets', /^secrets not provided$/],
    [{ authentication: 'github', secrets: ['good', ''] }, 'secrets', /number 2 is empty/],
    [{ authentication: 'github', secrets: [null] }, 'secrets', /number 1 is empty/],
    [{ authentication: 'github', secrets: ['x'.repeat(4097)] }, 'secrets', /longer than 4096/],
    [{ authentication: 'github', secrets: Array.from({ length: 11 }, () => 'a') }, 'secrets', /At most 10/],
    [{ authentication: 'github', secrets: ['a'], headerName: 'X' }, 'headerName', /is not for authentication github/],
    [{ authentication: 'github', secrets: ['a'], claims: { a: 'b' } }, 'claims', /is not for authentication github/],
    [{ ...header, secrets: ['a\n'] }, 'secrets', /number 1 has a line break/],
    [{ ...header, secrets: ['a '] }, 'secrets', /number 1 begins or ends with a blank/],
    [{ authentication: 'standardWebhooks', secrets: ['no base64!'] }, 'secrets', /must be whsec_ or whpk_ and base64/],
    [{ authentication: 'standardWebhooks', secrets: ['whsec_'] }, 'secrets', /must be whsec_/],
    [{ authentication: 'standardWebhooks', secrets: ['whpk_AAAA'] }, 'secrets', /must be whsec_/],
    [{ ...google, issuer: '' }, 'issuer', /^issuer not provided$/],
    [{ ...google, issuer: `${googleIssuer}/` }, 'issuer', /must be one of https:\/\/accounts.google.com, /],
    [{ ...google, issuer: 'https://169.254.169.254' }, 'issuer', /the operator sets WEBHOOK_OIDC_ISSUERS/],
    [{ ...google, issuer: 'http://accounts.google.com' }, 'issuer', /must be one of/],
    [{ ...google, audience: '' }, 'audience', /^audience not provided$/],
    [{ ...google, claims: {} }, 'claims', /that tell the sender: email, sub$/],
    [{ ...google, claims: { email_verified: 'true' } }, 'claims', /that tell the sender/],
    [{ ...google, claims: { email: '*' } }, 'claims', /that tell the sender/],
    [{ ...google, claims: { email: '*@*.*' } }, 'claims', /that tell the sender/],
    [{ ...github, claims: { repository: '*/*' } }, 'claims', /that tell the sender/],
    [{ ...github, claims: { ref: 'refs/heads/main' } }, 'claims', /that tell the sender: repository, /],
    [{ ...github, claims: { repository: '' } }, 'claims', /Each claim needs a name and a value/],
    [{ ...github, claims: { repository: null } }, 'claims', /Each claim needs a name and a value/],
  ];
  for (const [config, fieldName, message] of bad) {
    it(`may not be ${JSON.stringify(config).slice(0, 100)}`, async () => {
      const fault = faultOf(config);
      expect(fault?.fieldName).to.equal(fieldName);
      expect(fault?.message).to.match(message);
      // Written past our API, it lets nobody in.
      expect(await refusalOfSender(config, { authorization: 'a', 'x-hub-signature-256': 'a' }, '')).to.include({ status: 400 });
    });
  }

  for (const [name, why] of [
    ['X Token', /must be letters/],
    ['X-Token:', /must be letters/],
    ['Content-Length', /has a meaning of its own/],
    ['cookie', /has a meaning of its own/],
    ['User-Agent', /is stored with every delivery/],
    ['X-Request-Id', /is stored with every delivery/],
    ['ce-source', /is stored with every delivery/],
    ['Webhook-Id', /is stored with every delivery/],
  ] as const) {
    it(`may not have its secret in the header ${name}`, () => {
      const fault = faultOf({ ...header, headerName: name });
      expect(fault?.fieldName).to.equal('headerName');
      expect(fault?.message).to.match(why);
    });
  }

  it('may name other issuers where the operator lists them, with any claim', () => {
    const issuers = ['https://issuer.example'];
    const config = { authentication: 'oidc', issuer: 'https://issuer.example', audience: 'us', claims: { project: 'x' } };
    expect(faultOf(config, { issuers })).to.equal(undefined);
    expect(faultOf(google, { issuers })?.fieldName).to.equal('issuer');
    expect(faultOf({ ...config, claims: { project: '*' } }, { issuers })?.fieldName).to.equal('claims');
  });

  it('is asked only of drivers that have our fields', () => {
    const definition = { id: 'a', description: '', mode: 'queued', fields: senderFields } as const;
    const asked = (config: SenderConfig): boolean => SenderAuthenticity.isAsked(definition, config);
    expect(asked({})).to.equal(false);
    expect(asked({ authentication: 'none', secrets: ['a'] })).to.equal(false);
    for (const authentication of [...authentications.slice(1), 'unheard-of']) expect(asked({ authentication })).to.equal(true);
    expect(asked({ secrets: ['forgotten what for'] })).to.equal(true);
    const others = senderFields.map((field) => ({ ...field }));
    expect(SenderAuthenticity.isAsked({ ...definition, fields: others }, { authentication: 'github' })).to.equal(false);
  });

  it('seals what the sender signs with, and is unknown to the Go service', () => {
    expect(senderFields.filter(({ sensitive }) => sensitive).map(({ name }) => name)).to.deep.equal(['secrets']);
    expect(senderFields.every(({ extension }) => extension)).to.equal(true);
  });
});

describe('the list of issuers', () => {
  it('is read as people write lists', () => {
    expect(parseIssuers(' https://a.example, https://b.example/x\nhttps://a.example')).to.deep.equal([
      'https://a.example',
      'https://b.example/x',
    ]);
    expect(parseIssuers('http://localhost:8080,http://[::1]:1')).to.have.length(2);
  });

  for (const text of [
    ' ',
    'accounts.google.com',
    'http://issuer.example',
    'http://127.0.0.1.example.com',
    'https://a.example?x',
    'https://a.example#x',
    'https://user:hidden@a.example',
    'ftp://a.example',
    Array.from({ length: 21 }, (_, index) => `https://${index}.example`).join(','),
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      expect(() => parseIssuers(text))
        .to.throw(/issuer/)
        .with.property('message')
        .that.does.not.include('hidden');
    });
  }
});
