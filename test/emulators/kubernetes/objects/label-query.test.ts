import { expect } from 'chai';
import * as fc from 'fast-check';
import { meets, parseLabelQuery } from '../../../../src/emulators/kubernetes/objects/label-query.ts';
import { StatusError } from '../../../../src/emulators/kubernetes/http/status-error.ts';

function matches(text: string, labels: Readonly<Record<string, string>>): boolean {
  return parseLabelQuery(text).every((each) => meets(each, labels));
}

describe('parseLabelQuery', () => {
  const web = { app: 'web', tier: 'front', rank: '7' };

  for (const text of [
    '',
    'app=web',
    'app==web',
    'app = web , tier=front',
    'app!=db',
    'none!=db',
    'app',
    '!none',
    'app in (web,db)',
    'app in ( web )',
    'app notin (db)',
    'none notin (db)',
    'app,app=web',
    'rank>6',
    'rank<8',
    'example.com/none!=x',
  ])
    it(`takes ${JSON.stringify(text)} for a match`, () => expect(matches(text, web)).to.equal(true));

  for (const text of [
    'app=db',
    'app!=web',
    'none',
    '!app',
    'app in (db)',
    'none in (web)',
    'app notin (web,db)',
    'app=',
    'rank>7',
    'none<9',
  ])
    it(`takes ${JSON.stringify(text)} for none`, () => expect(matches(text, web)).to.equal(false));

  for (const [text, why] of [
    ['app in', "found '' expected: '('"],
    ['app in (web', "expected: ',', ')' or identifier"],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a b', "found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['=b', "found '=', expected: identifier"],
    ['a=b,', "found '', expected: identifier after ','"],
    ['bad/label/x', 'a qualified name must consist of alphanumeric characters'],
    ['a=b%c', 'a valid label must be an empty string or consist of alphanumeric characters'],
    ['a>b', 'the value must be an integer'],
  ] as const)
    it(`refuses ${JSON.stringify(text)}`, () => expect(() => parseLabelQuery(text)).to.throw(StatusError, why));

  it('reads back what it is given, and refuses the rest as 400', () => {
    const word = fc.stringMatching(/^[a-z]([a-z0-9.-]{0,8}[a-z0-9])?$/).filter((each) => each !== 'in' && each !== 'notin');
    const requirement = fc.record({ key: word, values: fc.array(word, { minLength: 1, maxLength: 3 }), not: fc.boolean() });
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), (all) => {
        const text = all.map(({ key, values, not }) => `${key} ${not ? 'notin' : 'in'} (${values.join(',')})`).join(',');
        expect(parseLabelQuery(text)).to.deep.equal(
          all.map(({ key, values, not }) => ({ key, operator: not ? 'notin' : 'in', values })),
        );
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseLabelQuery(text);
        } catch (thrown) {
          expect(thrown).to.be.an.instanceOf(StatusError).with.property('code', 400);
        }
      }),
    );
  });
});
