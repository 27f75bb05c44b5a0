import crypto from 'node:crypto';
import { expect } from 'chai';
import { ServiceError } from '../../src/framework/errors.ts';
import { createKeyRing } from '../../src/framework/key-ring.ts';
import { limits } from '../../src/framework/limits.ts';
import { Tokens } from '../../src/framework/token.ts';
import { testKey, testRing } from '../support/keys.ts';
import { base64url, rancherToken, rs256 } from '../support/make-token.ts';

const claims = { config: { amount: 1 }, driver: 'inline', projectId: '1a5', uuid: 'key-of-the-receiver' };

function verifyAlone(token: string, pem: string): { header: unknown; payload: unknown } {
  const [head = '', body = '', signature = ''] = token.split('.');
  const good = crypto.verify('sha256', Buffer.from(`${head}.${body}`), pem, Buffer.from(signature, 'base64url'));
  if (!good) throw new Error('the signature is not good');
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: read(head), payload: read(body) };
}

function refusalOf(work: () => unknown): ServiceError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof ServiceError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('tokens', () => {
  it('have exactly the header and the claims that Rancher 1.4 knew, and a key id', () => {
    const ring = testRing();
    const { header, payload } = verifyAlone(new Tokens(ring).sign(claims), testKey().publicPem);
    expect(header).to.deep.equal({ alg: 'RS256', typ: 'JWT', kid: ring.signing?.kid });
    expect(payload).to.deep.equal(claims);
  });

  it('name their key by its RFC 7638 thumbprint', () => {
    const { n, e } = testKey().publicKey.export({ format: 'jwk' });
    const text = `{"e":"${e}","kty":"RSA","n":"${n}"}`;
    expect(testRing().signing?.kid).to.equal(crypto.createHash('sha256').update(text).digest('base64url'));
  });

  it('are the same for the same claims, whatever the time', () => {
    const tokens = new Tokens(testRing());
    expect(tokens.sign(claims)).to.equal(tokens.sign(claims));
  });

  it('are read where Rancher made them, without a key id', () => {
    const { claims: read, named } = new Tokens(testRing()).verify(rancherToken(claims, testKey().privateKey));
    expect(read).to.deep.equal(claims);
    expect(named).to.equal(false);
  });

  it('are told from those of Rancher by their key id', () => {
    const tokens = new Tokens(testRing());
    expect(tokens.verify(tokens.sign(claims)).named).to.equal(true);
  });

  it('are read where another program put blanks into their JSON', () => {
    const token = rs256('{ "alg": "RS256", "typ": "JWT" }', JSON.stringify(claims, null, 2), testKey().privateKey);
    expect(new Tokens(testRing()).verify(token).claims).to.deep.equal(claims);
  });

  it('are read again from memory', () => {
    const tokens = new Tokens(testRing());
    const token = tokens.sign(claims);
    expect(tokens.verify(token)).to.equal(tokens.verify(token));
  });

  it('that expire are not kept in memory, and are good in their time', () => {
    const now = Math.floor(Date.now() / 1000);
    const token = rs256({ alg: 'RS256' }, { ...claims, exp: now + 60, nbf: now - 60 }, testKey().privateKey);
    const tokens = new Tokens(testRing());
    expect(tokens.verify(token)).not.to.equal(tokens.verify(token));
  });

  it('of the keys before stay good while those are accepted', () => {
    const before = new Tokens(testRing('one')).sign(claims);
    const olden = rancherToken(claims, testKey('two').privateKey);
    const tokens = new Tokens(testRing('own', 'one', 'two'));
    expect(tokens.verify(before).claims).to.deep.equal(claims);
    expect(tokens.verify(olden).claims).to.deep.equal(claims);
    expect(tokens.verify(tokens.sign(claims)).claims).to.deep.equal(claims);
    expect(() => new Tokens(testRing()).verify(before)).to.throw('Invalid token error: crypto/rsa: verification error');
  });

  it('are verified and not made where only a public key is known', () => {
    const tokens = new Tokens(createKeyRing(undefined, testKey().publicPem));
    expect(tokens.canSign).to.equal(false);
    expect(tokens.verify(rancherToken(claims, testKey().privateKey)).claims).to.deep.equal(claims);
    expect(() => tokens.sign(claims)).to.throw(ServiceError, 'Tokens cannot be signed without RSA_PRIVATE_KEY_CONTENTS');
  });
});

