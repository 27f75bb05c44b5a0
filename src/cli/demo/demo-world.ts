import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { closeServer, listen } from '../../api/listen.ts';
import { type RunningService, startService } from '../../compose.ts';
import type { Config } from '../../config.ts';
import { createDemoDeployment } from '../../emulators/kubernetes/sample-deployment.ts';
import { type KubernetesEmulator, startKubernetesEmulator } from '../../emulators/kubernetes/kubernetes-emulator.ts';
import { type RancherEmulator, startRancherEmulator } from '../../emulators/rancher/rancher-emulator.ts';
import { createSampleSeed } from '../../emulators/rancher/sample-seed.ts';
import type { DeliveryObserver } from '../../framework/deliveries/delivery-observer.ts';
import type { Log } from '../../framework/log.ts';

export interface DemoOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  readonly observer: DeliveryObserver;
}

/** Everything that the demo runs: two emulators, and the service between them as it runs in production. */
export interface DemoWorld {
  readonly service: RunningService;
  readonly rancher: RancherEmulator;
  readonly kubernetes: KubernetesEmulator;
  readonly kubeconfig: string;
  readonly projectId: string;
  /** An API key of the sample project. */
  readonly apiKey: { readonly accessKey: string; readonly secretKey: string };
  stop(): Promise<void>;
}

const projectId = '1a5';
/** The image that the recorded push is of, one version before it. */
export const demoRepository = 'svendowideit/testhook';

/** Starts the demo's world in a temporary folder; KUBECONFIG and CATTLE_* of the environment are not looked at. */
export async function startDemoWorld({ host, port, log, observer }: DemoOptions): Promise<DemoWorld> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'webhook-service-demo-'));
  const releases: (() => Promise<void> | void)[] = [() => fs.rmSync(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const release of releases.splice(0).toReversed()) await release();
  };
  try {
    const apiKey = newKey();
    const serviceKey = newKey();
    let serviceUrl: string | undefined;
    const rancher = await startRancherEmulator({
      ...serviceKey,
      host: '127.0.0.1',
      speed: 2,
      seed: createSampleSeed({ projectId, apiKey, image: `${demoRepository}:1.0` }),
      webhookServiceUrl: () => serviceUrl,
    });
    releases.push(() => rancher.stop());
    const container = await startContainer();
    releases.push(() => container.stop());
    rancher.setServiceTarget('web', container.url);
    const kubernetes = await startKubernetesEmulator({
      speed: 1,
      objects: [createDemoDeployment('web', `${demoRepository}:1.0`, 3)],
    });
    releases.push(() => kubernetes.stop());
    const kubeconfig = path.join(directory, 'kubeconfig');
    fs.writeFileSync(kubeconfig, kubernetes.kubeconfig(), { mode: 0o600 });
    const config: Config = {
      embedded: false,
      listen: { host, port },
      cattle: { url: `${rancher.url}/v1`, ...serviceKey },
      auth: 'rancher',
      urlStyle: 'token',
      legacySchemas: false,
      forwardPost: 'auto',
      kubeconfig,
      kubernetesRules: { [projectId]: [{ cluster: '', namespaces: ['default'] }] },
    };
    const service = await startService({ config, listenOption: '--port N', log, observer, dataDirectory: () => directory });
    releases.push(() => service.stop());
    serviceUrl = service.url;
    return { service, rancher, kubernetes, kubeconfig, projectId, apiKey, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** What stands in for the container behind the receiver to-container: it takes every POST. */
async function startContainer(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = http.createServer((request, response) => request.resume().once('end', () => response.end('taken\n')));
  const port = await listen(server, '127.0.0.1', 0, '--port N');
  return { url: `http://127.0.0.1:${port}`, stop: () => closeServer(server, 0) };
}

function newKey(): { accessKey: string; secretKey: string } {
  return { accessKey: crypto.randomBytes(10).toString('hex').toUpperCase(), secretKey: crypto.randomBytes(20).toString('hex') };
}
