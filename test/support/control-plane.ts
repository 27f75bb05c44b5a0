import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { skipOutsideCi } from './skip.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('control-plane/kube.sh', import.meta.url));
const programsScript = fileURLToPath(new URL('control-plane/programs.sh', import.meta.url));

/** A real Kubernetes control plane whose kubelet is played by kwok; see control-plane/README.md. */
export interface ControlPlane {
  readonly folder: string;
  /** The folder of kubectl and the others. */
  readonly programs: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** One for the ServiceAccount `default/restricted`, with the rights of control-plane/restricted.yaml. */
  readonly restrictedKubeconfig: string;
  /** Runs kubectl as administrator. */
  kubectl(...args: string[]): Promise<string>;
  /** Stops, continues, kills or starts one of the programs again, such as `kube-apiserver`. */
  process(action: 'pause' | 'resume' | 'kill' | 'restart', name: string): Promise<void>;
  /** Creates or changes objects. */
  apply(...objects: object[]): Promise<void>;
}

/** Where the programs are, or why they are nowhere. */
export function controlPlanePrograms(): { readonly folder: string } | { readonly missing: string } {
  const { status, stdout, stderr } = spawnSync(programsScript, ['--find'], { encoding: 'utf8' });
  return status === 0 ? { folder: stdout.trim() } : { missing: stderr.trim() };
}

let started: Promise<ControlPlane> | undefined;

/**
 * The one control plane of this test run, started when it is first wanted; takes about 5 s.
 * Without the programs the test is skipped, saying how to get them; with CI=true it fails.
 */
export async function useControlPlane(test: Mocha.Context): Promise<ControlPlane> {
  if (started === undefined) {
    const found = controlPlanePrograms();
    if ('missing' in found) {
      const reason = `no Kubernetes control plane: ${found.missing}`;
      return skipOutsideCi(test, reason);
    }
    started = start(found.folder);
  }
  test.timeout(300_000);
  return started;
}

async function start(bin: string): Promise<ControlPlane> {
  await stopLeftovers();
  // etcd listens on a socket in this folder, and the path of a socket has at most 107 bytes.
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cp-'));
  await writeFile(path.join(folder, runnerFile), String(process.pid));
  stops.push(async () => {
    await run(script, ['down', folder]);
    await rm(folder, { recursive: true, force: true });
  });
  await run(script, ['up', folder, '--bin', bin], { maxBuffer: 1 << 24 });
  const kubeconfig = path.join(folder, 'admin.kubeconfig');
  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(path.join(bin, 'kubectl'), ['--kubeconfig', kubeconfig, ...args], { maxBuffer: 1 << 24 });
    return stdout;
  };
  return {
    folder,
    programs: bin,
    kubeconfig,
    restrictedKubeconfig: path.join(folder, 'restricted.kubeconfig'),
    kubectl,
    async process(action, name) {
      await run(script, [action, folder, name]);
    },
    async apply(...objects) {
      const file = path.join(folder, `apply-${Math.random().toString(36).slice(2)}.json`);
      await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      await kubectl('apply', '-f', file);
    },
  };
}

/** Holds the id of the process that runs the tests. */
const runnerFile = 'runner.pid';

/** Ends what a test runner that was killed left behind. */
async function stopLeftovers(): Promise<void> {
  for (const name of (await readdir(os.tmpdir())).filter((each) => each.startsWith('cp-'))) {
    const folder = path.join(os.tmpdir(), name);
    const runner = Number(await readFile(path.join(folder, runnerFile), 'utf8').catch(() => '0'));
    if (runner === 0 || isAlive(runner)) continue;
    await run(script, ['down', folder]);
    await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const stops: (() => Promise<void>)[] = [];

// Test files load this module outside of every `describe`, so this is a root hook: it runs once, after the last test.
after(async function () {
  this.timeout(180_000);
  await started?.catch(() => undefined);
  for (const stop of stops.splice(0)) await stop();
});
