/** Writes the generated parts of the documentation anew: `npm run docs`. */
import fs from 'node:fs';
import path from 'node:path';
import { generatedParts, withGeneratedPart } from './generated-docs.ts';

const root = path.resolve(import.meta.dirname, '..');
for (const { file, text } of generatedParts()) {
  const page = path.join(root, file);
  fs.writeFileSync(page, withGeneratedPart(fs.readFileSync(page, 'utf8'), text));
  process.stdout.write(`${file}\n`);
}
