import { expect } from 'chai';
import * as fc from 'fast-check';
import { ServiceError } from '../../src/framework/errors.ts';
import { parseGoJson } from '../../src/framework/go-json.ts';
import { threadTime } from '../support/thread-time.ts';

const faults: readonly (readonly [body: string, text: string])[] = [
  ['', 'unexpected end of JSON input'],
  ['{"a"', 'unexpected end of JSON input'],
  ['"abc', 'unexpected end of JSON input'],
  ['-', 'unexpected end of JSON input'],
  ['x', "invalid character 'x' looking for beginning of value"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
  ['\u0000', "invalid character '\\x00' looking for beginning of value"],
  ['\u0080', "invalid character 'Â' looking for beginning of value"],
  ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a"x', "invalid character 'x' after object key"],
  ['{"a":1 "b"', "invalid character '\"' after object key:value pair"],
  ['[1x', "invalid character 'x' after array element"],
  ['1 2', "invalid character '2' after top-level value"],
  ['01', "invalid character '1' after top-level value"],
  ['trux', "invalid character 'x' in literal true (expecting 'e')"],
  ['fx', "invalid character 'x' in literal false (expecting 'a')"],
  ['nux', "invalid character 'x' in literal null (expecting 'l')"],
  ['--1', "invalid character '-' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1ex', "invalid character 'x' in exponent of numeric literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ['[1e400]', 'json: cannot unmarshal number 1e400 into Go value of type float64'],
  ['['.repeat(65), 'exceeded max depth'],
  ['{"a":'.repeat(65) + '1' + '}'.repeat(65), 'exceeded max depth'],
];

describe('parseGoJson', () => {
  for (const [body, text] of faults) {
    it(`answers ${JSON.stringify(body).slice(0, 30)} with Go's text`, () => {
      expect(() => parseGoJson(body))
        .to.throw(ServiceError, text)
        .with.property('code', 'InvalidPayload');
    });
  }

  it('accepts what JSON.parse accepts, down to 64 levels', () => {
    expect(parseGoJson('['.repeat(64) + ']'.repeat(64))).to.be.an('array');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(parseGoJson(JSON.stringify(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('turns bytes that are no UTF-8 into U+FFFD', () => {
    expect(parseGoJson(Buffer.from([0x22, 0xff, 0x22]))).to.equal('\ufffd');
  });

  it('finds a fault wherever JSON.parse finds one, and nowhere else', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '\\u00',
      'tru',
      'true',
      'nul',
      '-',
      '0',
      '12',
      '.5',
      'e+',
      ' ',
      '\n',
      'é',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
        const body = parts.join('');
        let parses = true;
        try {
          JSON.parse(body);
        } catch {
          parses = false;
        }
        if (parses) parseGoJson(body);
        else expect(() => parseGoJson(body)).to.throw(ServiceError, /^invalid character|^unexpected end/);
      }),
      { numRuns: 2000 },
    );
  });

  for (const number of ['9'.repeat(310), '1e309', '1E+0400', `-${'9'.repeat(310)}`]) {
    it(`finds ${number.slice(0, 10)} wherever it is`, () => {
      const fault = `json: cannot unmarshal number ${number} into Go value of type float64`;
      for (const body of [
        `[${'{"a":1},'.repeat(100)}${number}]`,
        `{"a":{"b":[[${number}]]}}`,
        `{"x":"${number}","y":[${number}]}`,
      ])
        expect(() => parseGoJson(body)).to.throw(ServiceError, fault);
      expect(parseGoJson(`{"a":"${number}"}`), 'a text may have any digits').to.deep.equal({ a: number });
    });
  }

  it('takes no longer for what looks like a number that is too large', () => {
    const body = `[${Array.from({ length: 3_400 }, () => '9'.repeat(299)).join()}]`;
    const took = threadTime(() => parseGoJson(body));
    expect(took, 'milliseconds for 1 MB').to.be.lessThan(200);
  });
});
