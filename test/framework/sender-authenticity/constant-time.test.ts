import { expect } from 'chai';
import * as fc from 'fast-check';
import { isAnyOf, isSame } from '../../../src/framework/sender-authenticity/constant-time.ts';

describe('comparing in constant time', () => {
  it('says what === says of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (one, two) => {
        const [a, b] = [Buffer.from(one), Buffer.from(two)];
        expect(isSame(a, b)).to.equal(a.equals(b));
        expect(isSame(a, Buffer.from(a))).to.equal(true);
      }),
    );
  });

  it('takes texts and bytes of any length', () => {
    expect(isSame('ä', Buffer.from('ä'))).to.equal(true);
    expect(isSame('', 'x'.repeat(10_000))).to.equal(false);
  });

  it('looks at all of several, wherever the same one is', () => {
    let looked = 0;
    const watched = ['a', 'b', 'c'].map((text) => ({
      [Symbol.toPrimitive]: () => text,
      get text() {
        looked += 1;
        return text;
      },
    }));
    for (const text of ['a', 'b', 'c', 'd']) {
      looked = 0;
      const texts = new Proxy(watched, {
        get: (target, name) =>
          typeof name === 'string' && /^\d+$/.test(name) ? target[Number(name)]?.text : Reflect.get(target, name),
      }) as unknown as string[];
      expect(isAnyOf(text, texts)).to.equal(text !== 'd');
      expect(looked).to.equal(3);
    }
    expect(isAnyOf('a', [])).to.equal(false);
  });
});
