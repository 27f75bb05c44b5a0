import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { EmbeddedIdentity } from './api/authorization/embedded-authorizer.ts';
import type { Config } from './config.ts';
import { startRancherEmulator } from './emulators/rancher/rancher-emulator.ts';

/** The Rancher API that `--embedded` brings along: projects, API keys and receivers in the data folder. */
export interface EmbeddedRancher {
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The project that exists from the first start on. */
  readonly firstProject: string;
  /** Where the first API key was written; undefined where it was configured. */
  readonly adminKeyFile: string | undefined;
  authenticate(accessKey: string, secretKey: string): EmbeddedIdentity | undefined;
  stop(): Promise<void>;
}

const firstProject = '1a5';

/** Starts it on a loopback port of its own; the first start makes an owner's key of project `1a5`. */
export async function startEmbeddedRancher(config: Config, dataDirectory: string): Promise<EmbeddedRancher> {
  // Only this process ever uses the key, so it need not outlive it.
  const serviceKey = newKey();
  const { key, file } = config.adminKey ? { key: config.adminKey, file: undefined } : loadOrCreateAdminKey(dataDirectory);
  const emulator = await startRancherEmulator({
    ...serviceKey,
    host: '127.0.0.1',
    speed: 'instant',
    dataDir: dataDirectory,
    // Members of a project are not trusted with this machine's network.
    targetLabels: false,
    seed: {
      apiKeys: [{ publicValue: key.accessKey, secretValue: key.secretKey, accountId: firstProject, role: 'owner' }],
      resources: [{ type: 'project', id: firstProject, accountId: firstProject, name: 'Default' }],
    },
  });
  return {
    url: `${emulator.url}/v1`,
    ...serviceKey,
    firstProject,
    adminKeyFile: file,
    authenticate: (accessKey, secretKey) => emulator.authenticate(accessKey, secretKey),
    stop: () => emulator.stop(),
  };
}

interface Key {
  readonly accessKey: string;
  readonly secretKey: string;
}

function loadOrCreateAdminKey(dataDirectory: string): { key: Key; file: string } {
  const file = path.join(dataDirectory, 'admin-key');
  if (!fs.existsSync(file)) {
    const { accessKey, secretKey } = newKey();
    fs.writeFileSync(file, `${accessKey}:${secretKey}\n`, { mode: 0o600, flag: 'wx' });
  }
  const [accessKey = '', secretKey = ''] = fs.readFileSync(file, 'utf8').trim().split(':');
  if (accessKey === '' || secretKey === '') throw new Error(`${file} holds no API key; delete it to get a new one`);
  return { key: { accessKey, secretKey }, file };
}

function newKey(): Key {
  return { accessKey: crypto.randomBytes(10).toString('hex').toUpperCase(), secretKey: crypto.randomBytes(20).toString('hex') };
}
