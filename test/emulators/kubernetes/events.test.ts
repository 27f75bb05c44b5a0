import { expect } from 'chai';
import { deployment, deployments, EmulatorClient, isComplete, type Json } from '../../support/kubernetes-emulator-client.ts';

const events = '/api/v1/namespaces/default/events';

interface EventView {
  readonly metadata: { readonly name: string };
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly fieldPath?: string };
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  readonly type: string;
}

describe('Events of the Kubernetes emulator', () => {
  let client: EmulatorClient;
  beforeEach(async () => {
    client = await EmulatorClient.start();
  });
  afterEach(() => client.stop());

  const eventsOf = async (selector: string): Promise<EventView[]> => {
    const { body } = await client.get(`${events}?fieldSelector=${encodeURIComponent(selector)}`);
    return body.items as unknown as EventView[];
  };
  const until = async (selector: string, condition: (found: EventView[]) => boolean): Promise<EventView[]> => {
    await client.until(`${events}?fieldSelector=${encodeURIComponent(selector)}`, ({ items }) =>
      condition(items as unknown as EventView[]),
    );
    return eventsOf(selector);
  };
  const reasons = (found: readonly EventView[]): string[] => found.map(({ reason }) => reason);

  it('tell how a Deployment, its ReplicaSet and its pods come up', async () => {
    await client.deploy('web', { replicas: 1 });
    const [scaling] = await eventsOf('involvedObject.kind=Deployment,involvedObject.name=web');
    expect(scaling).to.include({ reason: 'ScalingReplicaSet', type: 'Normal', count: 1 });
    expect(scaling?.message).to.match(/^Scaled up replica set web-\w+ from 0 to 1$/);
    const [created] = await eventsOf('involvedObject.kind=ReplicaSet');
    expect(created?.message).to.match(/^Created pod: web-\w+-\w+$/);
    const ofPod = await eventsOf('involvedObject.kind=Pod');
    const ofContainer = ['Pulling', 'Pulled', 'Created', 'Started'];
    expect(reasons(ofPod)).to.deep.equal(['Scheduled', ...ofContainer, ...ofContainer]);
    expect(ofPod.at(-1)?.involvedObject.fieldPath).to.equal('spec.containers{web}');
  });

  it('tell why an image cannot be pulled, and why a container does not stay up', async () => {
    await client.call('POST', deployments, deployment('bad', { replicas: 1 }, 'acme/web:1-bad'));
    const failed = await until('involvedObject.kind=Pod,reason=BackOff', (found) => found.length > 0);
    expect(failed[0]?.message).to.equal('Back-off pulling image "acme/web:1-bad"');
    const warnings = await eventsOf('type=Warning');
    expect(warnings.map(({ message }) => message)).to.deep.equal([
      'Failed to pull image "acme/web:1-bad": failed to resolve reference "acme/web:1-bad": not found',
      'Error: ErrImagePull',
      'Error: ImagePullBackOff',
    ]);
    await client.call('POST', deployments, deployment('crash', { replicas: 1 }, 'acme/web:1-crash'));
    const [again] = await until('reason=BackOff,type=Warning', ([first]) => (first?.count ?? 0) >= 2);
    expect(again?.message).to.match(/^Back-off restarting failed container web in pod crash-\w+-\w+_default\([\w-]+\)$/);
  });

  it('count what is the same, combine what is alike, and fall silent in the end', async () => {
    const path = await client.deploy('web', { replicas: 0 });
    for (let replicas = 1; replicas <= 30; replicas += 1) {
      await client.patch('merge', path, { spec: { replicas } });
      await client.until(path, isComplete);
    }
    const found = await eventsOf('involvedObject.kind=Deployment');
    expect(found).to.have.length(10);
    const combined = found.find(({ message }) => message.startsWith('(combined from similar events): Scaled up replica set'));
    // Of the other 21 five are not heard, unless the machine is so slow that some are granted anew.
    expect(combined?.count).to.be.within(16, 20);
    expect(found.filter((each) => each !== combined).map(({ count }) => count)).to.deep.equal(Array(9).fill(1));
  });

  it('are shown in the order in which they were written', async () => {
    await client.deploy('web', { replicas: 1 });
    const names = (await eventsOf('involvedObject.kind=Pod')).map(({ metadata }) => metadata.name);
    expect(names).to.deep.equal(names.toSorted());
    const { body } = await client.call('GET', events, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(body.columnDefinitions.map(({ name }) => name).slice(0, 4)).to.deep.equal(['Last Seen', 'Type', 'Reason', 'Object']);
    expect(body.rows.map(({ cells }) => cells[3])).to.include('deployment/web');
  });

  it('tell of StatefulSets, DaemonSets and Jobs', async () => {
    const apply = async (group: string, kind: string, spec: Json): Promise<void> => {
      const resource = `${kind.toLowerCase()}s`;
      const { status } = await client.call('POST', `/apis/${group}/namespaces/default/${resource}`, {
        apiVersion: group,
        kind,
        metadata: { name: 'one' },
        spec,
      });
      expect(status).to.equal(201);
    };
    const labels = { app: 'one' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'acme/one:1' }] } };
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: {} } };
    await apply('apps/v1', 'StatefulSet', {
      replicas: 1,
      selector: { matchLabels: labels },
      template,
      volumeClaimTemplates: [claim],
    });
    const ofSet = await until('involvedObject.kind=StatefulSet', (found) => found.length === 2);
    expect(ofSet.map(({ message }) => message)).to.deep.equal([
      'create Claim data-one-0 Pod one-0 in StatefulSet one success',
      'create Pod one-0 in StatefulSet one successful',
    ]);
    await apply('apps/v1', 'DaemonSet', { selector: { matchLabels: labels }, template });
    expect(reasons(await until('involvedObject.kind=DaemonSet', (found) => found.length === 1))).to.deep.equal([
      'SuccessfulCreate',
    ]);
    await apply('batch/v1', 'Job', { template: { spec: { ...template.spec, restartPolicy: 'Never' } } });
    const ofJob = await until('involvedObject.kind=Job', (found) => found.length === 2);
    expect(ofJob.map(({ message }) => message)[1]).to.equal('Job completed');
    const failing = { ...template.spec, containers: [{ name: 'main', image: 'acme/one:1-crash' }], restartPolicy: 'Never' };
    await client.call('POST', '/apis/batch/v1/namespaces/default/jobs', {
      metadata: { name: 'lost' },
      spec: { backoffLimit: 0, template: { spec: failing } },
    });
    const lost = await until('involvedObject.name=lost,type=Warning', (found) => found.length === 1);
    expect(lost[0]).to.include({ reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' });
  });

  it('say why a pod has no node', async () => {
    const spec = { nodeSelector: { disk: 'fast' }, containers: [{ name: 'main', image: 'acme/one:1' }] };
    await client.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'one' }, spec });
    const [failed] = await until('reason=FailedScheduling', (found) => found.length > 0);
    expect(failed?.message).to.contain("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector");
  });
});
