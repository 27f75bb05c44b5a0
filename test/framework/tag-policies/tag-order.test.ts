import { expect } from 'chai';
import { assert, bigInt, property, stringMatching } from 'fast-check';
import { rankInOrder, type TagOrder } from '../../../src/framework/tag-policies/tag-order.ts';

/** The values, newest last. */
function sorted(values: readonly string[], order: TagOrder): readonly string[] {
  const rank = (value: string): string => rankInOrder(value, order) ?? '';
  return values.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

describe('rankInOrder', () => {
  // The tables of Flux's ImagePolicy: internal/policy/{numerical,alphabetical}_test.go of image-reflector-controller.
  const newest: readonly (readonly [TagOrder, readonly string[], string])[] = [
    ['numerical', ['-62', '-88', '73', '72', '15', '16', '15', '29', '-33', '-91'], '73'],
    ['numericalDesc', ['5', '-8', '-78', '25', '70', '-4', '80', '92', '-20', '-24'], '-78'],
    ['numerical', ['47.40896403322944', '-27.8520927455902', '53.47333823144817', '3.2008658570411086'], '53.47333823144817'],
    [
      'numericalDesc',
      ['-65.27202780220686', '57.82948329142309', '-90.29082099756083', '16.06867070412028'],
      '-90.29082099756083',
    ],
    ['numerical', ['1606234201', '1606364286', '1606334092', '1606334284', '1606334201'], '1606364286'],
    ['numericalDesc', ['1606234201', '1606364286', '1606334092', '1606334284', '1606334201'], '1606234201'],
    ['alphabetical', ['16.04', '16.04.1', '16.10', '20.04', '20.10'], '20.10'],
    ['alphabeticalDesc', ['16.04', '16.04.1', '16.10', '20.04', '20.10'], '16.04'],
    ['alphabetical', ['xenial', 'yakkety', 'zesty', 'artful', 'bionic'], 'zesty'],
    ['alphabeticalDesc', ['xenial', 'yakkety', 'zesty', 'artful', 'bionic'], 'artful'],
    ['alphabetical', ['rel-1606234201', 'rel-1606364286', 'rel-1606334092'], 'rel-1606364286'],
    ['alphabetical', ['2021-01-08T21-18-21Z', '2020-05-08T21-18-21Z', '2023-05-08T00-20-00Z'], '2023-05-08T00-20-00Z'],
    ['alphabeticalDesc', ['2021-01-08T21-18-21Z', '1990-01-08T00-20-00Z', '2023-05-08T00-20-00Z'], '1990-01-08T00-20-00Z'],
  ];
  for (const [order, values, expected] of newest) {
    it(`finds ${expected} the newest, ${order}`, () => expect(sorted(values, order).at(-1)).to.equal(expected));
  }

  it('takes each run of digits for a number where nothing else is said', () => {
    const values = ['1.9.0', '1.10.0', '1.10.0-2', '2', '10', '2024-01-09', '2024-01-10', 'build-9', 'build-10', 'build-10a'];
    expect(sorted(values.toReversed(), 'asc')).to.deep.equal(values);
    expect(sorted(values, 'desc')).to.deep.equal(values.toReversed());
    expect(rankInOrder('007', 'asc')).to.equal(rankInOrder('7', 'asc'));
  });

  it('orders versions', () => {
    expect(sorted(['v1.10.0', '1.9', '1.10.0-rc.1', '0.9.1'], 'semver')).to.deep.equal([
      '0.9.1',
      '1.9',
      '1.10.0-rc.1',
      'v1.10.0',
    ]);
    expect(rankInOrder('latest', 'semver')).to.equal(undefined);
  });

  it('has no place for other texts among numbers', () => {
    for (const text of ['1a', 'b', '', '.', '-', '1e5', 'Infinity', '0x10', '1.2.3', ' 1'])
      expect(rankInOrder(text, 'numerical'), text).to.equal(undefined);
  });

  it('takes spellings of one number for the same', () => {
    for (const same of [
      ['7', '007', '7.0', '7.', '+7'],
      ['0', '-0', '0.00', '.0'],
      ['-1.5', '-01.50'],
    ])
      expect(new Set(same.map((text) => rankInOrder(text, 'numerical')))).to.have.property('size', 1);
  });

  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

  it('compares whole numbers of any size exactly', () => {
    assert(
      property(bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (a, b) => {
        const ranks = (by: TagOrder): [string, string] => [rankInOrder(`${a}`, by) ?? '', rankInOrder(`${b}`, by) ?? ''];
        expect(order(...ranks('numerical'))).to.equal(a < b ? -1 : a > b ? 1 : 0);
        expect(order(...ranks('numericalDesc'))).to.equal(a < b ? 1 : a > b ? -1 : 0);
      }),
    );
  });

  it('turns every order of texts round', () => {
    const tag = stringMatching(/^[\w.-]{0,12}$/);
    assert(
      property(tag, tag, (a, b) => {
        const ranks = (by: TagOrder): [string, string] => [rankInOrder(a, by) ?? '', rankInOrder(b, by) ?? ''];
        expect(order(...ranks('alphabetical'))).to.equal(order(a, b));
        expect(order(...ranks('alphabeticalDesc'))).to.equal(order(b, a));
        expect(order(...ranks('desc')) + order(...ranks('asc'))).to.equal(0);
      }),
    );
  });
});
