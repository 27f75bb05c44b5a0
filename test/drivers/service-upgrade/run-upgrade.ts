import crypto from 'node:crypto';
import type { Clock } from '../../../src/drivers/service-upgrade/clock.ts';
import { foundService } from '../../../src/drivers/service-upgrade/found-service.ts';
import { serviceUpgrade } from '../../../src/drivers/service-upgrade/index.ts';
import type { ActionContext, ActionResult, DriverConfig } from '../../../src/framework/driver.ts';
import { payloadFormats } from '../../../src/payloads/index.ts';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import type { RancherResource } from '../../../src/rancher/rancher.ts';
import { ended } from '../../support/ended.ts';
import { FakeRancher, type FakeRancherOptions } from '../../support/fake-rancher.ts';
import { deliveryOf } from '../../support/run-driver.ts';

const good = { serviceSelector: { app: 'web' }, tag: 'latest', batchSize: 1, intervalMillis: 2 };
export const image = 'acme/web:latest';
export const pulled = 'io.rancher.container.pull_image';
const actions = {
  active: { upgrade: 'u', update: 'u' },
  upgrading: { cancelupgrade: 'u', rollback: 'u' },
  upgraded: { finishupgrade: 'u', rollback: 'u' },
} as const;

/** Time that passes only in waits. */
class ManualClock implements Clock {
  time = 0;
  readonly waits: number[] = [];
  now(): number {
    return this.time;
  }
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.waits.push(milliseconds);
    this.time += milliseconds;
  }
}

export function service(extra: Readonly<Record<string, unknown>> = {}): RancherResource {
  return {
    id: '1s1',
    type: 'service',
    name: 'web',
    state: 'active',
    transitioning: 'no',
    launchConfig: { imageUuid: 'docker:acme/web:1', labels: { app: 'web', tier: 'front' } },
    actions: actions.active,
    ...extra,
  };
}

export function inState(
  resource: RancherResource,
  state: string,
  extra: Readonly<Record<string, unknown>> = {},
): RancherResource {
  const offered: Readonly<Record<string, Readonly<Record<string, string>>>> = actions;
  const transitioning = state.endsWith('ing') || state.startsWith('finishing') ? 'yes' : 'no';
  return { ...resource, state, transitioning, actions: offered[state] ?? {}, ...extra };
}

/** As Rancher does: the launch configs are new at once, the state becomes `upgraded` when the containers run. */
export function act(resource: RancherResource, name: string, body: unknown): RancherResource {
  if (name === 'rollback') {
    const { inServiceStrategy } = resource['upgrade'] as { inServiceStrategy: Record<string, unknown> };
    return inState(resource, 'rolling-back', { launchConfig: inServiceStrategy['previousLaunchConfig'] });
  }
  if (name === 'finishupgrade') return inState(resource, 'finishing-upgrade');
  const upgrade = body as { inServiceStrategy: Record<string, unknown> };
  const { launchConfig: previousLaunchConfig } = resource;
  const { launchConfig: wanted } = upgrade.inServiceStrategy;
  const launchConfig = wanted ? { ...wanted, version: crypto.randomUUID() } : previousLaunchConfig;
  const inServiceStrategy = { ...upgrade.inServiceStrategy, launchConfig, previousLaunchConfig };
  return inState(resource, 'upgrading', { launchConfig, upgrade: { inServiceStrategy } });
}

/** Lets what is under way end at the next look. */
export function tick(resource: RancherResource): RancherResource {
  if (resource.state === 'upgrading') return inState(resource, 'upgraded');
  return resource.state === 'finishing-upgrade' || resource.state === 'rolling-back' ? inState(resource, 'active') : resource;
}

interface Outcome {
  readonly result: ActionResult;
  readonly writes: string[];
  readonly rancher: FakeRancher;
  readonly clock: ManualClock;
  readonly progress: string[];
  readonly steps: string[];
}

interface Setup extends FakeRancherOptions {
  readonly config?: DriverConfig;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
  /** The service when the upgrade was planned. */
  readonly planned?: RancherResource;
  readonly context?: Partial<ActionContext>;
}

export async function execute({
  config = {},
  input = {},
  signal = new AbortController().signal,
  planned = service(),
  context = {},
  ...options
}: Setup): Promise<Outcome> {
  const rancher = new FakeRancher({ resources: [service()], act, tick, ...options });
  const clock = new ManualClock();
  const driver = serviceUpgrade({ rancher, formats: payloadFormats, clock });
  const progress: string[] = [];
  const steps: string[] = [];
  const choice = { primary: true, sidekicks: [], ...input };
  const action = {
    target: 'rancher/1a5/service/1s1',
    description: '',
    input: { serviceId: '1s1', image, ...choice, found: foundService(planned, choice) },
  };
  const execution = driver.execute(action, {
    config: { ...good, ...config },
    delivery: deliveryOf(),
    signal,
    progress: (text: string) => progress.push(text),
    beforeWrite: async (step) => void steps.push(step),
    following: () => undefined,
    ...context,
  });
  const result = await ended(execution);
  return {
    result,
    rancher,
    clock,
    progress,
    steps,
    writes: rancher.writes.map(([what]) => what.replace('action service/1s1?', '')),
  };
}

export const succeeded: ActionResult = { outcome: 'succeeded', message: `runs ${image}` };
export const away = new RancherError('unreachable', 'ECONNREFUSED');

/** The strategy of an upgrade that is under way. */
export function underWay(state: string, toImage: string, intervalMillis = 2000): RancherResource {
  const launchConfig = { imageUuid: `docker:${toImage}`, labels: { app: 'web', [pulled]: 'always' } };
  return inState(
    service({ launchConfig, upgrade: { inServiceStrategy: { batchSize: 1, intervalMillis, launchConfig } } }),
    state,
  );
}
