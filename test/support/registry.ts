import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { startCommand } from './program.ts';
import { skipOutsideCi } from './skip.ts';

const run = promisify(execFile);

/** Debian's `docker-registry` (CNCF Distribution) on the loopback, with its storage in a temporary folder. */
export interface TestRegistry {
  /** `127.0.0.1:PORT`, as it stands before the repository in a reference. */
  readonly host: string;
  /** Copies what `writeOciLayout` wrote in, with skopeo. @param reference repository and tag, such as `acme/web:2`. */
  push(layout: string, reference: string, ...options: string[]): Promise<void>;
  /** Runs a command of skopeo, such as `inspect`, on the image. */
  skopeo(command: string, reference: string, ...options: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface RegistryOptions {
  /** Where it sends its notifications. */
  readonly notify: string;
  /** Headers of the notifications. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

const programs = ['docker-registry', 'skopeo'];

/** Without the programs the test is skipped, saying how to get them; with CI=true it fails. */
export async function needRegistry(test: Mocha.Context): Promise<void> {
  const found = await Promise.all(programs.map((name) => run(name, ['--version']).catch(() => undefined)));
  const missing = programs.filter((_name, index) => found[index] === undefined);
  if (missing.length === 0) return;
  const reason = `no ${missing.join(' and no ')}: apt-get install ${missing.join(' ')}`;
  skipOutsideCi(test, reason);
}

/** @throws Error with what it said, if it does not start. */
export async function startRegistry({ notify, headers = {} }: RegistryOptions): Promise<TestRegistry> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const endpoint = { name: 'webhook-service', url: notify, headers, timeout: '5s', threshold: 3, backoff: '200ms' };
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: path.join(folder, 'storage') }, delete: { enabled: true } },
    http: { addr: host, secret: 'one registry alone needs none' },
    notifications: { endpoints: [endpoint] },
  };
  const file = path.join(folder, 'config.yml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  const registry = startCommand('docker-registry', ['serve', file]);
  await registry.says(/listening on/);
  const image = (reference: string): string => `docker://${host}/${reference}`;
  return {
    host,
    async push(layout, reference, ...options) {
      const from = `oci:${layout}`;
      await run('skopeo', ['--insecure-policy', 'copy', '--dest-tls-verify=false', ...options, from, image(reference)]);
    },
    async skopeo(command, reference, ...options) {
      const { stdout } = await run('skopeo', [command, '--tls-verify=false', ...options, image(reference)]);
      return stdout;
    },
    async stop() {
      await registry.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
