import { expect } from 'chai';
import { type RancherEmulator, startRancherEmulator } from '../../src/emulators/rancher/rancher-emulator.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { at, callerOf, until } from '../support/rancher-emulator-client.ts';
import { sendRequest } from '../support/send-request.ts';
import { startServiceOn } from '../support/service-on-emulator.ts';
import { pushOf } from './upgrade-world.ts';

type LaunchConfig = Readonly<Record<string, unknown>>;

interface Configs {
  readonly launchConfig: LaunchConfig;
  readonly secondaryLaunchConfigs: readonly LaunchConfig[];
}

const key = { accessKey: 'access', secretKey: 'secret' };
const services = 301;
/** Which launch configs of a service are chosen, by how many there are, and what else they have. */
const mixes = 50;
const untouched = 20;

describe('one push for 301 services with 50 mixes of sidekicks', () => {
  let rancher: RancherEmulator;
  let proxy: FaultProxy;

  before(async () => {
    const resources = [
      { type: 'project', id: '1a5' },
      { type: 'stack', id: '1st1', accountId: '1a5' },
    ];
    rancher = await startRancherEmulator({ ...key, speed: 'instant', seed: { apiKeys: [], resources } });
    // Rancher fills in what a launch config does not say.
    const call = callerOf(rancher.url, key.accessKey, key.secretKey);
    for (let index = 0; index < services + untouched; index += 1) {
      const made = await call('POST', '/v2-beta/projects/1a5/services', serviceOf(index));
      expect(made.status, made.text).to.equal(201);
    }
    proxy = await startFaultProxy(rancher.url);
  });

  after(async () => {
    await proxy.stop();
    await rancher.stop();
  });

  it('changes the image and the pull label of every chosen launch config, and nothing else', async function () {
    this.timeout(180_000);
    const before = await configsOf(rancher);
    expect(before.size).to.equal(services + untouched);
    const service = await startServiceOn(proxy.url, {});
    try {
      const config = {
        serviceSelector: { deploy: 'yes' },
        tag: '2',
        batchSize: 1,
        intervalMillis: 1,
        payloadFormat: 'dockerhub',
      };
      const body = { name: 'all', driver: 'serviceUpgrade', serviceUpgradeConfig: config };
      const created = await sendRequest(service.url, '/v1-webhooks/receivers?projectId=1a5', { method: 'POST', body });
      expect(created.status, created.text).to.equal(200);
      const query = String(created.json['url']).replace(/^[^?]*/, '');
      const hit = await sendRequest(service.url, `/v1-webhooks/endpoint${query}`, {
        method: 'POST',
        body: pushOf('2', 1_500_000_000),
      });
      expect(hit.status, hit.text).to.equal(200);
      const path = `/v1-webhooks/deliveries/${String(hit.headers['x-webhook-delivery'])}?projectId=1a5`;
      for (let state: unknown; state !== 'succeeded';) {
        state = await until(
          async () => (await sendRequest(service.url, path)).json['state'],
          (found) => found === 'succeeded',
        ).catch(() => undefined);
      }
      const delivery = await sendRequest(service.url, path);
      expect(delivery.json['deliveryActions']).to.have.length(services);
    } finally {
      await service.stop();
    }
    const after = await configsOf(rancher);
    for (const [id, configs] of before)
      expect(withoutVersions(after.get(id)), id).to.deep.equal(withoutVersions(expected(configs)));
    const upgrades = proxy.requests.filter(({ url }) => url.includes('action=upgrade'));
    expect(new Set(upgrades.map(({ url }) => /1s\d+/.exec(url)?.[0])).size).to.equal(services);
    expect(upgrades).to.have.length(services);
    for (const { url, body } of upgrades) {
      const { launchConfig, secondaryLaunchConfigs } = before.get(/1s\d+/.exec(url)?.[0] ?? '') as Configs;
      const strategy = at(JSON.parse(body), 'inServiceStrategy') as Partial<Configs>;
      expect(strategy.launchConfig, url).to.deep.equal(isChosen(launchConfig) ? upgraded(launchConfig) : undefined);
      const sidekicks = secondaryLaunchConfigs.filter(isChosen).map(upgraded);
      expect(strategy.secondaryLaunchConfigs, url).to.deep.equal(sidekicks.length > 0 ? sidekicks : undefined);
    }
  });
});

