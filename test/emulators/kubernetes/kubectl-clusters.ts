import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startKubernetesEmulator } from '../../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { skipOutsideCi } from '../../support/skip.ts';

const run = promisify(execFile);

/** kubectl with a namespace of its own on some cluster. */
export interface Kubectl {
  readonly namespace: string;
  /** @returns what it prints. @throws Error with `stderr` */
  (...args: string[]): Promise<string>;
  /** What it prints as an error; fails where there is none. */
  refusal(...args: string[]): Promise<string>;
  /** Applies objects. */
  apply(...objects: object[]): Promise<string>;
  /** Writes objects to a file, for `-f`. */
  file(...objects: object[]): Promise<string>;
  /** Waits until a field of an object has a value; the limit only keeps a broken test from hanging. */
  until(target: string, jsonpath: string, value: string | RegExp): Promise<void>;
  /** Starts one that goes on until it is stopped. */
  background(...args: string[]): { readonly output: () => string; stop(): void };
  stop(): Promise<void>;
}

/** Every cluster that a suite is to give the same results on, and how a test gets at it. */
export const clusters: readonly (readonly [name: string, use: (test: Mocha.Context) => Promise<Kubectl>])[] = [
  ['the Kubernetes emulator', useEmulator],
  ['a real control plane', async (test) => kubectlWith((await useControlPlane(test)).kubeconfig, findKubectl() ?? 'kubectl')],
];

async function useEmulator(test: Mocha.Context): Promise<Kubectl> {
  const program = findKubectl();
  if (program === undefined) {
    const reason = 'there is no kubectl on PATH';
    return skipOutsideCi(test, reason);
  }
  const emulator = await startKubernetesEmulator({ speed: 10 });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubectl-'));
  const config = path.join(folder, 'config');
  await writeFile(config, emulator.kubeconfig());
  return kubectlWith(config, program, async () => {
    await emulator.stop();
    await rm(folder, { recursive: true });
  });
}

/** The control plane's own if it is there: what kubectl prints differs from release to release. */
function findKubectl(): string | undefined {
  const cache = path.join(os.homedir(), '.cache/webhook-service/control-plane');
  const cached = existsSync(cache) ? readdirSync(cache).map((name) => path.join(cache, name)) : [];
  const folders = [process.env['KUBEBUILDER_ASSETS'] ?? '', ...cached, ...(process.env['PATH'] ?? '').split(path.delimiter)];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, 'kubectl'))
    .find((file) => existsSync(file));
}

async function kubectlWith(kubeconfig: string, program: string, release?: () => Promise<void>): Promise<Kubectl> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubectl-'));
  const namespace = `k-${Math.random().toString(36).slice(2, 10)}`;
  const environment = { ...process.env, HOME: folder, KUBECONFIG: kubeconfig, KUBECTL_EXPLAIN_OPENAPIV3: 'true' };
  const options = { env: environment, timeout: 120_000 };
  const full = (args: readonly string[]): string[] => ['-n', namespace, ...args];
  const call = async (...args: string[]): Promise<string> => (await run(program, full(args), options)).stdout;
  let files = 0;
  const file = async (...objects: object[]): Promise<string> => {
    files += 1;
    const name = path.join(folder, `${files}.json`);
    await writeFile(name, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    return name;
  };
  await call('apply', '-f', await file({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }));
  return Object.assign(call, {
    namespace,
    file,
    async refusal(...args: string[]) {
      const thrown: unknown = await call(...args).catch((error: unknown) => error);
      if (!(thrown instanceof Error) || !('stderr' in thrown)) throw new Error(`kubectl ${args.join(' ')} was not refused`);
      return String(thrown.stderr);
    },
    apply: async (...objects: object[]) => call('apply', '-f', await file(...objects)),
    async until(target: string, jsonpath: string, value: string | RegExp) {
      const end = performance.now() + 60_000;
      for (;;) {
        const found = await call('get', target, '--ignore-not-found', '-o', `jsonpath=${jsonpath}`);
        if (typeof value === 'string' ? found === value : value.test(found)) return;
        if (performance.now() > end) throw new Error(`${target} ${jsonpath} is ${found}, not ${String(value)}`);
        await sleep(20);
      }
    },
    background(...args: string[]) {
      let output = '';
      const child = execFile(program, full(args), { env: environment }, () => undefined);
      child.stdout?.on('data', (chunk: string) => (output += chunk));
      return { output: () => output, stop: () => void child.kill() };
    },
    async stop() {
      await run(program, ['delete', 'namespace', namespace, '--wait=false'], options);
      await release?.();
      await rm(folder, { recursive: true });
    },
  });
}

/** A workload of a kind with one container; its labels are `app`: its name. */
export function workload(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  name: string,
  image: string,
  spec: object = {},
): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, labels },
    spec: {
      ...(kind !== 'DaemonSet' && { replicas: 2 }),
      ...(kind === 'StatefulSet' && { serviceName: name }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
      ...spec,
    },
  };
}
