import { expect } from 'chai';
import {
  condition,
  deployment,
  deployments,
  EmulatorClient,
  images,
  isComplete,
  pods,
  replicaSets,
  type View,
} from '../../support/kubernetes-emulator-client.ts';

const revision = 'deployment.kubernetes.io/revision';

function waitingReasons({ items }: View): (string | undefined)[] {
  return items.flatMap(({ status }) => status.containerStatuses?.map(({ state }) => state.waiting?.reason) ?? []);
}

describe('rollouts on the Kubernetes emulator', () => {
  let client: EmulatorClient;
  beforeEach(async () => {
    client = await EmulatorClient.start();
  });
  afterEach(() => client.stop());

  it('replace pod by pod, within surge and unavailability', async () => {
    const path = await client.deploy('web', { replicas: 4 });
    const seen: { total: number; available: number }[] = [];
    const stop = client.emulator.onChange(({ kind, spec, status }) => {
      if (kind === 'Deployment')
        seen.push({ total: Number(status?.['replicas'] ?? 0), available: Number(status?.['availableReplicas'] ?? 0) });
      expect(spec).not.to.equal(undefined);
    });
    const { body } = await client.setImage(path, 'acme/web:2');
    expect(body.metadata.generation).to.equal(2);
    expect(body.status.observedGeneration).to.equal(1);
    const done = await client.until(path, isComplete);
    stop();
    expect(Math.max(...seen.map(({ total }) => total))).to.equal(5);
    expect(Math.min(...seen.map(({ available }) => available))).to.be.at.least(3);
    expect(done.metadata.annotations?.[revision]).to.equal('2');
    expect(condition(done, 'Progressing')).to.include({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(condition(done, 'Available')).to.include({ status: 'True', reason: 'MinimumReplicasAvailable' });
    const { items } = (await client.get(pods)).body;
    expect(items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).to.have.length(4);
  });

  it('stop at a bad image and exceed their deadline, with the old pods still there', async () => {
    const path = await client.deploy('web', { progressDeadlineSeconds: 5 });
    await client.setImage(path, 'acme/web:2-bad');
    await client.until(pods, (list) => waitingReasons(list).includes('ErrImagePull'));
    await client.until(pods, (list) => waitingReasons(list).includes('ImagePullBackOff'));
    const late = await client.until(path, (body) => condition(body, 'Progressing')?.status === 'False');
    expect(condition(late, 'Progressing')).to.include({ reason: 'ProgressDeadlineExceeded' });
    expect(condition(late, 'Progressing')?.message).to.match(/^ReplicaSet "web-\w+" has timed out progressing\.$/);
    expect(late.status).to.include({ updatedReplicas: 1, availableReplicas: 2, unavailableReplicas: 1 });
    expect(condition(late, 'Available')?.status).to.equal('True');
  });

  it('crash again and again', async () => {
    const path = await client.deploy('web', { replicas: 1 });
    await client.setImage(path, 'acme/web:2-crash');
    const list = await client.until(pods, ({ items }) =>
      items.some(({ status }) => status.containerStatuses?.some(({ restartCount }) => restartCount > 2)),
    );
    expect(waitingReasons(list)).to.include('CrashLoopBackOff');
    const [sidecar] = list.items.at(-1)?.status.containerStatuses ?? [];
    expect(sidecar).to.include({ name: 'sidecar', ready: true });
  });

  it('go on after a slow start, a failed pull or one crash', async () => {
    const path = await client.deploy('web', { replicas: 1 });
    for (const tag of ['slow2s', 'bad2s', 'crash2s']) {
      await client.setImage(path, `acme/web:${tag}`);
      await client.until(path, (body) => isComplete(body) && images(body)[1] === `acme/web:${tag}`);
    }
  });

  it('may die afterwards, which the deadline does not notice', async () => {
    const path = await client.deploy('web', { progressDeadlineSeconds: 2 }, 'acme/web:1-dies2s');
    const dead = await client.until(path, (body) => condition(body, 'Available')?.status === 'False');
    expect(condition(dead, 'Progressing')).to.include({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('wait for minReadySeconds', async () => {
    const slow = { replicas: 1, minReadySeconds: 20 };
    await client.call('POST', deployments, deployment('web', slow));
    const ready = await client.until(`${deployments}/web`, ({ status }) => status.readyReplicas === 1);
    expect(ready.status.availableReplicas).to.equal(undefined);
    await client.until(`${deployments}/web`, isComplete);
  });

  it('obey a word in the annotation of the pod template', async () => {
    const path = await client.deploy('web', { replicas: 1 });
    const template = { metadata: { annotations: { 'rollout.test/behaviour': 'bad' } } };
    await client.patch('strategic', path, { spec: { template } });
    const list = await client.until(pods, (found) => waitingReasons(found).includes('ImagePullBackOff'));
    expect(waitingReasons(list).filter((reason) => reason === 'ImagePullBackOff')).to.have.length(2);
  });

  it('recreate only when the last old pod is gone', async () => {
    const path = await client.deploy('web', { strategy: { type: 'Recreate' } }, 'acme/web:1-linger3s');
    const mixed: string[] = [];
    const stop = client.emulator.onChange(({ kind }) => {
      if (kind !== 'Pod') return;
      const tags = client.emulator.list('pods', 'default').map((pod) => JSON.stringify(pod.spec?.['containers']));
      if (new Set(tags).size > 1) mixed.push(...tags);
    });
    await client.setImage(path, 'acme/web:2');
    await client.until(path, (body) => isComplete(body) && body.metadata.annotations?.[revision] === '2');
    stop();
    expect(mixed).to.deep.equal([]);
  });

  it('go back to the ReplicaSet that was there, under a new revision', async () => {
    const path = await client.deploy('web');
    const [first] = (await client.get(replicaSets)).body.items;
    await client.setImage(path, 'acme/web:2');
    await client.until(path, (body) => isComplete(body) && body.metadata.annotations?.[revision] === '2');
    await client.setImage(path, 'acme/web:1');
    const back = await client.until(path, (body) => isComplete(body) && body.metadata.annotations?.[revision] === '3');
    expect(images(back)).to.deep.equal(['envoy:1', 'acme/web:1']);
    const { items } = (await client.get(replicaSets)).body;
    expect(items).to.have.length(2);
    const active = items.find(({ spec }) => spec.replicas > 0);
    expect(active?.metadata.uid).to.equal(first?.metadata.uid);
    expect(active?.metadata.annotations?.[revision]).to.equal('3');
  });

  it('keep as many old ReplicaSets as they are told', async () => {
    const path = await client.deploy('web', { revisionHistoryLimit: 1, replicas: 1 });
    for (const tag of ['2', '3', '4']) {
      await client.setImage(path, `acme/web:${tag}`);
      await client.until(path, (body) => isComplete(body) && body.metadata.annotations?.[revision] === tag);
    }
    await client.until(replicaSets, ({ items }) => items.length === 2);
  });

  it('pause and resume', async () => {
    const path = await client.deploy('web');
    await client.patch('merge', path, { spec: { paused: true } });
    await client.setImage(path, 'acme/web:2');
    const paused = await client.until(
      path,
      ({ metadata, status }) => status.observedGeneration === metadata.generation && metadata.generation === 3,
    );
    expect(condition(paused, 'Progressing')).to.include({ status: 'Unknown', reason: 'DeploymentPaused' });
    expect((await client.get(replicaSets)).body.items).to.have.length(1);
    await client.patch('merge', path, { spec: { paused: null, replicas: 3 } });
    await client.until(path, (body) => isComplete(body) && body.metadata.annotations?.[revision] === '2');
  });

  it('are scaled by their scale', async () => {
    const path = await client.deploy('web');
    const { body } = await client.patch('merge', `${path}/scale`, { spec: { replicas: 5 } });
    expect([body.kind, body.spec.replicas]).to.deep.equal(['Scale', 5]);
    await client.until(path, (found) => isComplete(found) && found.spec.replicas === 5);
    await client.patch('merge', `${path}/scale`, { spec: { replicas: 0 } });
    await client.until(path, (found) => isComplete(found) && found.spec.replicas === 0);
  });

  it('leave a pod pending that no node fits', async () => {
    await client.call('POST', pods, {
      metadata: { name: 'lost' },
      spec: { nodeSelector: { gpu: 'yes' }, containers: [{ name: 'a', image: 'b' }] },
    });
    const lost = await client.until(`${pods}/lost`, (body) => condition(body, 'PodScheduled') !== undefined);
    expect(condition(lost, 'PodScheduled')).to.include({ status: 'False', reason: 'Unschedulable' });
    await client.call('POST', pods, { metadata: { name: 'bare' }, spec: { containers: [{ name: 'a', image: 'b' }] } });
    await client.until(`${pods}/bare`, ({ status }) => status.phase === 'Running');
  });
});

describe('rollouts on the Kubernetes emulator with speed instant', () => {
  let client: EmulatorClient;
  beforeEach(async () => {
    client = await EmulatorClient.start({ speed: 'instant', objects: [deployment('web')] });
  });
  afterEach(() => client.stop());

  for (const [tag, status, reason] of [
    ['2', 'True', 'NewReplicaSetAvailable'],
    ['2-slow20s', 'True', 'NewReplicaSetAvailable'],
    ['2-bad', 'False', 'ProgressDeadlineExceeded'],
    ['2-crash', 'False', 'ProgressDeadlineExceeded'],
  ] as const) {
    it(`have ended before the answer to ${tag}`, async () => {
      const path = `${deployments}/web`;
      await client.setImage(path, `acme/web:${tag}`);
      const { body } = await client.get(path);
      expect(condition(body, 'Progressing')).to.include({ status, reason });
      expect(body.status.observedGeneration).to.equal(2);
    });
  }
});
