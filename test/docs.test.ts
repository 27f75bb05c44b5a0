import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { generatedParts, markers, withGeneratedPart } from '../scripts/generated-docs.ts';
import { settings } from '../src/settings.ts';
import { projectRoot } from './support/program.ts';

function pages(folder = ''): string[] {
  const skipped = new Set(['node_modules', 'dist', 'test', '.git', '.cache']);
  return fs.readdirSync(path.join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const below = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : pages(below);
    return entry.name.endsWith('.md') ? [below] : [];
  });
}

function read(file: string): string {
  return fs.readFileSync(path.join(projectRoot, file), 'utf8');
}

/** As GitHub makes the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

describe('the documentation', () => {
  for (const { file, text } of generatedParts()) {
    it(`has in ${file} what the program has (else: npm run docs)`, () => {
      expect(withGeneratedPart(read(file), text)).to.equal(read(file));
    });
  }

  it('notices what has drifted, and pages without a place for it', () => {
    const page = `before\n${markers.begin}\n\nold\n\n${markers.end}\nafter\n`;
    expect(withGeneratedPart(page, 'new')).to.equal(page.replace('old', 'new'));
    expect(() => withGeneratedPart('nothing', 'new')).to.throw('lacks the markers');
  });

  it('has no link that leads nowhere', () => {
    const broken = pages().flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [file = '', anchor] = link.split('#');
          const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
          if (!fs.existsSync(path.join(projectRoot, target))) return true;
          if (anchor === undefined) return false;
          const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
          return !headings.includes(anchor);
        })
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('names only settings that exist', () => {
    // Rancher's own, in pages that say so.
    const foreign = new Set(['CATTLE_WEBHOOK_SERVICE_EXECUTE', 'CATTLE_WEBHOOK_SERVICE_EXECUTABLE']);
    const unknown = pages().flatMap((page) =>
      [...read(page).matchAll(/\b(?:WEBHOOK|CATTLE|RSA)_[A-Z_]*[A-Z]\b/g)]
        .map(([name]) => name)
        .filter((name) => !foreign.has(name) && !Object.hasOwn(settings, name.replace(/_FILE$/, '')))
        .map((name) => `${page}: ${name}`),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = pages().flatMap((page) =>
      [...read(page).matchAll(/\bnpm run (?:--silent )?(\w[\w:-]*\w)/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).to.deep.equal([]);
  });

  it('shows receivers that decode as JSON', () => {
    const blocks = pages().flatMap((page) => [...read(page).matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text));
    expect(blocks.length).to.be.greaterThan(5);
    for (const block of blocks) expect(() => JSON.parse(block) as unknown, block).not.to.throw();
  });
});
