import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { projectRoot, startWebhookService } from '../test/support/program.ts';

const run = promisify(execFile);

/** A cluster, and a way to it on which each PATCH is seen. */
export interface BenchCluster {
  readonly name: string;
  /** Leads through the proxy. */
  readonly kubeconfig: string;
  /** A call through the proxy, over connections that are kept. @returns the body. @throws Error if it is no success. */
  call(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Calls back for each object of a watch, past the proxy, until the signal says stop. */
  watch(path: string, seen: (object: Record<string, unknown>) => void, signal: AbortSignal): Promise<void>;
  /** Called with the name of each object that a PATCH is for, when its head has arrived at the proxy. */
  onPatch(listener: (name: string) => void): void;
  stop(): Promise<void>;
}

interface Access {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
}

/** A control plane of its own, as `npm run control-plane up` starts it. */
export async function startControlPlane(): Promise<BenchCluster> {
  const script = path.join(projectRoot, 'scripts/control-plane.ts');
  const name = `bench-${process.pid}`;
  const { stdout } = await run(process.execPath, [script, 'up', name, '--nodes', '3']);
  const kubeconfig = path.join(path.dirname(stdout.trim()), 'admin-token.kubeconfig');
  const stop = async (): Promise<void> => void (await run(process.execPath, [script, 'down', name]));
  return clusterOf('control plane', kubeconfig, stop);
}

export async function startEmulator(): Promise<BenchCluster> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  const program = startWebhookService(['emulate', 'kubernetes', '--kubeconfig', kubeconfig]);
  await program.says(/listening on/);
  return clusterOf('emulator', kubeconfig, async () => {
    await program.stop();
    await rm(folder, { recursive: true });
  });
}

async function clusterOf(name: string, kubeconfig: string, stop: () => Promise<void>): Promise<BenchCluster> {
  const access = await accessOf(kubeconfig);
  let listener: (name: string) => void = () => undefined;
  const proxy = await startProxy(access, (each) => listener(each));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-'));
  const throughProxy = path.join(folder, 'kubeconfig');
  await writeFile(throughProxy, kubeconfigOf(proxy.url));
  const agent = new http.Agent({ keepAlive: true });
  return {
    name,
    kubeconfig: throughProxy,
    call: (method, where, body) => call(agent, new URL(where, proxy.url), method, body),
    watch: (where, seen, signal) => watch(access, where, seen, signal),
    onPatch: (each) => (listener = each),
    async stop() {
      agent.destroy();
      proxy.stop();
      await rm(folder, { recursive: true });
      await stop();
    },
  };
}

async function accessOf(kubeconfig: string): Promise<Access> {
  const { clusters, users } = load(await readFile(kubeconfig, 'utf8')) as {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
  };
  const { server = '', 'certificate-authority-data': authority } = clusters[0]?.cluster ?? {};
  const { token } = users[0]?.user ?? {};
  return {
    server: new URL(server),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(authority !== undefined && { ca: Buffer.from(authority, 'base64').toString() }),
  };
}

function kubeconfigOf(server: string): string {
  const name = 'bench';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: {} }],
  });
}

/** Hands everything on, with the administrator's token. */
async function startProxy(
  { server, headers, ca }: Access,
  patched: (name: string) => void,
): Promise<{ readonly url: string; stop(): void }> {
  const to = server.protocol === 'https:' ? https : http;
  const agent = new to.Agent({ keepAlive: true, ...(ca !== undefined && { ca }) });
  const proxy = http.createServer((request, response) => {
    const { method = '', url = '' } = request;
    if (method === 'PATCH') patched(/\/([^/?]+)(?:\?|$)/.exec(url)?.[1] ?? '');
    const { host: _, ...rest } = request.headers;
    const onward = to.request(new URL(url, server), { method, agent, headers: { ...rest, ...headers } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // A watch has to begin before its first event.
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    stop() {
      proxy.close();
      proxy.closeAllConnections();
      agent.destroy();
    },
  };
}

async function call(agent: http.Agent, url: URL, method: string, body?: object): Promise<Record<string, unknown>> {
  const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
  const request = http.request(url, { agent, method, headers: { 'content-type': type } });
  request.end(body && JSON.stringify(body));
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`${method} ${url.pathname}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

async function watch(
  access: Access,
  where: string,
  seen: (object: Record<string, unknown>) => void,
  signal: AbortSignal,
): Promise<void> {
  const { server, headers, ca } = access;
  const options = { headers, signal, ...(ca !== undefined && { ca }) };
  const request = (server.protocol === 'https:' ? https : http).get(new URL(where, server), options);
  request.on('error', () => undefined);
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  let rest = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) seen((JSON.parse(line) as { readonly object: Record<string, unknown> }).object);
  });
  answer.on('error', () => undefined);
  // A server under load ends watches. A new one begins with everything as it is.
  answer.on('close', () => {
    if (signal.aborted) return;
    watch(access, where, seen, signal).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown;
    });
  });
}
