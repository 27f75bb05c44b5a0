import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { JsonObject } from '../../src/framework/json.ts';
import { readPayload } from '../../src/framework/read-payload.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { projectRoot } from '../support/program.ts';

const folder = path.join(projectRoot, 'docs/payloads');

describe('the pages on payload formats', () => {
  it('are one for each format, all of them in the list', () => {
    const pages = fs.readdirSync(folder).filter((name) => name !== 'README.md');
    expect(pages).to.have.members(payloadFormats.all.map(({ id }) => `${id}.md`));
    const list = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
    expect([...list.matchAll(/\| \[`(\w+)`\]/g)].map(([, id]) => id)).to.have.members(payloadFormats.all.map(({ id }) => id));
  });

  for (const { id } of payloadFormats.all) {
    it(`show for ${id} a body that deploys`, () => {
      const page = fs.readFileSync(path.join(folder, `${id}.md`), 'utf8');
      const [, example = ''] = /## Example\n+```json\n(.*?)```/s.exec(page) ?? [];
      const paths = { imagePath: '$.artifact.name', tagPath: '$.artifact.tags[*]', digestPath: '$.artifact.digest' };
      const name = id === 'custom' ? id : 'auto';
      const { format, events, ignored } = readPayload(payloadFormats, name, JSON.parse(example) as JsonObject, {}, paths);
      expect({ format, ignored }).to.deep.equal({ format: id, ignored: [] });
      expect(events).to.have.length(id === 'custom' ? 2 : 1);
      expect(page).to.include('\n## Authenticity\n');
    });
  }
});
