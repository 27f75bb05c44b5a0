import type { RancherResource } from '../../../src/rancher/rancher.ts';

export function host(id: string, second: number, extra: Readonly<Record<string, unknown>> = {}): RancherResource {
  return {
    id,
    type: 'host',
    accountId: '1a5',
    hostname: id,
    driver: 'digitalocean',
    labels: { pool: 'a' },
    state: 'active',
    created: `2017-01-01T00:00:${String(second).padStart(2, '0')}Z`,
    ...extra,
  };
}

/** The hosts on which the Go service was recorded. */
export const recorded = [
  host('1h1', 1, { hostname: 'base1.foo.com', hostTemplateId: '1ht1', digitaloceanConfig: { size: '1gb' } }),
  host('1h2', 2, { hostname: 'base2', hostTemplateId: '1ht1' }),
  host('1h3', 3, { hostname: 'custom', labels: { pool: 'c' }, driver: null }),
  host('1h4', 4, { hostname: 'base3', hostTemplateId: '1ht1', state: 'disconnected' }),
  { id: '1ht1', type: 'hostTemplate', name: 'do' },
  { id: '1ht2', type: 'hostTemplate', removed: '2017-01-01T00:00:00Z' },
];

export const up = { hostSelector: { pool: 'a' }, amount: 1, action: 'up', min: 1, max: 9 };
export const down = { ...up, action: 'down', deleteOption: 'mostRecent' };
const { hostSelector: _, ...withoutSelector } = up;
export const templateUp = { ...withoutSelector, hostTemplateId: '1ht1' };
export const templateDown = { ...templateUp, action: 'down', deleteOption: 'leastRecent' };