function serviceOf(index: number): object {
  const mix = index % mixes;
  const sidekicks = [0, 1, 2].slice(0, mix % 4).map((at) => ({
    name: `sidekick${at}`,
    ...launchConfig(mix + at, ((mix >> (at + 1)) & 1) === 1 && index < services),
  }));
  const isOnlyPrimary = sidekicks.every((sidekick) => !isChosen(sidekick));
  return {
    type: 'service',
    name: `service${index + 1}`,
    stackId: '1st1',
    scale: 1 + (index % 3),
    startOnCreate: true,
    launchConfig: launchConfig(mix, index < services && (mix % 2 === 0 || isOnlyPrimary)),
    ...(sidekicks.length > 0 && { secondaryLaunchConfigs: sidekicks }),
  };
}

function launchConfig(mix: number, chosen: boolean): LaunchConfig {
  const more = [
    { environment: { LEVEL: 'debug', EMPTY: '' } },
    { ports: ['8080:80/tcp'], expose: ['9090/tcp'] },
    { dataVolumes: ['/data:/data:ro', '/logs'], workingDir: '/srv' },
    { command: ['sh', '-c', 'sleep 1'], entryPoint: ['/bin/tini', '--'], user: '1000' },
    { memory: 268_435_456, cpuShares: 512, privileged: false, capAdd: ['NET_ADMIN'], dns: ['169.254.169.250'] },
  ];
  return {
    imageUuid: `docker:acme/web:${mix}`,
    labels: {
      ...(chosen ? { deploy: 'yes' } : { deploy: 'no' }),
      ...(mix % 3 === 0 && { 'io.rancher.container.pull_image': 'always' }),
      [`of.mix.${mix}`]: 'true',
    },
    ...more[mix % more.length],
    ...more[(mix * 3 + 1) % more.length],
  };
}

function isChosen({ labels }: LaunchConfig): boolean {
  return at(labels, 'deploy') === 'yes';
}

function upgraded(config: LaunchConfig): LaunchConfig {
  const labels = { ...(config['labels'] as object), 'io.rancher.container.pull_image': 'always' };
  return { ...config, imageUuid: 'docker:acme/web:2', labels };
}

function expected({ launchConfig, secondaryLaunchConfigs }: Configs): Configs {
  const asIs = (config: LaunchConfig): LaunchConfig => (isChosen(config) ? upgraded(config) : config);
  return { launchConfig: asIs(launchConfig), secondaryLaunchConfigs: secondaryLaunchConfigs.map(asIs) };
}

/** Rancher gives every launch config that it upgrades a new version. */
function withoutVersions(configs: Configs | undefined): unknown {
  return JSON.parse(JSON.stringify(configs), (name, value: unknown) => (name === 'version' ? undefined : value));
}

/** The launch configs of all services by their ids, as Rancher shows them. */
async function configsOf({ url }: RancherEmulator): Promise<Map<string, Configs>> {
  const { body } = await callerOf(url, key.accessKey, key.secretKey)('GET', '/v2-beta/projects/1a5/services?limit=1000');
  return new Map(
    (body['data'] as Record<string, unknown>[]).map((service) => [
      String(service['id']),
      {
        launchConfig: service['launchConfig'] as LaunchConfig,
        // Rancher puts those that it upgrades last.
        secondaryLaunchConfigs: ((service['secondaryLaunchConfigs'] ?? []) as LaunchConfig[]).toSorted((a, b) =>
          String(at(a, 'name')).localeCompare(String(at(b, 'name'))),
        ),
      },
    ]),
  );
}
