import fs from 'node:fs';
import path from 'node:path';
import { generatePrivateKeyPem } from '../framework/key-ring.ts';

/** The signing key of a service that was given none: made once, kept in the data folder with mode 0600. */
export function loadOrCreateTokenKey(dataDirectory: string): string {
  const file = path.join(dataDirectory, 'token-key.pem');
  if (!fs.existsSync(file)) {
    // Written whole under another name first: a crash must not leave half a key, and the link fails if another was faster.
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, generatePrivateKeyPem(), { mode: 0o600 });
    try {
      fs.linkSync(draft, file);
    } catch (thrown) {
      if (!fs.existsSync(file)) throw thrown;
    } finally {
      fs.rmSync(draft);
    }
  }
  return fs.readFileSync(file, 'utf8');
}
