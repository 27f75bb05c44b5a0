import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startWebhookService } from './program.ts';

/** A delivery as the API lists it. */
export interface ListedDelivery {
  readonly id: string;
  readonly state: string;
  readonly message: string;
  readonly images: readonly { readonly image: string; readonly tag: string; readonly digest?: string }[];
}

/** `serve --embedded` as a process of its own, used through its API. */
export interface EmbeddedService {
  readonly program: Program;
  readonly url: string;
  /** The file that has its first API key. */
  readonly keyFile: string;
  /** Any call of the API for the first project. @param path what follows `/v1-webhooks/`. */
  call(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Makes a receiver of `deploymentUpdate`. @returns its trigger URL. */
  createReceiver(name: string, config: object): Promise<string>;
  /** Resolves with all deliveries, the newest first, once the condition holds for them. */
  deliveriesWhen(condition: (deliveries: readonly ListedDelivery[]) => boolean): Promise<readonly ListedDelivery[]>;
  stop(): Promise<void>;
}

/** @param start how to start the command line; by default from its sources. */
export async function startEmbeddedService(
  env: Readonly<Record<string, string>>,
  start: (args: readonly string[], env: Record<string, string>) => Program = startWebhookService,
): Promise<EmbeddedService> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'embedded-'));
  const program = start(['serve', '--embedded'], { WEBHOOK_LISTEN: '127.0.0.1:0', WEBHOOK_DATA_DIR: folder, ...env });
  const stop = async (): Promise<void> => {
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [, url = ''] = await program.says(/"message":"listening","url":"([^"]+)"/);
    const keyFile = path.join(folder, 'admin-key');
    const key = (await readFile(keyFile, 'utf8')).trim();
    const headers = { Authorization: `Basic ${Buffer.from(key).toString('base64')}`, 'Content-Type': 'application/json' };
    return { program, url, keyFile, stop, ...clientOf(`${url}/v1-webhooks`, headers) };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function clientOf(
  root: string,
  headers: Record<string, string>,
): Pick<EmbeddedService, 'call' | 'createReceiver' | 'deliveriesWhen'> {
  const call: EmbeddedService['call'] = async (method, where, body) => {
    const url = `${root}/${where}${where.includes('?') ? '&' : '?'}projectId=1a5`;
    const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  return {
    call,
    async createReceiver(name, config) {
      const { status, body } = await call('POST', 'receivers', {
        name,
        driver: 'deploymentUpdate',
        deploymentUpdateConfig: config,
      });
      if (status !== 200) throw new Error(`no receiver was made: ${JSON.stringify(body)}`);
      return body['url'] as string;
    },
    async deliveriesWhen(condition) {
      const end = performance.now() + 60_000;
      for (;;) {
        const { data } = (await call('GET', 'deliveries?limit=1000')).body as { readonly data: readonly ListedDelivery[] };
        if (condition(data)) return data;
        if (performance.now() > end) throw new Error(`gave up on ${condition.toString()}: ${JSON.stringify(data, null, 1)}`);
        await sleep(50);
      }
    },
  };
}
