import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const systemWide = '/var/lib/webhook-service';

/**
 * The folder for keys and state, made if need be, closed to others.
 * @param configured WEBHOOK_DATA_DIR; without it `/var/lib/webhook-service` if that can be written, else
 *   `$XDG_STATE_HOME/webhook-service`.
 * @throws Error that says which folder cannot be used.
 */
export function openDataDirectory(
  configured: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (configured !== undefined) return make(configured);
  if (canWrite(systemWide)) return systemWide;
  const state = environment['XDG_STATE_HOME'] || path.join(os.homedir(), '.local', 'state');
  return make(path.join(state, 'webhook-service'));
}

function make(directory: string): string {
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    fs.accessSync(directory, fs.constants.W_OK);
  } catch (cause) {
    throw new Error(`the data folder ${directory} cannot be written; choose another with --data-dir (WEBHOOK_DATA_DIR)`, {
      cause,
    });
  }
  return directory;
}

function canWrite(directory: string): boolean {
  try {
    fs.accessSync(directory, fs.constants.W_OK);
    return fs.statSync(directory).isDirectory();
  } catch {
    return false;
  }
}
