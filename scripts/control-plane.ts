/**
 * A real Kubernetes control plane for a developer: `npm run control-plane up|down|status [NAME]`. Several run side by side,
 * each with a name of its own; what `npm test` starts is another one again.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const usage = `Usage: npm run control-plane up|down|status [NAME] [-- OPTION...]

  up       start one and print the path of its kubeconfig; the first time it is compiled, which takes about 8 minutes
  down     stop it
  status   its processes, with their memory in MiB

NAME is "default" where absent. Options of up: --nodes N, --audit, --no-kwok, --no-scheduler, --no-controllers
(test/support/control-plane/kube.sh explains them).
`;

const root = path.resolve(import.meta.dirname, '..');
const tools = path.join(root, 'test/support/control-plane');
const kubeScript = path.join(tools, 'kube.sh');
const names = /^[a-z0-9][a-z0-9-]{0,19}$/;

/** The folder of an instance: short, since etcd's socket is in it, and not that of another checkout or user. */
function folderOf(name: string): string {
  const owner = createHash('sha256').update(`${os.userInfo().uid} ${root}`).digest('hex').slice(0, 8);
  return path.join(os.tmpdir(), `control-plane-${owner}-${name}`);
}

/** Runs a program to its end. @returns what it printed; with a status other than 0 this process ends with the same one. */
function run(program: string, args: readonly string[]): string {
  const { status, stdout, error } = spawnSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (error) fail(`${program}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
  return stdout.trim();
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The lines of `kube.sh status`: name, pid and memory of each process, `-` where it does not run. */
function processes(folder: string): readonly string[] {
  return fs.existsSync(folder) ? run(kubeScript, ['status', folder]).split('\n') : [];
}

function isUp(folder: string): boolean {
  return processes(folder).some((line) => /^kube-apiserver \d/.test(line));
}

/** Two that start or stop the same one at once wait for each other. */
function runLocked(folder: string, program: string, args: readonly string[]): string {
  // --close: what is started must not hold the lock for as long as it runs.
  return run('flock', ['--close', `${folder}.lock`, program, ...args]);
}

const upUnlessUp = '"$0" status "$1" | grep -q "^kube-apiserver [0-9]" || exec "$0" up "$@"';

function tell(folder: string): void {
  const kubeconfig = path.join(folder, 'admin.kubeconfig');
  say(kubeconfig);
  if (process.stdout.isTTY)
    say(`\nexport KUBECONFIG=${kubeconfig}\nexport PATH="${fs.readFileSync(path.join(folder, 'programs'), 'utf8')}:$PATH"`);
}

function up(name: string, options: readonly string[]): void {
  const folder = folderOf(name);
  if (!isUp(folder)) {
    const programs = run('bash', [path.join(tools, 'programs.sh')]);
    const startedAt = performance.now();
    runLocked(folder, 'bash', ['-c', upUnlessUp, kubeScript, folder, '--bin', programs, ...options]);
    fs.writeFileSync(path.join(folder, 'programs'), programs);
    process.stderr.write(`control plane "${name}" is up after ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  }
  tell(folder);
}

function down(name: string): void {
  const folder = folderOf(name);
  if (!fs.existsSync(folder)) return say(`control plane "${name}" is not up`);
  runLocked(folder, kubeScript, ['down', folder]);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.rmSync(`${folder}.lock`, { force: true });
  say(`control plane "${name}" is down`);
}

function status(name: string): void {
  const folder = folderOf(name);
  if (!isUp(folder)) {
    say(`control plane "${name}" is not up`);
    process.exitCode = 1;
    return;
  }
  say(`control plane "${name}"`);
  for (const line of processes(folder)) say(`  ${line}`);
  tell(folder);
}

const [command = '', ...rest] = process.argv.slice(2);
const named = rest[0] !== undefined && !rest[0].startsWith('-');
const name = named ? (rest[0] ?? '') : 'default';
const options = named ? rest.slice(1) : rest;
if (!names.test(name)) fail(`A name is of at most 20 small letters, digits and dashes, unlike "${name}"`);
if (command === 'up') up(name, options);
else if (command === 'down' && options.length === 0) down(name);
else if (command === 'status' && options.length === 0) status(name);
else fail(usage);
