import { expect } from 'chai';
import {
  deployment,
  deployments,
  EmulatorClient,
  isComplete,
  pods,
  type View,
} from '../../support/kubernetes-emulator-client.ts';

interface InitContainer {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
}

interface Status {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: Readonly<Record<string, { readonly reason?: string }>>;
}

const mesh: InitContainer = { name: 'mesh', image: 'envoy:1', restartPolicy: 'Always' };
const after: InitContainer = { name: 'after', image: 'busybox:1' };

function migrate(tag: string): InitContainer {
  return { name: 'migrate', image: `acme/migrate:${tag}` };
}

/** Each container of the first pod as `name: state`, the init containers first. */
function statesIn({ items }: View): string[] {
  const { initContainerStatuses = [], containerStatuses = [] } = (items[0]?.status ?? {}) as unknown as Record<string, Status[]>;
  return [...initContainerStatuses, ...containerStatuses].map(({ name, state, ready }) => {
    const [[kind, { reason = kind }] = ['none', {}]] = Object.entries(state);
    return `${name}: ${reason}${ready ? ', ready' : ''}`;
  });
}

describe('init containers on the Kubernetes emulator', () => {
  let client: EmulatorClient;
  beforeEach(async () => {
    client = await EmulatorClient.start();
  });
  afterEach(() => client.stop());

  async function create(...initContainers: readonly InitContainer[]): Promise<string> {
    const { spec, ...others } = deployment('web', { replicas: 1 }) as { spec: { template: { spec: object } } };
    const { template } = spec;
    const changed = { ...spec, template: { ...template, spec: { ...template.spec, initContainers } } };
    const { status } = await client.call('POST', deployments, { ...others, spec: changed });
    expect(status).to.equal(201);
    return `${deployments}/web`;
  }

  async function row(): Promise<unknown[]> {
    const { body } = await client.call('GET', pods, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    return (body as unknown as { rows: { cells: unknown[] }[] }).rows[0]?.cells.slice(1, 4) ?? [];
  }

  async function untilIn(...states: readonly string[]): Promise<void> {
    const wanted = JSON.stringify(states);
    await client.until(pods, (list) => JSON.stringify(statesIn(list)) === wanted);
  }

  it('end before the others begin, or go on to run beside them', async () => {
    await client.until(await create(mesh, migrate('1')), isComplete);
    expect(statesIn((await client.get(pods)).body)).to.deep.equal([
      'mesh: running, ready',
      'migrate: Completed, ready',
      'sidecar: running, ready',
      'web: running, ready',
    ]);
    expect(await row()).to.deep.equal(['3/3', 'Running', '0']);
  });

  for (const [tag, state, column] of [
    ['2-bad', 'ImagePullBackOff', 'Init:ImagePullBackOff'],
    ['2-crash', 'CrashLoopBackOff', 'Init:CrashLoopBackOff'],
    ['2-slow60m', 'running', 'Init:1/3'],
  ] as const) {
    it(`keep the others waiting with ${tag}`, async () => {
      await create(mesh, migrate(tag), after);
      await untilIn(
        'mesh: running, ready',
        `migrate: ${state}`,
        'after: PodInitializing',
        'sidecar: PodInitializing',
        'web: PodInitializing',
      );
      expect((await row()).slice(0, 2)).to.deep.equal(['1/3', column]);
      const [pod] = (await client.get(pods)).body.items;
      expect(pod?.status).to.include({ phase: 'Pending' });
      expect(JSON.stringify(pod?.status)).to.include('containers with incomplete status: [migrate after]');
    });
  }

  it('let the others begin once they are well, each in its turn', async () => {
    const seen = new Set<string>();
    const stop = client.emulator.onChange((each) => {
      if (each.kind === 'Pod') seen.add(statesIn({ items: [each] } as unknown as View).join('; '));
    });
    await client.until(await create(migrate('2-slow'), { ...after, image: 'busybox:1-bad1s' }), isComplete);
    stop();
    const waiting = 'sidecar: PodInitializing; web: PodInitializing';
    expect([...seen]).to.include.members([
      `migrate: running; after: PodInitializing; ${waiting}`,
      `migrate: Completed, ready; after: ImagePullBackOff; ${waiting}`,
    ]);
    expect(await row()).to.deep.equal(['2/2', 'Running', '0']);
  });
});
