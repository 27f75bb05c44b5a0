import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startService, type RunningService } from '../../src/compose.ts';
import type { Config } from '../../src/config.ts';
import {
  type RancherEmulator,
  type RancherEmulatorOptions,
  startRancherEmulator,
} from '../../src/emulators/rancher/rancher-emulator.ts';
import { createLog } from '../../src/framework/log.ts';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import type { DeliveryObserver } from '../../src/framework/deliveries/delivery-observer.ts';

/** The service and the emulated Rancher behind it, in the test's own process. */
export interface ServiceOnEmulator {
  readonly service: RunningService;
  readonly rancher: RancherEmulator;
  stop(): Promise<void>;
}

const serviceKey = { accessKey: 'access', secretKey: 'secret' };

/** Basic credentials of a key pair, as a header. */
export function basic(accessKey: string, secretKey: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}` };
}

/** Starts both; `/v1-webhooks` of the emulator leads to the service, as Cattle's does. */
export async function startServiceOnEmulator(
  config: Partial<Config>,
  emulator: Partial<RancherEmulatorOptions>,
  observer: DeliveryObserver = {},
): Promise<ServiceOnEmulator> {
  let url: string | undefined;
  const rancher = await startRancherEmulator({ ...serviceKey, speed: 'instant', ...emulator, webhookServiceUrl: () => url });
  const service = await startServiceOn(rancher.url, config, observer);
  url = service.url;
  const stop = async (): Promise<void> => {
    await service.stop();
    await rancher.stop();
  };
  return { service, rancher, stop };
}

/** Starts the service in front of the Rancher at this address, whose service key is `access:secret`. */
export async function startServiceOn(
  rancherUrl: string,
  config: Partial<Config>,
  observer: DeliveryObserver = {},
): Promise<RunningService> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'webhook-service-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const service = await startService({
      config: {
        embedded: false,
        listen: { host: '127.0.0.1', port: 0 },
        cattle: { url: `${rancherUrl}/v1`, ...serviceKey },
        rsaPrivateKey: generatePrivateKeyPem(),
        auth: 'none',
        urlStyle: 'token',
        legacySchemas: false,
        forwardPost: 'auto',
        ...config,
      },
      listenOption: '',
      log: createLog(() => undefined),
      observer,
      dataDirectory: () => folder,
    });
    return { ...service, stop: () => service.stop().then(removeFolder) };
  } catch (thrown) {
    await removeFolder();
    throw thrown;
  }
}