describe('a token is refused', () => {
  const key = testKey();
  const good = new Tokens(testRing()).sign(claims);
  const [head = '', body = '', signature = ''] = good.split('.');
  const part = (value: unknown): string => base64url(JSON.stringify(value));
  const headed = (header: object | string): string => rs256(header, claims, key.privateKey);
  const hmac = (secret: string | Buffer): string => {
    const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${body}`;
    return `${input}.${crypto.createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const signedBy = (alg: string, digest: string, options: object = {}): string => {
    const input = `${part({ alg, typ: 'JWT' })}.${body}`;
    return `${input}.${base64url(crypto.sign(digest, Buffer.from(input), { key: key.privateKey, ...options }))}`;
  };
  const elliptic = (): string => {
    const input = `${part({ alg: 'ES256', typ: 'JWT' })}.${body}`;
    const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return `${input}.${base64url(crypto.sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
  };
  const der = key.publicKey.export({ type: 'spki', format: 'der' });
  const past = Math.floor(Date.now() / 1000) - 60;
  const jwk = key.publicKey.export({ format: 'jwk' });

  const attacks: Record<string, string> = {
    'with the algorithm none': `${part({ alg: 'none', typ: 'JWT' })}.${body}.`,
    'with the algorithm none and a signature': `${part({ alg: 'none', typ: 'JWT' })}.${body}.${signature}`,
    'with the algorithm None': `${part({ alg: 'None', typ: 'JWT' })}.${body}.`,
    'with the algorithm noNE': `${part({ alg: 'noNE', typ: 'JWT' })}.${body}.`,
    'with an empty algorithm': `${part({ alg: '', typ: 'JWT' })}.${body}.`,
    'without an algorithm': headed({ typ: 'JWT' }),
    'with a number for the algorithm': headed({ alg: 256, typ: 'JWT' }),
    'with a list of algorithms': headed({ alg: ['RS256'], typ: 'JWT' }),
    'with the algorithm rs256': headed({ alg: 'rs256', typ: 'JWT' }),
    'signed by HS256 with the public PEM': hmac(key.publicPem),
    'signed by HS256 with the public PEM without its last newline': hmac(key.publicPem.trimEnd()),
    'signed by HS256 with the public key in DER': hmac(der),
    'signed by HS256 with nothing': hmac(''),
    'signed by RS384': signedBy('RS384', 'sha384'),
    'signed by RS512': signedBy('RS512', 'sha512'),
    'signed by PS256': signedBy('PS256', 'sha256', { padding: crypto.constants.RSA_PKCS1_PSS_PADDING }),
    'signed by PSS and said to be RS256': signedBy('RS256', 'sha256', { padding: crypto.constants.RSA_PKCS1_PSS_PADDING }),
    'signed over SHA-1': signedBy('RS256', 'sha1'),
    'signed by ES256': elliptic(),
    'with an ES256 signature of zeros': `${part({ alg: 'ES256', typ: 'JWT' })}.${body}.${base64url(Buffer.alloc(64))}`,
    'signed with another key': rs256({ alg: 'RS256', typ: 'JWT' }, claims, testKey('stranger').privateKey),
    'signed with another key under our key id': rs256(
      { alg: 'RS256', typ: 'JWT', kid: testRing().signing?.kid },
      claims,
      testKey('stranger').privateKey,
    ),
    'with an unknown key id': headed({ alg: 'RS256', kid: 'unknown' }),
    'with an empty key id': headed({ alg: 'RS256', kid: '' }),
    'with a path for a key id': headed({ alg: 'RS256', kid: '../../../../dev/null' }),
    'with SQL for a key id': headed({ alg: 'RS256', kid: "' UNION SELECT 'x" }),
    'with a number for a key id': headed({ alg: 'RS256', kid: 0 }),
    'with null for a key id': headed({ alg: 'RS256', kid: null }),
    'with __proto__ for a key id': headed({ alg: 'RS256', kid: '__proto__' }),
    'with a key of its own': headed({ alg: 'RS256', jwk }),
    'with the URL of a key set': headed({ alg: 'RS256', jku: 'http://127.0.0.1/keys' }),
    'with the URL of a certificate': headed({ alg: 'RS256', x5u: 'http://127.0.0.1/certificate' }),
    'with a certificate': headed({ alg: 'RS256', x5c: ['MII'] }),
    'with a critical field': headed({ alg: 'RS256', crit: ['exp'], exp: 1 }),
    'with an empty list of critical fields': headed({ alg: 'RS256', crit: [] }),
    'with an unencoded payload': headed({ alg: 'RS256', b64: false, crit: ['b64'] }),
    'with b64 alone': headed({ alg: 'RS256', b64: false }),
    'with two algorithms': headed('{"alg":"none","alg":"RS256"}'),
    'with two algorithms, one of them spelled by an escape': headed('{"alg":"RS256","\\u0061lg":"RS256"}'),
    'of another type': headed({ alg: 'RS256', typ: 'JWE' }),
    'with a list for a header': headed('["RS256"]'),
    'with null for a header': headed('null'),
    'with a header that is no JSON': headed('{"alg":"RS256"'),
    'with text for claims': rs256({ alg: 'RS256' }, '"text"', key.privateKey),
    'with a list for claims': rs256({ alg: 'RS256' }, '[]', key.privateKey),
    'with null for claims': rs256({ alg: 'RS256' }, 'null', key.privateKey),
    'with claims that are no JSON': rs256({ alg: 'RS256' }, '{', key.privateKey),
    'in JSON serialisation': JSON.stringify({ protected: head, payload: body, signature }),
    'in general JSON serialisation': JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] }),
    'with a fourth segment': `${good}.`,
    'with five segments': `${good}.x.y`,
    'with two segments': `${head}.${body}`,
    'with one segment': head,
    'of dots alone': '..',
    'with trailing garbage': `${good}!`,
    'with a trailing newline': `${good}\n`,
    'with a blank before it': ` ${good}`,
    'with a blank in it': `${head}. ${body}.${signature}`,
    'with padding': `${good}=`,
    'with padded segments': [head, body, signature].map((text) => text.padEnd(Math.ceil(text.length / 4) * 4, '=')).join('.='),
    'with a NUL': `${good}\0`,
    'with the plain base64 alphabet': `${head}.${body}.+/${signature.slice(2)}`,
    'without a signature': `${head}.${body}.`,
    'without a header': `.${body}.${signature}`,
    'without claims': `${head}..${signature}`,
    'with the signature of another token': `${head}.${body}.${new Tokens(testRing()).sign({ ...claims, uuid: 'b' }).split('.')[2]}`,
    'with the claims of another token': `${head}.${part({ ...claims, projectId: '1a7' })}.${signature}`,
    'with a shortened signature': `${head}.${body}.${signature.slice(0, -4)}`,
    'with a signature of zeros': `${head}.${body}.${base64url(Buffer.alloc(256))}`,
    'with a signature of ones': `${head}.${body}.${base64url(Buffer.alloc(256, 255))}`,
    'that has expired': rs256({ alg: 'RS256' }, { ...claims, exp: past }, key.privateKey),
    'that is not valid yet': rs256({ alg: 'RS256' }, { ...claims, nbf: past + 7200 }, key.privateKey),
    'with text for its expiry': rs256({ alg: 'RS256' }, { ...claims, exp: 'tomorrow' }, key.privateKey),
    'that is huge': rs256({ alg: 'RS256' }, { ...claims, config: 'x'.repeat(limits.tokenLength) }, key.privateKey),
  };

  for (const [name, token] of Object.entries(attacks)) {
    it(name, () => {
      const { code, message } = refusalOf(() => new Tokens(testRing('own', 'one')).verify(token));
      expect(code).to.equal('InvalidToken');
      expect(message).to.match(/^Invalid token error: [\w ()/:-]{5,60}$/);
      for (const segment of token.split('.').filter((text) => text.length > 8)) expect(message).not.to.include(segment);
    });
  }

  it('with the key id of another accepted key', () => {
    const [, second] = testRing('own', 'one').verification;
    const token = headed({ alg: 'RS256', typ: 'JWT', kid: second?.kid });
    expect(refusalOf(() => new Tokens(testRing('own', 'one')).verify(token)).code).to.equal('InvalidToken');
  });

  it('with any other spelling of the same bytes', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const parts = rancherToken(claims, key.privateKey).split('.');
    const tokens = new Tokens(testRing());
    let variants = 0;
    for (const [index, text] of parts.entries()) {
      for (const last of alphabet.replace(text.slice(-1), '')) {
        const token = parts.with(index, text.slice(0, -1) + last).join('.');
        expect(() => tokens.verify(token), `segment ${index} ends with ${last}`).to.throw(ServiceError);
        variants += 1;
      }
    }
    expect(variants).to.equal(3 * 63);
  });

  it('with the texts of jwt-go', () => {
    const text = (token = ''): string => refusalOf(() => new Tokens(testRing()).verify(token)).message;
    expect(text(attacks['with the algorithm none'])).to.equal('Invalid token error: Unexpected signing method: none');
    expect(text(attacks['signed by HS256 with nothing'])).to.equal('Invalid token error: Unexpected signing method: HS256');
    expect(text(attacks['with one segment'])).to.equal('Invalid token error: token contains an invalid number of segments');
    expect(text(attacks['with a blank in it'])).to.equal('Invalid token error: illegal base64 data at input byte 0');
    expect(text(attacks['signed with another key'])).to.equal('Invalid token error: crypto/rsa: verification error');
    expect(text(attacks['that has expired'])).to.equal('Invalid token error: Token is expired');
    expect(text(attacks['that is not valid yet'])).to.equal('Invalid token error: Token is not valid yet');
  });
});
