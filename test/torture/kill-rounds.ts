import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RancherEmulator, startRancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { type GateProxy, startGateProxy } from '../support/gate-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { type Program, startWebhookService } from '../support/program.ts';
import { at, callerOf } from '../support/rancher-emulator-client.ts';
import { sendRequest } from '../support/send-request.ts';
import { createReceivers, serviceSeed } from './upgrade-targets.ts';

export interface KillOptions {
  /** How often the service is killed. */
  readonly rounds: number;
  readonly targets: number;
  readonly connections: number;
  /** The longest life of the service under load, milliseconds; it is killed at random before. */
  readonly lifeMs: number;
  readonly say: (line: string) => void;
}

export interface KillResult {
  readonly acknowledged: number;
  /** Acknowledged deliveries that the service does not know any more. */
  readonly lost: readonly string[];
  /** Deliveries that ended otherwise than done or superseded, with the reason. */
  readonly wrong: readonly string[];
  /** Answers that were neither 200 nor 503. */
  readonly otherAnswers: readonly number[];
  /** Services that do not run the newest image, or are not active. */
  readonly unfinished: readonly string[];
  /** Upgrades that were posted, and deliveries that ended as done. */
  readonly upgrades: number;
  readonly succeeded: number;
}

const project = '?projectId=1a5';
const key = { accessKey: 'access', secretKey: 'secret' };

interface World {
  readonly rancher: RancherEmulator;
  readonly proxy: GateProxy;
  readonly folder: string;
  readonly port: number;
  readonly privateKey: string;
}

/**
 * Kills the service with SIGKILL again and again while pushes come over many connections, each a new tag of its service's
 * image, and looks in the end at what became of every push that was answered with 200.
 */
export async function killRounds(options: KillOptions): Promise<KillResult> {
  const rancher = await startRancherEmulator({
    ...key,
    speed: 'instant',
    seed: serviceSeed(options.targets),
  });
  const world: World = {
    rancher,
    proxy: await startGateProxy(rancher.url),
    folder: await mkdtemp(path.join(os.tmpdir(), 'kill-rounds-')),
    port: await freePort(),
    privateKey: generatePrivateKeyPem(),
  };
  let service = await start(world);
  try {
    const queries = await createReceivers(`http://127.0.0.1:${world.port}`, options.targets);
    const load = new Load(world, queries, options.connections);
    for (let round = 1; round <= options.rounds; round += 1) {
      await delay(options.lifeMs * (0.1 + 0.9 * Math.random()));
      if (round % 2 === 1 && round > 1) await untilDone(world);
      service.process.kill('SIGKILL');
      await service.ended();
      service = await start(world);
      if (round % 10 === 0) options.say(`${round} of ${options.rounds} kills, ${load.acknowledged.length} pushes acknowledged`);
    }
    await load.stop();
    return await judge(world, load, options);
  } finally {
    await service.stop();
    await world.proxy.stop();
    await rancher.stop();
    await rm(world.folder, { recursive: true, force: true });
  }
}

async function start({ proxy, folder, port, privateKey }: World): Promise<Program> {
  const service = startWebhookService(['serve'], {
    CATTLE_URL: `${proxy.url}/v1`,
    CATTLE_ACCESS_KEY: key.accessKey,
    CATTLE_SECRET_KEY: key.secretKey,
    RSA_PRIVATE_KEY_CONTENTS: privateKey,
    WEBHOOK_AUTH: 'none',
    WEBHOOK_LISTEN: `127.0.0.1:${port}`,
    WEBHOOK_DATA_DIR: folder,
  });
  await service.says(/"message":"listening"/);
  return service;
}

/** Pushes without a pause, whether anybody listens or not. */
class Load {
  readonly acknowledged: string[] = [];
  readonly otherAnswers: number[] = [];
  readonly newest = new Map<number, { pushedAt: number; tag: string }>();
  readonly #over = new AbortController();
  readonly #senders: Promise<void>[];
  #pushes = 0;

  constructor({ port }: World, queries: readonly string[], connections: number) {
    this.#senders = Array.from({ length: connections }, () => this.#send(`http://127.0.0.1:${port}`, queries));
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#senders);
  }

