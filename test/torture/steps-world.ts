import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closeServer, listen } from '../../src/api/listen.ts';
import { type KubernetesEmulator, startKubernetesEmulator } from '../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { createDemoDeployment } from '../../src/emulators/kubernetes/sample-deployment.ts';
import { type RancherEmulator, startRancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import type { RancherSeed } from '../../src/emulators/rancher/rancher-seed.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { type PassedRequest, type Stage, startFaultProxy } from '../support/fault-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { type Program, startWebhookService } from '../support/program.ts';
import { at } from '../support/rancher-emulator-client.ts';
import { type Sent, sendRequest } from '../support/send-request.ts';

const key = { accessKey: 'access', secretKey: 'secret' };
/** So many times faster than a small Rancher: every state in between is seen. */
const speed = 10;

export type StepMatcher = (request: PassedRequest, number: number) => boolean;

/** The program in front of a Rancher, a Kubernetes and a container, killed at a stage of a request to any of them. */
export interface StepsWorld {
  readonly rancher: RancherEmulator;
  readonly kubernetes: KubernetesEmulator;
  /** How often each path of the container was posted to. */
  readonly posts: ReadonlyMap<string, number>;
  /** What reached an upstream since the last call of `killAt`. */
  passed(): PassedRequest[];
  /**
   * Kills the program at the stage of the first request that matches; they are counted from 1.
   * @returns resolves with that request once the program is dead.
   */
  killAt(matches: StepMatcher, stage: Stage): Promise<PassedRequest>;
  /** Starts the program again if it was killed; it is killed no more. */
  restart(): Promise<void>;
  send(method: string, path: string, body?: object): Promise<Sent>;
  stop(): Promise<void>;
}

/** @param targets how many services, groups of hosts and Deployments there are. */
export async function startStepsWorld(targets: number): Promise<StepsWorld> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'steps-'));
  const rancher = await startRancherEmulator({ ...key, speed, seed: seedOf(targets) });
  const objects = numbers(targets).flatMap((number) => {
    const deployment = createDemoDeployment(`web-${number}`, 'acme/web:1', 2);
    return [deployment, serviceOf(deployment)];
  });
  const kubernetes = await startKubernetesEmulator({ speed, objects });
  const posts = new Map<string, number>();
  const container = http.createServer((request, response) => {
    posts.set(request.url ?? '', (posts.get(request.url ?? '') ?? 0) + 1);
    request.resume().on('end', () => response.end('thanks'));
  });
  const containerPort = await listen(container, '127.0.0.1', 0, '');
  rancher.setServiceTarget('posted', `http://127.0.0.1:${containerPort}`);

  let since: PassedRequest[] = [];
  let fault: { matches: StepMatcher; stage: Stage; met: PromiseWithResolvers<PassedRequest> } | undefined;
  let program: Program;
  const cutsOff = (request: PassedRequest, stage: Stage): boolean => {
    if (stage === 'arrived') since.push(request);
    if (fault === undefined || fault.stage !== stage || !fault.matches(request, since.indexOf(request) + 1)) return false;
    program.process.kill('SIGKILL');
    const { met } = fault;
    fault = undefined;
    program.ended().then(() => met.resolve(request), met.reject);
    return true;
  };
  const proxies = [await startFaultProxy(rancher.url, cutsOff), await startFaultProxy(kubernetes.url, cutsOff)] as const;
  const kubeconfig = path.join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubernetes.kubeconfig().replaceAll(kubernetes.url, proxies[1].url));
  const port = await freePort();
  const environment = {
    CATTLE_URL: `${proxies[0].url}/v1`,
    CATTLE_ACCESS_KEY: key.accessKey,
    CATTLE_SECRET_KEY: key.secretKey,
    RSA_PRIVATE_KEY_CONTENTS: generatePrivateKeyPem(),
    KUBECONFIG: kubeconfig,
    WEBHOOK_KUBERNETES_ALLOW: JSON.stringify({ '1a5': [{ cluster: '', namespaces: ['default'] }] }),
    WEBHOOK_AUTH: 'none',
    WEBHOOK_LISTEN: `127.0.0.1:${port}`,
    WEBHOOK_DATA_DIR: path.join(folder, 'data'),
  };
  const start = async (): Promise<void> => {
    program = startWebhookService(['serve'], environment);
    await program.says(/"message":"listening"/);
  };
  await start();
  return {
    rancher,
    kubernetes,
    posts,
    passed: () => since,
    killAt(matches, stage) {
      since = [];
      fault = { matches, stage, met: Promise.withResolvers() };
      return fault.met.promise;
    },
    async restart() {
      fault = undefined;
      if (program.process.exitCode === null && program.process.signalCode === null) return;
      await start();
    },
    send: (method, target, body) =>
      sendRequest(`http://127.0.0.1:${port}`, `/v1-webhooks/${target}`, { method, ...(body && { body }) }),
    async stop() {
      await program.stop();
      for (const proxy of proxies) await proxy.stop();
      await closeServer(container, 0);
      await kubernetes.stop();
      await rancher.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Asks until there is an answer that is wanted. @returns undefined after so many milliseconds. */
export async function soon<T>(ms: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = performance.now() + ms; ; await delay(20)) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > end) return answer;
  }
}

/** A Service of the Deployment's name that selects its pods. */
function serviceOf(deployment: object): object {
  const selector = at(deployment, 'spec', 'template', 'metadata', 'labels');
  const metadata = at(deployment, 'metadata');
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector, ports: [{ port: 80 }] } };
}

function seedOf(targets: number): RancherSeed {
  const service = (id: string, name: string): object => ({
    type: 'service',
    id,
    accountId: '1a5',
    stackId: '1st1',
    name,
    scale: 2,
    launchConfig: { imageUuid: 'docker:acme/web:1', kind: 'container', labels: { app: name } },
  });
  return {
    apiKeys: [],
    resources: [
      { type: 'project', id: '1a5', name: 'Default', orchestration: 'cattle' },
      { type: 'stack', id: '1st1', name: 'Default', accountId: '1a5' },
      service('1s9999', 'posted'),
      ...numbers(targets).flatMap((number) => [
        service(`1s${number}`, `web${number}`),
        {
          type: 'host',
          id: `1h${number}`,
          accountId: '1a5',
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
