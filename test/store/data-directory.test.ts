import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createKeyRing } from '../../src/framework/key-ring.ts';
import { openDataDirectory } from '../../src/store/data-directory.ts';
import { loadOrCreateTokenKey } from '../../src/store/token-key-file.ts';

describe('the data folder', () => {
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'data-'));
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  const modeOf = (file: string): number => fs.statSync(file).mode & 0o777;

  it('is made where it is wanted, closed to others', () => {
    const directory = openDataDirectory(path.join(root, 'a/b'), {});
    expect(modeOf(directory)).to.equal(0o700);
    expect(openDataDirectory(directory, {})).to.equal(directory);
  });

  it('says which folder it cannot use, and what to do', () => {
    const file = path.join(root, 'file');
    fs.writeFileSync(file, '');
    expect(() => openDataDirectory(path.join(file, 'x'), {})).to.throw(
      `the data folder ${file}/x cannot be written; choose another with --data-dir (WEBHOOK_DATA_DIR)`,
    );
  });

  it('keeps one signing key, closed to others, for every start', () => {
    const first = loadOrCreateTokenKey(root);
    expect(loadOrCreateTokenKey(root)).to.equal(first);
    expect(createKeyRing(first, undefined).signing).to.be.an('object');
    expect(fs.readdirSync(root)).to.deep.equal(['token-key.pem']);
    expect(modeOf(path.join(root, 'token-key.pem'))).to.equal(0o600);
  });
});