  async #send(url: string, queries: readonly string[]): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.#pushes += 1;
      const target = this.#pushes % queries.length;
      const tag = `t${this.#pushes}`;
      const pushedAt = 1_500_000_000 + this.#pushes;
      const body = { push_data: { tag, pushed_at: pushedAt }, repository: { repo_name: 'acme/web' } };
      const request = { method: 'POST', body, headers: { 'X-GitHub-Delivery': tag } };
      const sent = await sendRequest(url, `/v1-webhooks/endpoint${queries[target]}`, request).catch(() => undefined);
      const id = sent?.headers['x-webhook-delivery'];
      if (sent?.status === 200 && typeof id === 'string') {
        this.acknowledged.push(id);
        if (pushedAt > (this.newest.get(target)?.pushedAt ?? 0)) this.newest.set(target, { pushedAt, tag });
      } else if (sent === undefined) await delay(5);
      else if (sent.status !== 503 && sent.status !== 429) this.otherAnswers.push(sent.status);
    }
  }
}

/**
 * Waits until all has ended that is there now. What is under way at three ends of the process in a row is set aside, as it has
 * to be; on a slow machine anything may be.
 */
async function untilDone({ port }: World): Promise<void> {
  const numberOfFirst = async (query: string): Promise<number> => {
    const { json } = await sendRequest(`http://127.0.0.1:${port}`, `/v1-webhooks/deliveries${project}&limit=1${query}`);
    const id = at(json, 'data', 0, 'id');
    return typeof id === 'string' ? Number(id.replace('1wd', '')) : Number.POSITIVE_INFINITY;
  };
  const newest = await numberOfFirst('');
  const open = ['queued', 'running', 'waiting'].map((state) => `&order=asc&state=${state}`);
  while (Math.min(...(await Promise.all(open.map(numberOfFirst)))) <= newest) await delay(50);
}

interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly message: string;
}

async function judge(world: World, load: Load, { targets, say }: KillOptions): Promise<KillResult> {
  const states = await endStates(world, say);
  const lost = load.acknowledged.filter((id) => !states.has(id));
  const all = [...states.values()];
  const fine = new Set(['succeeded', 'superseded']);
  const unfinished: string[] = [];
  const call = callerOf(world.rancher.url, key.accessKey, key.secretKey);
  for (let index = 1; index <= targets; index += 1) {
    const { body } = await call('GET', `/v2-beta/projects/1a5/services/1s${index}`);
    // A push whose answer was lost with the process may be newer than the last that was acknowledged.
    const tag = Number(String(at(body, 'launchConfig', 'imageUuid')).replace('docker:acme/web:t', ''));
    const wanted = Number(load.newest.get(index - 1)?.tag.slice(1) ?? 0);
    if (at(body, 'state') !== 'active' || !(tag >= wanted))
      unfinished.push(`1s${index} ${String(at(body, 'state'))} t${tag}, not t${wanted}`);
  }
  return {
    acknowledged: load.acknowledged.length,
    lost,
    wrong: all.filter(({ state }) => !fine.has(state)).map(({ id, state, message }) => `${id} ${state}: ${message}`),
    otherAnswers: load.otherAnswers,
    unfinished,
    upgrades: world.proxy.requests.filter(({ method, url }) => method === 'POST' && url.includes('action=upgrade')).length,
    succeeded: all.filter(({ state }) => state === 'succeeded').length,
  };
}

/** All deliveries, once all have ended. */
async function endStates({ port }: World, say: (line: string) => void): Promise<Map<string, Delivery>> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const found = new Map<string, Delivery>();
    let next: string | undefined = `/v1-webhooks/deliveries${project}&limit=1000`;
    while (next !== undefined) {
      const page = await sendRequest(`http://127.0.0.1:${port}`, next);
      for (const delivery of page.json['data'] as Delivery[]) found.set(delivery.id, delivery);
      const url = at(page.json, 'pagination', 'next');
      next = typeof url === 'string' ? url.slice(url.indexOf('/v1-webhooks')) : undefined;
    }
    const open = [...found.values()].filter(({ state }) => state === 'queued' || state === 'running' || state === 'waiting');
    if (open.length === 0) return found;
    if (Date.now() > deadline) {
      say(`${open.length} deliveries have not ended, such as ${JSON.stringify(open[0])}`);
      return found;
    }
    await delay(200);
  }
}
