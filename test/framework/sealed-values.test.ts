import { expect } from 'chai';
import * as fc from 'fast-check';
import { ServiceError } from '../../src/framework/errors.ts';
import { createKeyRing } from '../../src/framework/key-ring.ts';
import { SealedValues } from '../../src/framework/sealed-values.ts';
import { testKey, testRing } from '../support/keys.ts';

const changed = 'A secret of this receiver cannot be opened: it was changed in the store';

describe('sealed values', () => {
  const sealed = new SealedValues(testRing());

  it('open as what was sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (secret, purpose) => {
        const envelope = sealed.seal(secret, purpose);
        expect(SealedValues.isSealed(envelope)).to.equal(true);
        expect(sealed.open(envelope, purpose)).to.equal(secret);
        if (secret.length > 3) expect(envelope).not.to.include(secret);
      }),
    );
  });

  it('differ each time', () => {
    expect(sealed.seal('secret', 'a')).not.to.equal(sealed.seal('secret', 'a'));
  });

  it('open with the same key in another process', () => {
    expect(new SealedValues(testRing()).open(sealed.seal('secret', 'a'), 'a')).to.equal('secret');
  });

  it('do not open for another purpose', () => {
    expect(() => sealed.open(sealed.seal('secret', 'key1/secret'), 'key2/secret')).to.throw(ServiceError, changed);
  });

  it('do not open once any character was changed', () => {
    const envelope = sealed.seal('secret', 'a');
    const at = fc.integer({ min: 'sealed:v1:'.length, max: envelope.length - 1 });
    fc.assert(
      fc.property(at, fc.constantFrom('A', 'B', 'a', 'b', '0', '9', '-', '_', ':', '='), (index, character) => {
        fc.pre(envelope.charAt(index) !== character);
        const tampered = envelope.slice(0, index) + character + envelope.slice(index + 1);
        expect(() => sealed.open(tampered, 'a')).to.throw(ServiceError);
      }),
    );
  });

  it('do not open once they were cut or lengthened', () => {
    const envelope = sealed.seal('secret', 'a');
    const start = envelope.lastIndexOf(':') + 1;
    for (let length = start; length < envelope.length; length += 1) {
      expect(() => sealed.open(envelope.slice(0, length), 'a'), String(length)).to.throw(ServiceError, changed);
    }
    for (const more of ['A', 'AAAA', ':', ':x', '='])
      expect(() => sealed.open(envelope + more, 'a')).to.throw(ServiceError, changed);
  });

  it('say so where they were sealed with another RSA key', () => {
    const other = new SealedValues(testRing('stranger')).seal('secret', 'a');
    expect(() => sealed.open(other, 'a')).to.throw(ServiceError, 'A secret of this receiver was sealed with another RSA key');
  });

  it('need a private key', () => {
    const without = new SealedValues(createKeyRing(undefined, testKey().publicPem));
    const text = 'Secrets cannot be sealed without RSA_PRIVATE_KEY_CONTENTS';
    expect(() => without.seal('secret', 'a')).to.throw(ServiceError, text);
    expect(() => without.open('sealed:v1::AAAA', 'a')).to.throw(ServiceError, text);
  });
});
