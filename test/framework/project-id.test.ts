import { expect } from 'chai';
import { canonicalProjectId } from '../../src/framework/project-id.ts';

describe('canonicalProjectId', () => {
  for (const id of ['1a5', '1A5', '1a05', '1A0005', '5', '05'])
    it(`makes 1a5 of ${id}`, () => expect(canonicalProjectId(id)).to.equal('1a5'));

  for (const id of [
    '1a5',
    '1a0',
    '1a1234567890',
    '',
    'default',
    '1a',
    'a5',
    '1a5/',
    '1a5 ',
    '..',
    '__proto__',
    '1a-5',
    '２',
    `1a${'9'.repeat(30)}`,
  ])
    it(`leaves ${JSON.stringify(id)} as it is`, () => expect(canonicalProjectId(id)).to.equal(id));
});
