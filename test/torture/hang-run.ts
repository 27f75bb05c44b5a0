import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RancherEmulator, startRancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { type GateProxy, type ProxiedRequest, startGateProxy } from '../support/gate-proxy.ts';
import { type Program, startCompiled, startWebhookService } from '../support/program.ts';
import { at, callerOf } from '../support/rancher-emulator-client.ts';
import { sendRequest } from '../support/send-request.ts';
import { createReceivers, serviceSeed } from './upgrade-targets.ts';

export interface HangOptions {
  readonly deliveries: number;
  readonly targets: number;
  readonly connections: number;
  /** How many tags each target's pushes have in turn; one unless told. */
  readonly tags?: number;
  /** Runs the compiled program, not the sources. */
  readonly compiled?: boolean;
}

/** Times in milliseconds, memory in MiB. */
export interface HangResult {
  /** Answers by their status. */
  readonly answers: Readonly<Record<number, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly memory: number;
  /** From the heal until every target ran its newest push. */
  readonly healed: number;
  readonly rightTargets: number;
  readonly writesWhileHung: number;
  readonly writesAfter: number;
  readonly mostWritesOfOne: number;
  readonly plans: number;
  /** How many deliveries ended how. */
  readonly states: Readonly<Record<string, number>>;
}

const project = '?projectId=1a5';
const key = { accessKey: 'access', secretKey: 'secret' };
const newest = tagName(0);

/** Sends pushes while Rancher takes requests and answers none, lets it heal, and looks at what was done. */
export async function hangRun({
  deliveries,
  targets,
  connections,
  tags = 1,
  compiled = false,
}: HangOptions): Promise<HangResult> {
  const rancher = await startRancherEmulator({ ...key, speed: 'instant', seed: serviceSeed(targets) });
  const proxy = await startGateProxy(rancher.url);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hang-run-'));
  const service = (compiled ? startCompiled : startWebhookService)(['serve'], {
    CATTLE_URL: `${proxy.url}/v1`,
    CATTLE_ACCESS_KEY: key.accessKey,
    CATTLE_SECRET_KEY: key.secretKey,
    RSA_PRIVATE_KEY_CONTENTS: generatePrivateKeyPem(),
    WEBHOOK_AUTH: 'none',
    WEBHOOK_LISTEN: '127.0.0.1:0',
    WEBHOOK_DATA_DIR: folder,
  });
  try {
    const [, url = ''] = await service.says(/"message":"listening","url":"([^"]+)"/);
    const queries = await createReceivers(url, targets);
    const load = { url, queries, connections };
    await pushAll(load, targets, () => 'old');
    await until(rancher, targets, 'old');
    const before = proxy.requests.length;
    proxy.hang();
    const roundsLeft = (index: number): number => Math.ceil(deliveries / targets) - 1 - Math.floor(index / targets);
    const sent = await pushAll(load, deliveries, (index) => tagName(roundsLeft(index) % tags));
    const healAt = proxy.requests.length;
    const startedAt = performance.now();
    proxy.heal();
    const rightTargets = await until(rancher, targets, newest);
    const healed = performance.now() - startedAt;
    await untilEnded(url);
    return {
      ...sent,
      healed,
      rightTargets,
      memory: peakMemory(service),
      ...judge(proxy, before, healAt),
      states: await endStates(url),
    };
  } finally {
    await service.stop();
    await proxy.stop();
    await rancher.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Load {
  readonly url: string;
  readonly queries: readonly string[];
  readonly connections: number;
}

let pushes = 1_500_000_000;

function tagName(age: number): string {
  return `new${age}`;
}

/** Pushes to every target in turn, so often in all. */
async function pushAll(
  { url, queries, connections }: Load,
  number: number,
  tagOf: (index: number) => string,
): Promise<Pick<HangResult, 'answers' | 'p50' | 'p99'>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const answers: Record<number, number> = {};
  const times: number[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < number) {
      const index = next++;
      const query = queries[index % queries.length] ?? '';
      const pushData = { tag: tagOf(index), pushed_at: pushes++ };
      const body = JSON.stringify({ push_data: pushData, repository: { repo_name: 'acme/web' } });
      const startedAt = performance.now();
      const status = await post(agent, `${url}/v1-webhooks/endpoint${query}`, body);
      times.push(performance.now() - startedAt);
      answers[status] = (answers[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, sender));
  agent.destroy();
  times.sort((a, b) => a - b);
  return { answers, p50: times[Math.floor(number * 0.5)] ?? 0, p99: times[Math.floor(number * 0.99)] ?? 0 };
}

async function post(agent: http.Agent, url: string, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode ?? 0));
  });
  request.on('error', reject).end(body);
  return promise;
}

/** @returns how many targets run the tag, once all do, or after five minutes. */
async function until(rancher: RancherEmulator, targets: number, tag: string): Promise<number> {
  const call = callerOf(rancher.url, key.accessKey, key.secretKey);
  const deadline = performance.now() + 300_000;
  for (;;) {
    const { body } = await call('GET', '/v2-beta/projects/1a5/services?limit=3000');
    const data = body['data'] as object[];
    const right = data.filter(
      (service) => at(service, 'state') === 'active' && at(service, 'launchConfig', 'imageUuid') === `docker:acme/web:${tag}`,
    ).length;
    if (right === targets || performance.now() > deadline) return right;
    await delay(250);
  }
}

/** Waits until nothing is left to do, five minutes at most. */
async function untilEnded(url: string): Promise<void> {
  const left = async (): Promise<boolean> => {
    for (const state of ['queued', 'running', 'waiting']) {
      const page = await sendRequest(url, `/v1-webhooks/deliveries${project}&limit=1&state=${state}`);
      if ((page.json['data'] as unknown[]).length > 0) return true;
    }
    return false;
  };
  const deadline = performance.now() + 300_000;
  while ((await left()) && performance.now() < deadline) await delay(250);
}

type Judged = Pick<HangResult, 'writesWhileHung' | 'writesAfter' | 'mostWritesOfOne' | 'plans'>;

function judge({ requests }: GateProxy, before: number, healAt: number): Judged {
  const isTaken = ({ status }: ProxiedRequest): boolean => status === undefined || status < 300;
  const upgraded = (from: number, to?: number, which: (request: ProxiedRequest) => boolean = () => true): string[] =>
    requests
      .slice(from, to)
      .filter((request) => request.url.includes('action=upgrade') && which(request))
      .map(({ url }) => /1s\d+/.exec(url)?.[0] ?? '');
  const after = upgraded(healAt);
  // What is refused changes nothing: a service may still be in an upgrade, and the write is made again later.
  const counts = Map.groupBy(upgraded(healAt, undefined, isTaken), (id) => id);
  return {
    writesWhileHung: upgraded(before, healAt).length,
    writesAfter: after.length,
    mostWritesOfOne: Math.max(0, ...[...counts.values()].map((writes) => writes.length)),
    plans: requests.slice(healAt).filter(({ url }) => /\/services\?/.test(url)).length,
  };
}

async function endStates(url: string): Promise<Record<string, number>> {
  const states: Record<string, number> = {};
  let next: string | undefined = `/v1-webhooks/deliveries${project}&limit=1000`;
  while (next !== undefined) {
    const page = await sendRequest(url, next);
    for (const { state } of page.json['data'] as { state: string }[]) states[state] = (states[state] ?? 0) + 1;
    const following = at(page.json, 'pagination', 'next');
    next = typeof following === 'string' ? following.slice(following.indexOf('/v1-webhooks')) : undefined;
  }
  return states;
}

function peakMemory({ process: { pid } }: Program): number {
  const status = process.platform === 'linux' ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
