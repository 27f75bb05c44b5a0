import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type RancherEmulator, startRancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import type { RancherSeed } from '../../src/emulators/rancher/rancher-seed.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { type GateProxy, startGateProxy } from '../support/gate-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { type Program, startCompiled, startWebhookService } from '../support/program.ts';

/** The program in front of an instant Rancher, started and ended at will on the same data folder and port. */
export interface UpgradeWorld {
  readonly rancher: RancherEmulator;
  readonly proxy: GateProxy;
  readonly url: string;
  /** The folder with the data of the program. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The one that was started last. */
  readonly program: Program;
  /** Starts the program; does not wait until it listens. */
  launch(): Program;
  /** Resolves when the program listens. */
  start(): Promise<Program>;
  stop(): Promise<void>;
}

export interface UpgradeWorldOptions {
  readonly seed: RancherSeed;
  /** Runs the compiled program, not the sources. */
  readonly compiled?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** The data folder, which is removed in the end; a new one if absent. */
  readonly folder?: string;
}

const key = { accessKey: 'access', secretKey: 'secret' };

export async function openUpgradeWorld(options: UpgradeWorldOptions): Promise<UpgradeWorld> {
  const rancher = await startRancherEmulator({ ...key, speed: 'instant', seed: options.seed });
  const proxy = await startGateProxy(rancher.url);
  const folder = options.folder ?? (await mkdtemp(path.join(os.tmpdir(), 'torture-')));
  const port = await freePort();
  const environment = {
    CATTLE_URL: `${proxy.url}/v1`,
    CATTLE_ACCESS_KEY: key.accessKey,
    CATTLE_SECRET_KEY: key.secretKey,
    RSA_PRIVATE_KEY_CONTENTS: generatePrivateKeyPem(),
    WEBHOOK_AUTH: 'none',
    WEBHOOK_LISTEN: `127.0.0.1:${port}`,
    WEBHOOK_DATA_DIR: folder,
    ...options.environment,
  };
  let program: Program | undefined;
  const launch = (): Program => {
    program = (options.compiled ? startCompiled : startWebhookService)(['serve'], environment);
    return program;
  };
  return {
    rancher,
    proxy,
    url: `http://127.0.0.1:${port}`,
    folder,
    environment,
    get program() {
      if (program === undefined) throw new Error('the program was not started');
      return program;
    },
    launch,
    async start() {
      const started = launch();
      await started.says(/"message":"listening"/);
      return started;
    },
    async stop() {
      await program?.stop();
      await proxy.stop();
      await rancher.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The body of a push of `acme/web`, as Docker Hub sends it. @param pushedAt seconds since 1970. */
export function pushOf(tag: string, pushedAt: number): object {
  return { push_data: { tag, pushed_at: pushedAt }, repository: { repo_name: 'acme/web' } };
}
