import type { RancherSeed, SeedResource } from '../../src/emulators/rancher/rancher-seed.ts';

const accountId = '1a5';

function service(
  id: string,
  name: string,
  kind: string,
  scale: number,
  launchConfig: SeedResource['launchConfig'],
  more: Partial<SeedResource> = {},
): SeedResource {
  return { type: kind, kind, id, accountId, name, scale, currentScale: scale, launchConfig, secondaryLaunchConfigs: [], ...more };
}

function host(id: string, hostname: string, second: number, more: Partial<SeedResource>): SeedResource {
  return { type: 'host', id, accountId, hostname, state: 'active', created: `2017-01-01T00:00:0${second}Z`, ...more };
}

const cloud = { driver: 'digitalocean', labels: { pool: 'a' }, hostTemplateId: '1ht1' };

/** What the scripted Rancher of the record starts with, for the emulator. */
export const recordedSeed: RancherSeed = {
  resources: [
    { type: 'project', id: accountId, accountId, name: 'Default' },
    { type: 'hostTemplate', id: '1ht1', accountId, name: 'do', driver: 'digitalocean' },
    {
      type: 'hostTemplate',
      id: '1ht2',
      accountId,
      name: 'rm',
      driver: 'digitalocean',
      state: 'removed',
      removed: '2017-01-01T00:00:00Z',
    },
    host('1h1', 'base1.foo.com', 1, { ...cloud, digitaloceanConfig: { size: '1gb', accessToken: 'not-a-token' } }),
    host('1h2', 'base2', 2, cloud),
    host('1h3', 'custom', 3, { labels: { pool: 'c' } }),
    host('1h4', 'base3', 4, { ...cloud, state: 'disconnected' }),
    service('1s1', 'web', 'service', 2, { imageUuid: 'docker:acme/web:1', labels: { app: 'web', tier: 'front' } }),
    service('1s2', 'lb', 'loadBalancerService', 1, { imageUuid: 'docker:rancher/lb', labels: {} }),
    service('1s3', 'global', 'service', 1, { imageUuid: 'docker:acme/g', labels: { 'io.rancher.scheduler.global': 'true' } }),
    service('1s4', 'none', 'service', 1, { imageUuid: 'docker:rancher/none', labels: {} }),
    service('1s5', 'dns', 'dnsService', 1, { imageUuid: 'docker:x', labels: {} }),
    service('1s6', 'gone', 'service', 1, { imageUuid: 'docker:x', labels: {} }, { removed: '2017-01-01T00:00:00Z' }),
    service(
      '1s7',
      'side',
      'service',
      1,
      { imageUuid: 'docker:acme/main:1', labels: {} },
      {
        secondaryLaunchConfigs: [
          { name: 'sk1', imageUuid: 'docker:acme/web:1', labels: { app: 'web' } },
          { name: 'sk2', imageUuid: 'docker:acme/other:1', labels: { app: 'other' } },
        ],
      },
    ),
  ],
};
