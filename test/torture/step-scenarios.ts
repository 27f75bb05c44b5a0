import { at } from '../support/rancher-emulator-client.ts';
import type { PassedRequest } from '../support/fault-proxy.ts';
import type { StepsWorld } from './steps-world.ts';

/** One receiver's work on a target of its own. */
export interface StepScenario {
  readonly name: string;
  readonly driver: string;
  readonly inline: boolean;
  /** How a delivery ends that nothing happens to. */
  readonly end: 'succeeded' | 'rolledBack';
  /** How the target is before and afterwards. */
  readonly before: string;
  readonly after: string;
  /** How many writes an undisturbed delivery makes. */
  readonly writes: number;
  config(target: number): object;
  readonly body: object;
  isWrite(request: PassedRequest): boolean;
  prepare?(world: StepsWorld, target: number): void;
  stateOf(world: StepsWorld, target: number): string;
}

const push = (tag: string): object => ({
  push_data: { tag, pushed_at: 1_700_000_000 },
  repository: { repo_name: 'acme/web' },
});

/** With its containers, so that one too many is seen. */
function serviceState({ rancher }: StepsWorld, target: number): string {
  const id = `1s${target}`;
  const service = rancher.find('service', id);
  const containers = rancher.list('container').filter(({ fields }) => at(fields, 'serviceIds', 0) === id);
  const images = new Set(containers.map(({ fields }) => at(fields, 'imageUuid')));
  return `${service?.state} ${String(at(service?.fields, 'launchConfig', 'imageUuid'))} on ${containers.length} of ${[...images].join()}`;
}

function deploymentState({ kubernetes }: StepsWorld, target: number): string {
  const deployment = kubernetes.get('deployments', 'default', `web-${target}`);
  const status = deployment?.['status'];
  return `${String(at(deployment?.['spec'], 'template', 'spec', 'containers', 0, 'image'))} on ${String(at(status, 'updatedReplicas'))} of ${String(at(status, 'replicas'))}`;
}

/** Which Deployments of a pair there are, with their images, and which the Service selects. */
function pairState({ kubernetes }: StepsWorld, target: number): string {
  const selected = at(kubernetes.get('services', 'default', `web-${target}`)?.['spec'], 'selector', 'app');
  return [`web-${target}`, `web-${target}-green`]
    .flatMap((name, index) => {
      const template = at(kubernetes.get('deployments', 'default', name)?.['spec'], 'template');
      if (template === undefined) return [];
      const live = at(template, 'metadata', 'labels', 'app') === selected ? ' live' : '';
      return `${index === 0 ? 'blue' : 'green'} ${String(at(template, 'spec', 'containers', 0, 'image'))}${live}`;
    })
    .join(', ');
}

const upgrade = {
  driver: 'serviceUpgrade',
  inline: false,
  before: 'active docker:acme/web:1 on 2 of docker:acme/web:1',
  body: push('2'),
  stateOf: serviceState,
} as const;

const upgradeConfig = (target: number): object => ({
  serviceSelector: { app: `web${target}` },
  tagPattern: '*',
  batchSize: 2,
  intervalMillis: 1,
  payloadFormat: 'dockerhub',
});

const rollout = { driver: 'deploymentUpdate', inline: false, stateOf: deploymentState } as const;
const isPatch = ({ method, url }: PassedRequest): boolean => method === 'PATCH' && url.includes('/deployments/');

const blueGreen = {
  driver: 'deploymentUpdate',
  inline: false,
  before: 'blue acme/web:1 live',
  stateOf: pairState,
  isWrite: ({ method, url }: PassedRequest) => method !== 'GET' && /\/(?:deployments|services)/.test(url),
} as const;
const blueGreenConfig = (target: number): object => ({
  namespace: 'default',
  name: `web-${target}`,
  payloadFormat: 'dockerhub',
  strategy: 'blueGreen',
  service: `web-${target}`,
  keepOldSeconds: 0,
});

