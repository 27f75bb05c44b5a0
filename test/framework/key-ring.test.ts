import crypto from 'node:crypto';
import { expect } from 'chai';
import { createKeyRing, generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { testKey } from '../support/keys.ts';

function rsaPem(modulusLength: number, publicExponent = 65537): string {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

describe('a key ring', () => {
  const own = testKey();

  it('takes PKCS#1 and PKCS#8, and newlines that are spelled out', () => {
    const pkcs1 = own.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const kids = [own.privatePem, pkcs1, own.privatePem.replaceAll('\n', '\\n')].map(
      (pem) => createKeyRing(pem, undefined).signing?.kid,
    );
    expect(new Set(kids).size).to.equal(1);
  });

  it('takes the public key of the private one as the same key', () => {
    const { verification, signing } = createKeyRing(own.privatePem, own.publicPem);
    expect(verification.map(({ kid }) => kid)).to.deep.equal([signing?.kid]);
  });

  it('accepts the signing key first and two more', () => {
    const pems = ['one', 'two'].map((name) => testKey(name).publicPem).join('');
    const { verification, signing } = createKeyRing(own.privatePem, pems);
    expect(verification).to.have.length(3);
    expect(verification[0]?.kid).to.equal(signing?.kid);
  });

  it('refuses a fourth key', () => {
    const pems = ['one', 'two', 'three'].map((name) => testKey(name).publicPem).join('');
    expect(() => createKeyRing(own.privatePem, pems)).to.throw('there are 4 public keys; at most 3 are accepted');
  });

  it('signs nothing without a private key', () => {
    expect(createKeyRing(undefined, own.publicPem)).not.to.have.property('signing');
  });

  const elliptic = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const bad: Record<string, [() => string, string]> = {
    'with 1024 bits': [() => rsaPem(1024), 'the private key has 1024 bits; at least 2048 are needed'],
    'with the exponent 3': [() => rsaPem(2048, 3), "the private key's exponent is 3; 65537 is needed"],
    'on a curve': [
      () => elliptic.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'the private key is ec; RS256 needs an RSA key',
    ],
    'that is a public one': [() => own.publicPem, 'the private key is no PEM of an RSA key'],
    'that is no PEM': [() => 'nonsense', 'the private key is no PEM of an RSA key'],
    'that is cut short': [() => own.privatePem.slice(0, 400), 'the private key is no PEM of an RSA key'],
    'that is empty': [() => '', 'the private key is no PEM of an RSA key'],
  };
  for (const [name, [pem, text]] of Object.entries(bad)) {
    it(`refuses a key ${name}`, () => {
      expect(() => createKeyRing(pem(), undefined))
        .to.throw(Error)
        .with.property('message', text);
    });
  }

  it('refuses weak and foreign public keys', () => {
    const weak = crypto.createPublicKey(rsaPem(1024)).export({ type: 'spki', format: 'pem' }).toString();
    expect(() => createKeyRing(own.privatePem, weak)).to.throw('the public key has 1024 bits');
    expect(() => createKeyRing(undefined, 'nonsense')).to.throw('the public key is no PEM');
    expect(() => createKeyRing(undefined, own.privatePem)).to.throw('the public key is no PEM');
  });

  it('never repeats a key in an error', () => {
    const secret = own.privatePem.slice(100, 140);
    expect(() => createKeyRing(own.privatePem.slice(0, 400), undefined))
      .to.throw(Error)
      .with.property('message')
      .that.does.not.include(secret);
  });

  it('is made of a fresh key that it accepts itself', () => {
    expect(createKeyRing(generatePrivateKeyPem(), undefined).verification).to.have.length(1);
  });
});
