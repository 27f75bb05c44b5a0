import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { type RancherEmulator, startRancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import type { RancherSeed, SeedResource } from '../../src/emulators/rancher/rancher-seed.ts';

/** The emulator behind a proxy that records what is asked of it and can be set back, as the scripted Rancher of the record can. */
export interface RecordingRancher {
  readonly url: string;
  stop(): Promise<void>;
}

interface LoggedCall {
  readonly method: string;
  readonly url: string;
  readonly auth: string;
  readonly body: string;
}

const serviceKey = { accessKey: 'access', secretKey: 'secret' };
const authorization = `Basic ${Buffer.from('access:secret').toString('base64')}`;

export async function startRecordingRancher(seed: RancherSeed): Promise<RecordingRancher> {
  const start = (): Promise<RancherEmulator> => startRancherEmulator({ ...serviceKey, seed, speed: 'instant' });
  let emulator = await start();
  let log: LoggedCall[] = [];

  const controls: Record<string, (body: string) => unknown> = {
    '/_reset': async () => {
      const old = emulator;
      emulator = await start();
      log = [];
      await old.stop();
      return {};
    },
    '/_seed': (body) => emulator.plant(JSON.parse(body) as SeedResource),
    '/_log': () => log.splice(0),
    '/_state': () => ({ objects: emulator.list('genericObject').map(({ id, fields }) => ({ id, key: fields['key'] })) }),
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const url = request.url ?? '/';
    const control = controls[url.split('?')[0] ?? ''];
    if (control) {
      const answer = (await control(body)) ?? {};
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
      return;
    }
    const auth = request.headers.authorization === authorization ? 'ok' : (request.headers.authorization ?? 'none');
    log.push({ method: request.method ?? '', url, auth, body });
    await pass(emulator.url, request, body, response);
  };

  const server = http.createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => response.writeHead(500).end(String(thrown)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await emulator.stop();
    },
  };
}

/** The Host header stays the proxy's, so that the links in the answer lead through it. */
async function pass(target: string, request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  const onward = http.request(target + (request.url ?? ''), { method: method ?? 'GET', headers, agent: false });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
