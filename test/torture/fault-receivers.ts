import type { FaultsWorld } from './faults-world.ts';
import { numbers } from './faults-world.ts';

export const inlineDrivers = ['scaleService', 'scaleHost', 'forwardPost'] as const;
export const queuedDrivers = ['serviceUpgrade', 'deploymentUpdate'] as const;
export type InlineDriver = (typeof inlineDrivers)[number];
export type FaultedDriver = InlineDriver | (typeof queuedDrivers)[number];

/** A receiver for one target. */
export interface FaultReceiver {
  readonly driver: FaultedDriver;
  readonly target: number;
  readonly id: string;
  readonly url: string;
  /** When Rancher was known to have it at the earliest, by the clock that never goes back, milliseconds. */
  readonly confirmedAt: number;
}

const configs: Readonly<Record<FaultedDriver, (target: number) => object>> = {
  scaleService: (target) => ({ serviceId: `1s${target}`, action: 'up', amount: 1, min: 1, max: 9 }),
  scaleHost: (target) => ({ hostSelector: { pool: `pool-${target}` }, action: 'up', amount: 1, min: 1, max: 9 }),
  forwardPost: (target) => ({ serviceName: `scaled-${target}`, port: '80', path: '/hook' }),
  serviceUpgrade: (target) => ({
    serviceSelector: { app: `upgraded-${target}` },
    tag: '2',
    tagPattern: '*',
    batchSize: 1,
    intervalMillis: 1,
    payloadFormat: 'dockerhub',
  }),
  deploymentUpdate: (target) => ({ namespace: 'default', name: `web-${target}`, payloadFormat: 'dockerhub' }),
};

/** One receiver of each of these drivers for each target, just confirmed by Rancher when this resolves. */
export async function createFaultReceivers(
  world: FaultsWorld,
  drivers: readonly FaultedDriver[],
  targets: number,
): Promise<FaultReceiver[]> {
  const wanted = drivers.flatMap((driver) => numbers(targets).map((target) => ({ driver, target })));
  return Promise.all(
    wanted.map(async ({ driver, target }) => {
      const name = `${driver}-${target}`;
      const sent = { name, driver, [`${driver}Config`]: configs[driver](target) };
      const confirmedAt = performance.now();
      const answer = await world.api('POST', 'receivers', sent);
      if (answer.status !== 200) throw new Error(`${name} could not be made: ${answer.text}`);
      return { driver, target, id: String(answer.json['id']), url: String(answer.json['url']), confirmedAt };
    }),
  );
}

/** What a receiver has done so far: a scale, a number of hosts or of posts, or the tag that runs. */
export function effectOf(world: FaultsWorld, { driver, target }: FaultReceiver): number | string {
  const { rancher, kubernetes, posted } = world;
  if (driver === 'scaleService') return Number(rancher.find('service', `1s${target}`)?.fields['scale']);
  if (driver === 'scaleHost') {
    return rancher.list('host').filter(({ fields }) => JSON.stringify(fields).includes(`"pool":"pool-${target}"`)).length;
  }
  if (driver === 'forwardPost') return posted.filter((body) => body === postBody(target)).length;
  const text =
    driver === 'serviceUpgrade'
      ? rancher.find('service', `1s${1_000 + target}`)?.fields['launchConfig']
      : kubernetes.get('deployments', 'default', `web-${target}`)?.['spec'];
  return /acme\/web:([\w.-]+)/.exec(JSON.stringify(text))?.[1] ?? '';
}

/** The body for a receiver; pushes are told apart by their tags. */
export function bodyFor({ driver, target }: FaultReceiver, tag: string, pushedAt: number): object {
  if (driver === 'forwardPost') return { post: target };
  if (driver === 'scaleHost' || driver === 'scaleService') return {};
  return { push_data: { tag, pushed_at: pushedAt }, repository: { repo_name: 'acme/web' } };
}

function postBody(target: number): string {
  return JSON.stringify({ post: target });
}
