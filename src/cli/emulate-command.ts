import crypto from 'node:crypto';
import fs from 'node:fs';
import type { Release } from '../emulators/kubernetes/schema/api-versions.ts';
import { startKubernetesEmulator } from '../emulators/kubernetes/kubernetes-emulator.ts';
import { startRancherEmulator } from '../emulators/rancher/rancher-emulator.ts';
import { createSampleSeed } from '../emulators/rancher/sample-seed.ts';
import { parseRancherSeed, type RancherSeed } from '../emulators/rancher/rancher-seed.ts';
import { coerceError } from '../framework/errors.ts';
import { type Command, UsageError, untilAborted } from './command.ts';
import { type Flags, parseFlags } from './parse-flags.ts';

export const emulateCommand: Command = {
  help: `webhook-service emulate rancher|kubernetes [options]

  --port N             0 takes any that is free (default)
  --host H             127.0.0.1
  --speed N|instant    how many times faster than real time; instant: every change has ended when the answer comes
  --data DIR           keep the state in a folder; without it, in memory

rancher:
  --access-key K       the API key, else CATTLE_ACCESS_KEY, else generated and printed
  --secret-key K       its secret, else CATTLE_SECRET_KEY, else generated and printed
  --seed FILE          {"apiKeys": [{publicValue, secretValue, accountId, role}], "resources": [{type, id, accountId, …}]};
                       without it, a small sample

kubernetes:
  --kubeconfig FILE    write a kubeconfig there
  --release 1.34|1.8   whose API groups are served; 1.8 has apps/v1beta1, extensions/v1beta1 and batch/v1beta1

The first line on standard output is: listening on URL

Examples:
  webhook-service emulate rancher --port 8080 --speed instant
  webhook-service emulate kubernetes --kubeconfig ./kubeconfig
`,
  async run(args, signal) {
    const [kind = '', ...rest] = args;
    const emulate = kinds.get(kind);
    if (!emulate) throw new UsageError(`emulate needs rancher or kubernetes${kind === '' ? '' : `, not ${kind}`}`);
    const emulator = await emulate(rest);
    process.stdout.write(`listening on ${emulator.url}\n${emulator.note}`);
    await untilAborted(signal);
    await emulator.stop();
    return 0;
  },
};

interface Emulator {
  readonly url: string;
  /** What else a user has to know; ended by a line feed, or empty. */
  readonly note: string;
  stop(): Promise<void>;
}

const kinds: ReadonlyMap<string, (args: readonly string[]) => Promise<Emulator>> = new Map([
  ['rancher', emulateRancher],
  ['kubernetes', emulateKubernetes],
]);

const commonFlags = ['port', 'host', 'speed', 'data'];

async function emulateRancher(args: readonly string[]): Promise<Emulator> {
  const flags = parseFlags(args, [...commonFlags, 'access-key', 'secret-key', 'seed']);
  const given = {
    accessKey: text(flags, 'access-key') ?? process.env['CATTLE_ACCESS_KEY'],
    secretKey: text(flags, 'secret-key') ?? process.env['CATTLE_SECRET_KEY'],
  };
  const accessKey = given.accessKey || crypto.randomBytes(10).toString('hex').toUpperCase();
  const secretKey = given.secretKey || crypto.randomBytes(20).toString('hex');
  const emulator = await startRancherEmulator({
    ...common(flags),
    accessKey,
    secretKey,
    seed: readSeed(text(flags, 'seed')),
  });
  const shownSecret = given.secretKey ? '' : ` secret key ${secretKey}`;
  return { url: emulator.url, note: `access key ${accessKey}${shownSecret}\n`, stop: () => emulator.stop() };
}

async function emulateKubernetes(args: readonly string[]): Promise<Emulator> {
  const flags = parseFlags(args, [...commonFlags, 'kubeconfig', 'release']);
  const emulator = await startKubernetesEmulator({ ...common(flags), release: readRelease(text(flags, 'release')) });
  const file = text(flags, 'kubeconfig');
  if (file !== undefined) fs.writeFileSync(file, emulator.kubeconfig(), { mode: 0o600 });
  const note = file === undefined ? emulator.kubeconfig() : `kubeconfig ${file}\n`;
  return { url: emulator.url, note, stop: () => emulator.stop() };
}

function readRelease(name = '1.34'): Release {
  if (name === '1.34' || name === '1.8') return name;
  throw new UsageError(`--release needs 1.34 or 1.8, not ${name}`);
}

function common(flags: Flags): { port: number; host: string; speed: number | 'instant'; dataDir?: string } {
  const port = Number(flags['port'] ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError('--port needs a number from 0 to 65535');
  const speedText = text(flags, 'speed') ?? '1';
  const speed = speedText === 'instant' ? speedText : Number(speedText);
  if (speed !== 'instant' && !(speed > 0 && Number.isFinite(speed)))
    throw new UsageError('--speed needs a number above 0, or instant');
  const dataDir = text(flags, 'data');
  return { port, host: text(flags, 'host') ?? '127.0.0.1', speed, ...(dataDir !== undefined && { dataDir }) };
}

function readSeed(file: string | undefined): RancherSeed {
  if (file === undefined) return createSampleSeed();
  try {
    return parseRancherSeed(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (thrown) {
    throw new UsageError(`--seed ${file}: ${coerceError(thrown).message}`, { cause: thrown });
  }
}

function text(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
