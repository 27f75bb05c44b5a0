import { expect } from 'chai';
import { rankOf } from '../../../src/drivers/kubernetes/images/image-changes.ts';
import type { KubernetesCluster } from '../../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type { Deployment } from '../../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { plan } from '../../../src/drivers/kubernetes/plan.ts';
import type { ImageChange } from '../../../src/drivers/kubernetes/planned-update.ts';
import type { Delivery, Plan } from '../../../src/framework/driver.ts';
import type { ImageEvent } from '../../../src/framework/payload-format.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const event: ImageEvent = { registry: 'docker.io', repository: 'acme/web', tag: '2', image: 'acme/web:2' };

describe('plan', () => {
  const deployment: Deployment = {
    metadata: { uid: 'u1', resourceVersion: '7', generation: 3 },
    spec: { template: { spec: { containers: [{ name: 'web', image: 'acme/web:1' }] } } },
  };
  const delivery: Delivery = {
    id: 'd',
    projectId: '1a5',
    receiver: { id: '1go1', name: 'r' },
    request: { headers: {}, query: '', body: Buffer.from('') },
    events: [event],
  };
  const never = (): never => {
    throw new Error('planning writes nothing and follows nothing');
  };
  const planFor = (found: Deployment | undefined): Promise<Plan> => {
    const get = (async () => found) as KubernetesCluster['get'];
    const list: KubernetesCluster['list'] = async () => ({ items: [], resourceVersion: '0' });
    const cluster: KubernetesCluster = { name: 'test', get, list, patch: never, create: never, delete: never, watch: never };
    return plan({ connect: async () => cluster }, delivery, { name: 'web' }, new AbortController().signal);
  };

  it('names the target and holds what execute needs', async () => {
    const { actions } = await planFor(deployment);
    expect(actions).to.have.length(1);
    expect(actions[0]?.target).to.equal('kubernetes/test/default/deployment/web');
    expect(actions[0]?.description).to.equal('default/web web: acme/web:1 → acme/web:2');
    expect(actions[0]?.input).to.deep.include({
      cluster: '',
      namespace: 'default',
      name: 'web',
      changes: [{ container: 'web', init: false, from: 'acme/web:1', to: 'acme/web:2' }],
    });
    expect(actions[0]?.input['read']).to.include({ uid: 'u1', resourceVersion: '7', generation: 3 });
    expect(JSON.parse(JSON.stringify(actions[0]?.input))).to.deep.equal(actions[0]?.input);
  });

  it('gives a rank where the tags have an order, and every image the same place in it', () => {
    const change = (to: string): ImageChange => ({ container: 'web', init: false, from: 'acme/web:1', to });
    const rank = (...images: readonly string[]): string | undefined =>
      rankOf(images.map(change), { tagPolicy: 'semver', tag: '*', registryAliases: { 'mirror.local': 'docker.io' } });
    expect((rank('acme/web:1.9.0') ?? '~') < (rank(`acme/web:1.10.0@${digest}`) ?? '')).to.equal(true);
    expect(rank('acme/web:1.9.0', 'mirror.local/acme/web:1.9.0')).to.equal(rank('acme/web:1.9.0'));
    expect(rank('acme/web:1.9.0', 'acme/worker:1.9.0')).to.equal(undefined);
    expect(rank('acme/web:1.9.0', 'acme/web:1.9.1')).to.equal(undefined);
    expect(rank('acme/web:latest')).to.equal(undefined);
    expect(rankOf([change('acme/web:1.9.0')], {})).to.equal(undefined);
  });

  it('leaves a paused or vanishing Deployment alone', async () => {
    const reasonFor = async (object: Deployment): Promise<string | undefined> => (await planFor(object)).skipped?.[0]?.reason;
    expect(await reasonFor({ ...deployment, spec: { ...deployment.spec, paused: true } })).to.equal('the Deployment is paused');
    expect(await reasonFor({ ...deployment, metadata: { deletionTimestamp: 'now' } })).to.equal(
      'the Deployment is being deleted',
    );
  });

  it('fails for what is not there', async () => {
    expect(await planFor(undefined).catch((thrown: unknown) => thrown)).to.include({
      code: 'NotFound',
      message: 'deployment "web" not found in namespace "default"',
    });
  });
});
