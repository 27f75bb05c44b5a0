/**
 * From a push to the PATCH on the wire, and to the end of the rollout, for 1, 100 and 1,000 Deployments that one receiver
 * selects, beside a bare client that lists and patches them as fast as it can: `npm run bench:kubernetes`.
 * The control plane, the service and the load share the processors of one machine.
 *
 *   npm run bench:kubernetes -- [emulator|control-plane] [COUNT...]
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { type EmbeddedService, startEmbeddedService } from '../test/support/embedded-service.ts';
import { projectRoot, startCompiled } from '../test/support/program.ts';
import { type BenchCluster, startControlPlane, startEmulator } from './kubernetes-cluster.ts';
import { BenchDeployments, type Times } from './kubernetes-deployments.ts';

/** How many times each is done, by the number of Deployments. */
const roundsFor = (count: number): number => (count === 1 ? 30 : count <= 100 ? 4 : 1);
/** Calls in flight of the bare client. */
const bareParallel = 16;

interface Result {
  readonly patched: number[];
  readonly complete: number[];
}

async function main([where = 'control-plane', ...counts]: readonly string[]): Promise<void> {
  spawnSync(process.execPath, ['scripts/build-if-needed.mjs'], { cwd: projectRoot, stdio: 'inherit' });
  const cluster = await (where === 'emulator' ? startEmulator() : startControlPlane());
  try {
    const service = await startEmbeddedService({ KUBECONFIG: cluster.kubeconfig }, startCompiled);
    try {
      say(`Node ${process.version}, ${os.availableParallelism()} processors, ${cluster.name}`);
      say(`the idle service without a Kubernetes receiver: ${await residentMegabytes(service)} MB\n`);
      row(['Deployments', 'rounds', 'who', 'PATCH p50', 'PATCH p99', 'rolled out p50', 'p99', 'all']);
      for (const count of counts.length > 0 ? counts.map(Number) : [1, 100, 1000]) await compare(cluster, service, count);
      say(`\nmilliseconds after the push; the ratio is that of the service to the bare client, ${bareParallel} calls in flight`);
      say(`the service afterwards: ${await residentMegabytes(service)} MB`);
    } finally {
      await service.stop();
    }
  } finally {
    await cluster.stop();
  }
}

async function compare(cluster: BenchCluster, service: EmbeddedService, count: number): Promise<void> {
  const deployments = await BenchDeployments.create(cluster, count);
  const url = await service.createReceiver(`bench-${count}`, {
    namespace: deployments.namespace,
    selector: { bench: 'yes' },
    payloadFormat: 'dockerhub',
  });
  const push = async (tag: string): Promise<void> => {
    const body = JSON.stringify({ push_data: { tag }, repository: { repo_name: 'acme/web' } });
    const { status } = await fetch(url, { method: 'POST', body });
    if (status !== 200) throw new Error(`the push was answered ${status}`);
  };
  const results = { bare: { patched: [], complete: [] } as Result, service: { patched: [], complete: [] } as Result };
  const rounds = roundsFor(count);
  try {
    // A first round loads what is loaded when it is first wanted, on both sides; of a thousand it would take minutes.
    for (let round = count > 100 ? 1 : 0; round <= rounds; round += 1) {
      for (const who of ['bare', 'service'] as const) {
        const tag = `${who}-${round}`;
        const times = await deployments.roll(tag, () => (who === 'bare' ? deployments.patchAll(tag, bareParallel) : push(tag)));
        if (who === 'service') await service.deliveriesWhen(([newest]) => newest?.state === 'succeeded');
        if (round > 0) record(results[who], times);
      }
    }
  } finally {
    await deployments.remove();
  }
  tell(count, rounds, results);
}

function record(result: Result, times: readonly Times[]): void {
  result.patched.push(...times.map(({ patched }) => patched));
  result.complete.push(...times.map(({ complete }) => complete));
}

function tell(count: number, rounds: number, { bare, service }: Record<'bare' | 'service', Result>): void {
  const cells = ({ patched, complete }: Result): number[] => [
    quantile(patched, 0.5),
    quantile(patched, 0.99),
    quantile(complete, 0.5),
    quantile(complete, 0.99),
    quantile(complete, 1),
  ];
  const [ofBare, ofService] = [cells(bare), cells(service)];
  const shown = (values: readonly number[], digits: number): string[] => values.map((value) => value.toFixed(digits));
  row([String(count), String(rounds), 'bare client', ...shown(ofBare, 1)]);
  row(['', '', 'service', ...shown(ofService, 1)]);
  row([
    '',
    '',
    'ratio',
    ...shown(
      ofService.map((value, index) => value / (ofBare[index] ?? 1)),
      2,
    ),
  ]);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

async function residentMegabytes({ program }: EmbeddedService): Promise<string> {
  const status = await readFile(`/proc/${program.process.pid}/status`, 'utf8').catch(() => '');
  const [, kibibytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === '' ? '?' : ((Number(kibibytes) * 1024) / 1e6).toFixed(1);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function row(cells: readonly string[]): void {
  say(cells.map((cell, column) => (column === 2 ? `  ${cell}`.padEnd(14) : cell.padStart(column > 4 ? 15 : 11))).join(''));
}

await main(process.argv.slice(2));
