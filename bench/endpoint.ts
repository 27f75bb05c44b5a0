/**
 * Triggers per second, by key and by token, beside a bare node:http server in the same run: `npm run bench`.
 * The load comes from another process on the same machine, so the two share its processors.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import type { LoadOrder, LoadResult } from './load-generator.ts';
import { type LoadedServer, startBareServer, startService } from './servers.ts';

const connections = 64;
const rounds = 3;
const warmUpSeconds = 1;
const roundSeconds = 2;
const maxRequests = 500_000;

/** A push as Docker Hub sends it, about 700 bytes. */
const body = JSON.stringify({
  callback_url: 'https://registry.hub.docker.com/u/acme/web/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/',
  push_data: { images: [], pushed_at: '{number}', pusher: 'acme', tag: 'latest' },
  repository: {
    comment_count: 0,
    date_created: 1_417_494_799,
    description: '',
    full_description: 'x'.repeat(200),
    is_official: false,
    is_private: true,
    name: 'web',
    namespace: 'acme',
    owner: 'acme',
    repo_name: 'acme/web',
    repo_url: 'https://registry.hub.docker.com/u/acme/web/',
    star_count: 0,
    status: 'Active',
  },
}).replace('"{number}"', '{number}');

async function load(child: ChildProcess, order: LoadOrder): Promise<LoadResult> {
  child.send(order);
  const [result] = (await once(child, 'message')) as [LoadResult];
  return result;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function row(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell, column) => (column === 0 ? cell.padEnd(22) : cell.padStart(12))).join('')}\n`);
}

async function main(): Promise<number> {
  const servers: LoadedServer[] = [await startBareServer(), await startService('without store'), await startService('durable')];
  const cases = servers.flatMap(({ port, paths }) => Object.entries(paths).map(([name, target]) => ({ name, port, target })));
  const child = fork(path.join(import.meta.dirname, 'load-generator.ts'));
  const results = new Map<string, LoadResult[]>(cases.map(({ name }) => [name, []]));
  const order = (port: number, target: string, seconds: number): LoadOrder => ({
    port,
    path: target,
    body,
    connections,
    seconds,
    maxRequests,
  });
  try {
    for (const { port, target } of cases) await load(child, order(port, target, warmUpSeconds));
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, port, target } of cases) results.get(name)?.push(await load(child, order(port, target, roundSeconds)));
    }
  } finally {
    child.kill();
    for (const server of servers) await server.stop();
  }

  const rate = (each: LoadResult): number => each.requests / each.seconds;
  const rateOf = (name: string): number => median((results.get(name) ?? []).map(rate));
  process.stdout.write(
    `Node ${process.version}, ${os.availableParallelism()} processors, ${connections} connections, ` +
      `median of ${rounds} rounds of ${roundSeconds} s\n\n`,
  );
  row(['', 'requests/s', 'p50 ms', 'p99 ms', 'of bare']);
  for (const [name, each] of results) {
    const [p50, p99] = [median(each.map((result) => result.p50)), median(each.map((result) => result.p99))];
    row([
      name,
      rateOf(name).toFixed(0),
      p50.toFixed(2),
      p99.toFixed(2),
      `${((rateOf(name) / rateOf('bare')) * 100).toFixed(0)} %`,
    ]);
  }
  process.stdout.write(`\nresident memory of the servers' process: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB\n`);
  const failures = [...results.values()].flat().reduce((sum, result) => sum + result.failures, 0);
  if (failures > 0) process.stdout.write(`${failures} requests failed\n`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
