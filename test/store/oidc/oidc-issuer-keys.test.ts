import type { KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { ServiceError } from '../../../src/framework/errors.ts';
import { fetchKeySet } from '../../../src/store/oidc/fetch-key-set.ts';
import { OidcIssuerKeys } from '../../../src/store/oidc/oidc-issuer-keys.ts';
import { testKey } from '../../support/keys.ts';
import { makeTestCertificates, type TestCertificates, trust } from '../../support/test-certificates.ts';
import { startTestIssuer, type TestIssuer } from '../../support/test-issuer.ts';

const name = 'https://issuer.example';
const minute = 60_000;
const hour = 60 * minute;

/** Keys of an issuer whose answers and time the test decides. */
function fakeIssuer(): {
  keys: OidcIssuerKeys;
  find: (kid: string) => Promise<boolean | number>;
  asked: () => number;
  answer: { ids: string[]; error?: Error; wait?: Promise<void> };
  pass: (ms: number) => void;
} {
  let time = 0;
  let asked = 0;
  const answer: { ids: string[]; error?: Error; wait?: Promise<void> } = { ids: ['a'] };
  const fetch = async (): Promise<ReadonlyMap<string, KeyObject>> => {
    asked += 1;
    await answer.wait;
    if (answer.error) throw answer.error;
    return new Map(answer.ids.map((id) => [id, testKey().publicKey]));
  };
  const keys = new OidcIssuerKeys(fetch, () => time);
  const find = async (kid: string): Promise<boolean | number> => {
    try {
      return (await keys.find(name, kid)) !== undefined;
    } catch (thrown) {
      if (thrown instanceof ServiceError && thrown.status === 503) return thrown.retryAfterSeconds ?? 0;
      throw thrown;
    }
  };
  return { keys, find, asked: () => asked, answer, pass: (ms) => void (time += ms) };
}

describe('the keys of issuers', () => {
  it('are asked for once an hour', async () => {
    const { find, asked, pass } = fakeIssuer();
    for (let at = 0; at < hour; at += 10 * minute) {
      expect(await find('a')).to.equal(true);
      pass(10 * minute);
    }
    expect(asked()).to.equal(1);
    await find('a');
    expect(asked()).to.equal(2);
  });

  it('are asked for by one call for all who wait', async () => {
    const { find, asked, answer } = fakeIssuer();
    const { promise, resolve } = Promise.withResolvers<void>();
    answer.wait = promise;
    const finds = Array.from({ length: 100 }, (_, index) => find(index % 2 === 0 ? 'a' : 'unknown'));
    resolve();
    expect(new Set(await Promise.all(finds))).to.deep.equal(new Set([true, false]));
    expect(asked()).to.equal(1);
  });

  it('that are unknown are asked for once a minute, and found once they are there', async () => {
    const { find, asked, answer, pass } = fakeIssuer();
    expect(await find('a')).to.equal(true);
    answer.ids = ['b'];
    pass(minute - 1);
    expect(await find('b')).to.equal(false);
    for (let each = 0; each < 1_000; each += 1) await find(`forged ${each}`);
    expect(asked()).to.equal(1);
    pass(1);
    expect(await find('b')).to.equal(true);
    expect(await find('a')).to.equal(false);
    expect(asked()).to.equal(2);
  });

  it('serve for a day while the issuer is away, and no longer', async () => {
    const { find, asked, answer, pass } = fakeIssuer();
    await find('a');
    answer.error = new Error('away');
    pass(hour);
    expect(await find('a')).to.equal(true);
    expect(await find('unknown')).to.equal(60);
    expect(asked()).to.equal(2);
    pass(23 * hour - 1);
    expect(await find('a')).to.equal(true);
    pass(1);
    expect(await find('a')).to.equal(60);
    pass(minute);
    delete answer.error;
    expect(await find('a')).to.equal(true);
  });

  it('that were never there are asked for every five seconds', async () => {
    const { find, asked, answer, pass } = fakeIssuer();
    answer.error = new Error('away');
    expect(await find('a')).to.equal(5);
    pass(2_000);
    expect(await find('a')).to.equal(3);
    expect(asked()).to.equal(1);
    pass(3_000);
    delete answer.error;
    expect(await find('a')).to.equal(true);
  });

  it('of one issuer say nothing of another', async () => {
    const keys = new OidcIssuerKeys((issuer) => Promise.resolve(new Map([[issuer, testKey().publicKey]])));
    expect(await keys.find('https://a.example', 'https://a.example')).not.to.equal(undefined);
    expect(await keys.find('https://b.example', 'https://a.example')).to.equal(undefined);
  });
});

describe('fetching the keys of an issuer', () => {
  let certificates: TestCertificates;
  let issuer: TestIssuer;
  let distrust: () => void;

  before(async () => {
    certificates = await makeTestCertificates();
    distrust = trust(certificates.good, certificates.expired);
  });
  after(() => distrust());
  beforeEach(async () => {
    issuer = await startTestIssuer(certificates.good);
  });
  afterEach(() => issuer.stop());

  const failureOf = async (url = issuer.url): Promise<string> => {
    try {
      await fetchKeySet(url);
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : '';
    }
    throw new Error('the keys were fetched');
  };

  it('asks for its discovery and its keys over https', async () => {
    issuer.keys = ['issuer', 'own'];
    const keys = await fetchKeySet(issuer.url);
    expect([...keys.keys()]).to.deep.equal(['issuer', 'own']);
    expect(keys.get('own')?.equals(testKey('own').publicKey)).to.equal(true);
    expect(issuer.asked).to.deep.equal(['/.well-known/openid-configuration', '/keys']);
  });

  it('refuses a certificate that nobody vouches for, or that has expired', async () => {
    for (const certificate of [certificates.unknown, certificates.expired]) {
      const other = await startTestIssuer(certificate);
      expect(await failureOf(other.url)).to.match(/certificate/);
      expect(other.asked).to.deep.equal([]);
      await other.stop();
    }
  });

  it('takes plain http from the own machine alone, and only for itself', async () => {
    const plain = await startTestIssuer();
    expect((await fetchKeySet(plain.url)).size).to.equal(1);
    plain.metadata = { jwks_uri: 'http://127.0.0.1:1/keys' };
    expect(await failureOf(plain.url)).to.match(/no https address of keys/);
    await plain.stop();
  });

  it('refuses the discovery of another issuer, and keys from elsewhere than https', async () => {
    for (const metadata of [{ issuer: `${issuer.url}/` }, { issuer: undefined }]) {
      issuer.metadata = metadata;
      expect(await failureOf()).to.equal('the answer to discovery is of another issuer');
    }
    for (const address of [
      'http://127.0.0.1:1/keys',
      'file:///etc/passwd',
      '/keys',
      5,
      undefined,
      'https://user:x@127.0.0.1:1/',
    ]) {
      issuer.metadata = { jwks_uri: address };
      expect(await failureOf()).to.equal('the answer to discovery has no https address of keys');
    }
  });

  it('follows no redirect', async () => {
    issuer.fault = (request, response) => {
      if (request.url !== '/keys') return false;
      response.writeHead(302, { Location: `${issuer.url}/elsewhere` }).end();
      return true;
    };
    expect(await failureOf()).to.match(/redirect/);
    expect(issuer.asked).not.to.include('/elsewhere');
  });

  it('reads no more than 256 KiB, and waits no longer than five seconds', async () => {
    issuer.fault = (_request, response) => {
      response.writeHead(200).end('x'.repeat(300 * 1024));
      return true;
    };
    expect(await failureOf()).to.match(/over limit/);
    issuer.fault = () => true;
    const started = performance.now();
    expect(await failureOf()).to.match(/abort/);
    expect(performance.now() - started).to.be.within(4_500, 8_000);
  });

  it('says what an answer was that cannot be used', async () => {
    const answers: readonly (readonly [number, string, RegExp])[] = [
      [500, '{}', /^127\.0\.0\.1:\d+ answered 500$/],
      [200, '<html>', /JSON/],
      [200, '[]', /another issuer/],
    ];
    for (const [status, text, message] of answers) {
      issuer.fault = (_request, response) => {
        response.writeHead(status).end(text);
        return true;
      };
      expect(await failureOf()).to.match(message);
    }
  });
});
