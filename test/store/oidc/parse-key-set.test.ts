import crypto from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseKeySet } from '../../../src/store/oidc/parse-key-set.ts';
import { testKey } from '../../support/keys.ts';
import { threadTime } from '../../support/thread-time.ts';

const jwk = { ...testKey().publicKey.export({ format: 'jwk' }), kid: 'a' };
const idsOf = (...keys: unknown[]): string[] =>
  [...parseKeySet({ keys: [...keys, { ...jwk, kid: 'last' }] }).keys()].slice(0, -1);

describe('a set of keys', () => {
  it('has the RS256 keys by their ids', () => {
    expect(idsOf(jwk, { ...jwk, kid: 'b', use: 'sig', alg: 'RS256', x5c: ['ignored'] })).to.deep.equal(['a', 'b']);
  });

  it('passes over what no token is signed with', () => {
    const small = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    const others = [
      { ...jwk, kid: undefined },
      { ...jwk, kid: '' },
      { ...jwk, kid: 5 },
      { ...jwk, kid: 'k'.repeat(257) },
      { ...jwk, use: 'enc' },
      { ...jwk, alg: 'RS512' },
      { ...jwk, alg: 'HS256' },
      { kty: 'oct', k: 'c2VjcmV0', kid: 'a' },
      { ...small, kid: 'a' },
      { ...ec, kid: 'a' },
      { ...jwk, n: '' },
      { ...jwk, e: 'AQ' },
      { ...jwk, n: 5 },
      { ...jwk, n: 'A'.repeat(3_000) },
      null,
      'key',
      [],
    ];
    expect(idsOf(...others)).to.deep.equal([]);
  });

  it('is read in no time, whatever an exponent may be', () => {
    const huge = { ...jwk, e: crypto.randomBytes(100_000).toString('base64url') };
    const took = threadTime(() => expect(idsOf(huge)).to.deep.equal([]));
    expect(took, 'milliseconds').to.be.lessThan(100);
    expect(idsOf({ ...jwk, kid: 'b', e: 'AAEAAQ' }), 'zeros in front are none of its size').to.deep.equal(['b']);
  });

  it('has only the first key of an id', () => {
    const other = testKey('stranger').publicKey.export({ format: 'jwk' });
    const keys = parseKeySet({ keys: [jwk, { ...other, kid: 'a' }] });
    expect(keys.get('a')?.equals(testKey().publicKey)).to.equal(true);
  });

  it('has at most a hundred', () => {
    const many = Array.from({ length: 200 }, (_, index) => ({ ...jwk, kid: String(index) }));
    expect(parseKeySet({ keys: many }).size).to.equal(100);
  });

  for (const value of [null, [], {}, { keys: {} }, { keys: [] }, { keys: [{ kty: 'RSA' }] }, 'x']) {
    it(`cannot be ${JSON.stringify(value)}`, () => {
      expect(() => parseKeySet(value)).to.throw(/key set/);
    });
  }

  it('takes anything without any other error', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (n, e, kid) => {
        expect(parseKeySet({ keys: [{ kty: 'RSA', n, e, kid }, jwk] }).has('a')).to.equal(true);
      }),
    );
  });
});