export const stepScenarios: readonly StepScenario[] = [
  {
    ...upgrade,
    name: 'service upgrade',
    end: 'succeeded',
    after: 'active docker:acme/web:2 on 2 of docker:acme/web:2',
    writes: 2,
    config: upgradeConfig,
    isWrite: ({ url }) => /action=(?:upgrade|finishupgrade)/.test(url),
  },
  {
    ...upgrade,
    name: 'service upgrade that is rolled back',
    end: 'rolledBack',
    after: upgrade.before,
    writes: 2,
    config: (target) => ({ ...upgradeConfig(target), finishTimeoutSeconds: 1, onFailure: 'rollback' }),
    isWrite: ({ url }) => /action=(?:upgrade|rollback)/.test(url),
    prepare: ({ rancher }, target) => rancher.faults.failProcess({ resource: `1s${target}`, process: 'upgrade', mode: 'stuck' }),
  },
  {
    ...rollout,
    name: 'rollout',
    end: 'succeeded',
    before: 'acme/web:1 on 2 of 2',
    after: 'acme/web:2 on 2 of 2',
    writes: 1,
    config: (target) => ({ namespace: 'default', name: `web-${target}`, payloadFormat: 'dockerhub' }),
    body: push('2'),
    isWrite: isPatch,
  },
  {
    ...rollout,
    name: 'rollout that is taken back',
    end: 'rolledBack',
    before: 'acme/web:1 on 2 of 2',
    after: 'acme/web:1 on 2 of 2',
    writes: 2,
    config: (target) => ({ namespace: 'default', name: `web-${target}`, payloadFormat: 'dockerhub', timeoutSeconds: 1 }),
    body: push('2-unready'),
    isWrite: isPatch,
  },
  {
    ...blueGreen,
    name: 'blue-green update',
    end: 'succeeded',
    after: 'green acme/web:2 live',
    writes: 4,
    config: blueGreenConfig,
    body: push('2'),
  },
  {
    ...blueGreen,
    name: 'blue-green update that is kept for a while',
    end: 'succeeded',
    after: 'green acme/web:2 live',
    writes: 5,
    config: (target) => ({ ...blueGreenConfig(target), keepOldSeconds: 1 }),
    body: push('2'),
  },
  {
    ...blueGreen,
    name: 'blue-green update that fails',
    end: 'rolledBack',
    after: blueGreen.before,
    writes: 2,
    config: (target) => ({ ...blueGreenConfig(target), timeoutSeconds: 1 }),
    body: push('2-unready'),
  },
  {
    name: 'scale of a service',
    driver: 'scaleService',
    inline: true,
    end: 'succeeded',
    before: '2',
    after: '3',
    writes: 1,
    config: (target) => ({ serviceId: `1s${target}`, action: 'up', amount: 1, min: 1, max: 9 }),
    body: {},
    isWrite: ({ method }) => method === 'PUT',
    stateOf: ({ rancher }, target) => String(at(rancher.find('service', `1s${target}`), 'fields', 'scale')),
  },
  {
    name: 'scale of hosts',
    driver: 'scaleHost',
    inline: true,
    end: 'succeeded',
    before: '1 hosts',
    after: '3 hosts',
    writes: 2,
    config: (target) => ({ hostSelector: { pool: `pool-${target}` }, action: 'up', amount: 2, min: 1, max: 9 }),
    body: {},
    isWrite: ({ method, url }) => method === 'POST' && url.endsWith('/hosts'),
    stateOf: ({ rancher }, target) =>
      `${rancher.list('host').filter(({ fields }) => JSON.stringify(fields['hostname'] ?? '').startsWith(`"pool${target}-`)).length} hosts`,
  },
  {
    name: 'forwarded post',
    driver: 'forwardPost',
    inline: true,
    end: 'succeeded',
    before: '0',
    after: '1',
    writes: 1,
    config: (target) => ({ serviceName: 'posted', port: '80', path: `/hook-${target}` }),
    body: {},
    isWrite: ({ url }) => url.includes('/hook-'),
    stateOf: ({ posts }, target) =>
      String([...posts].filter(([url]) => url.startsWith(`/hook-${target}`)).reduce((sum, [, count]) => sum + count, 0)),
  },
];
