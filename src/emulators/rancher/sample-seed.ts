import type { JsonObject } from '../shared/json-value.ts';
import type { RancherSeed, SeedResource } from './rancher-seed.ts';

export interface SampleSeedOptions {
  /** Default `1a5`, the first project of a fresh Rancher. */
  readonly projectId?: string;
  /** A key with owner rights in that project; default none. */
  readonly apiKey?: { readonly accessKey: string; readonly secretKey: string };
  /** Image of the service `web`, without the `docker:` in front; default `acme/web:1.0`. */
  readonly image?: string;
}

/**
 * A small project to try things on: a stack with a labelled service `web`, one with a sidekick, a load balancer, an alias, a
 * global service; hosts of a cloud driver and a custom one; a host template; the settings that clients read.
 */
export function createSampleSeed({ projectId = '1a5', apiKey, image = 'acme/web:1.0' }: SampleSeedOptions = {}): RancherSeed {
  const owned = (resource: SeedResource): SeedResource => ({ accountId: projectId, ...resource });
  return {
    apiKeys: apiKey
      ? [{ publicValue: apiKey.accessKey, secretValue: apiKey.secretKey, accountId: projectId, role: 'owner', name: 'sample' }]
      : [],
    resources: [
      { type: 'project', id: projectId, name: 'Default', members: [], orchestration: 'cattle', healthState: 'healthy' },
      ...hosts().map(owned),
      owned({ type: 'stack', id: '1st1', name: 'Default', healthState: 'healthy' }),
      ...services(image).map((service) => owned({ stackId: '1st1', ...service })),
      ...settings(),
    ],
  };
}

function hosts(): SeedResource[] {
  const driver = { driver: 'digitalocean', hostTemplateId: '1ht1', agentState: 'active', labels: { pool: 'workers' } };
  const digitaloceanConfig = {
    type: 'digitaloceanConfig',
    region: 'nyc3',
    size: '1gb',
    image: 'ubuntu-16-04-x64',
    accessToken: 'not-a-token',
  };
  return [
    {
      type: 'hostTemplate',
      id: '1ht1',
      name: 'workers',
      driver: 'digitalocean',
      flavorPrefix: 'digitalocean',
      publicValues: { digitaloceanConfig },
    },
    { type: 'host', id: '1h1', hostname: 'worker1.example.com', agentIpAddress: '172.17.0.1', ...driver, digitaloceanConfig },
    { type: 'host', id: '1h2', hostname: 'worker2.example.com', agentIpAddress: '172.17.0.2', ...driver, digitaloceanConfig },
    {
      type: 'host',
      id: '1h3',
      hostname: 'bare-metal',
      agentIpAddress: '172.17.0.3',
      agentState: 'active',
      labels: { pool: 'static' },
    },
  ];
}

function services(image: string): SeedResource[] {
  return [
    { type: 'service', id: '1s1', name: 'web', scale: 2, launchConfig: launch(image, { app: 'web' }) },
    {
      type: 'service',
      id: '1s2',
      name: 'worker',
      scale: 1,
      launchConfig: launch('acme/worker:1.0', { app: 'worker' }),
      secondaryLaunchConfigs: [
        { ...launch('acme/log-shipper:1.0', { app: 'log-shipper' }), type: 'secondaryLaunchConfig', name: 'log-shipper' },
      ],
    },
    {
      type: 'loadBalancerService',
      id: '1s3',
      name: 'lb',
      scale: 1,
      launchConfig: { ...launch('rancher/lb-service-haproxy:v0.9.14', {}), ports: ['80:80/tcp'] },
      lbConfig: {
        type: 'lbConfig',
        portRules: [{ type: 'portRule', serviceId: '1s1', sourcePort: 80, targetPort: 8080, protocol: 'http' }],
      },
    },
    { type: 'dnsService', id: '1s4', name: 'web-alias', launchConfig: null },
    {
      type: 'service',
      id: '1s5',
      name: 'agent',
      scale: 1,
      launchConfig: launch('acme/agent:1.0', { app: 'agent', 'io.rancher.scheduler.global': 'true' }),
    },
  ];
}

function launch(image: string, labels: JsonObject): JsonObject {
  return {
    type: 'launchConfig',
    imageUuid: `docker:${image}`,
    instanceTriggeredStop: 'stop',
    kind: 'container',
    labels: { 'io.rancher.container.pull_image': 'always', ...labels },
    logConfig: { type: 'logConfig', config: {}, driver: '' },
    networkMode: 'managed',
    privileged: false,
    publishAllPorts: false,
    readOnly: false,
    runInit: false,
    startOnCreate: true,
    stdinOpen: true,
    system: false,
    tty: true,
    vcpu: 1,
    drainTimeoutMs: 0,
    version: '0',
  };
}

function settings(): SeedResource[] {
  const values: Readonly<Record<string, string>> = {
    'rancher.server.version': 'v1.6.30',
    'rancher.compose.version': 'v0.12.5',
    'api.host': '',
    'catalog.url': '{"catalogs":{}}',
    'api.security.enabled': 'true',
    'ui.pl': 'rancher',
  };
  return Object.entries(values).map(([name, value]) => ({
    type: 'setting',
    id: name,
    name,
    value,
    activeValue: value,
    source: 'Default Environment Variables',
    inDb: false,
  }));
}
