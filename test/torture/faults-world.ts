import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { closeServer, listen } from '../../src/api/listen.ts';
import { startService } from '../../src/compose.ts';
import { createDemoDeployment } from '../../src/emulators/kubernetes/sample-deployment.ts';
import { type KubernetesEmulator, startKubernetesEmulator } from '../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { type RancherEmulator, startRancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import type { RancherSeed } from '../../src/emulators/rancher/rancher-seed.ts';
import type { DeliveryObserver } from '../../src/framework/deliveries/delivery-observer.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { createLog } from '../../src/framework/log.ts';
import { type Sent, sendRequest } from '../support/send-request.ts';
import type { Fault, FaultyUpstream } from './fault.ts';

const cattleKey = { accessKey: 'cattle-access-key', secretKey: 'cattle-secret-key' };
const project = '?projectId=1a5';

export interface FaultsWorld {
  readonly rancher: RancherEmulator;
  readonly kubernetes: KubernetesEmulator;
  readonly upstreams: { readonly rancher: FaultyUpstream; readonly kubernetes: FaultyUpstream };
  /** Bodies of the posts that came into a container. */
  readonly posted: readonly string[];
  readonly logged: readonly string[];
  /** Credentials that nobody may see, in every form in which they are sent. */
  readonly secrets: readonly string[];
  /** A request to the service's API, with the project in its query. */
  api(method: string, path: string, body?: object, query?: string): Promise<Sent>;
  /** A POST to a receiver's URL. */
  post(url: string, body: object): Promise<Sent>;
  begin(): Promise<void>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** The whole service in this process, before a Rancher and a Kubernetes that it reaches through what may go wrong. */
export async function startFaultsWorld(fault: Fault, targets: number, observer: DeliveryObserver): Promise<FaultsWorld> {
  const releases: (() => Promise<unknown> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const release of releases.splice(0).toReversed()) await release();
  };
  try {
    return { ...(await start(fault, targets, observer, (release) => releases.push(release))), stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function start(
  fault: Fault,
  targets: number,
  observer: DeliveryObserver,
  onStop: (release: () => Promise<unknown> | void) => void,
): Promise<Omit<FaultsWorld, 'stop'>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'faults-'));
  onStop(() => rm(folder, { recursive: true, force: true }));
  const rancher = await startRancherEmulator({ ...cattleKey, speed: 'instant', seed: seedOf(targets) });
  onStop(() => rancher.stop());
  const objects = numbers(targets).map((number) => createDemoDeployment(`web-${number}`, 'acme/web:1', 1));
  const kubernetes = await startKubernetesEmulator({ speed: 'instant', objects });
  onStop(() => kubernetes.stop());
  const posted: string[] = [];
  const container = await startContainer(posted);
  onStop(() => container.stop());
  for (const number of numbers(targets)) rancher.setServiceTarget(`scaled-${number}`, container.url);

  const open = async ({ url }: { url: string }): Promise<FaultyUpstream> => {
    const upstream = await fault.open(new URL(url).host);
    onStop(() => upstream.stop());
    return upstream;
  };
  const upstreams = { rancher: await open(rancher), kubernetes: await open(kubernetes) };
  const kubeconfig = path.join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(kubernetes, upstreams.kubernetes));
  const logged: string[] = [];
  const service = await startService({
    config: {
      embedded: false,
      listen: { host: '127.0.0.1', port: 0 },
      cattle: { url: `${upstreams.rancher.url}/v1`, ...cattleKey },
      rsaPrivateKey: generatePrivateKeyPem(),
      auth: 'none',
      urlStyle: 'token',
      legacySchemas: false,
      forwardPost: 'auto',
      kubeconfig,
      kubernetesRules: { '1a5': [{ cluster: '', namespaces: ['default'] }] },
    },
    listenOption: '',
    log: createLog((line) => logged.push(line)),
    observer,
    dataDirectory: () => folder,
  });
  onStop(() => service.stop());
  return {
    rancher,
    kubernetes,
    upstreams,
    posted,
    logged,
    secrets: [cattleKey.secretKey, Buffer.from(Object.values(cattleKey).join(':')).toString('base64'), kubernetes.token],
    api: (method, pathname, body, query = '') =>
      sendRequest(service.url, `/v1-webhooks/${pathname}${project}${query}`, { method, ...(body && { body }) }),
    post: (url, body) => sendRequest(service.url, url.slice(url.indexOf('/v1-webhooks')), { method: 'POST', body }),
    begin: async () => void (await Promise.all([upstreams.rancher.begin(), upstreams.kubernetes.begin()])),
    heal: async () => void (await Promise.all([upstreams.rancher.heal(), upstreams.kubernetes.heal()])),
  };
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** A service to scale and post to, one to upgrade, and a group of hosts, for each target. */
function seedOf(targets: number): RancherSeed {
  const owned = { accountId: '1a5' };
  const launch = (app: string): object => ({ imageUuid: 'docker:acme/web:1', kind: 'container', labels: { app } });
  return {
    resources: [
      { type: 'project', id: '1a5', name: 'Default', orchestration: 'cattle' },
      { type: 'stack', id: '1st1', name: 'Default', ...owned },
      ...numbers(targets).flatMap((number) => [
        service(`1s${number}`, `scaled-${number}`, launch(`scaled-${number}`)),
        service(`1s${1_000 + number}`, `upgraded-${number}`, launch(`upgraded-${number}`)),
        {
          type: 'host',
          id: `1h${number}`,
          ...owned,
          hostname: `pool${number}-1`,
          driver: 'digitalocean',
          agentState: 'active',
          labels: { pool: `pool-${number}` },
          digitaloceanConfig: { type: 'digitaloceanConfig', region: 'nyc3', size: '1gb', accessToken: 'not-a-token' },
        },
      ]),
    ],
  } as RancherSeed;
}

function service(id: string, name: string, launchConfig: object): object {
  return { type: 'service', id, accountId: '1a5', stackId: '1st1', name, scale: 1, launchConfig };
}

/** Also for TLS: a kubeconfig says what to trust. */
function kubeconfigOf(kubernetes: KubernetesEmulator, { url, certificates }: FaultyUpstream): string {
  const text = kubernetes.kubeconfig().replaceAll(kubernetes.url, url);
  if (certificates === undefined) return text;
  const config = JSON.parse(text) as { clusters: { cluster: Record<string, string | boolean> }[] };
  for (const { cluster } of config.clusters) {
    cluster['insecure-skip-tls-verify'] = false;
    cluster['certificate-authority-data'] = Buffer.from(certificates).toString('base64');
  }
  return JSON.stringify(config);
}

async function startContainer(posted: string[]): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      posted.push(body);
      response.end('thanks');
    });
  });
  const port = await listen(server, '127.0.0.1', 0, '');
  return { url: `http://127.0.0.1:${port}`, stop: () => closeServer(server, 0) };
}
