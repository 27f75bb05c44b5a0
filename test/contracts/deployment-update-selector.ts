import { expect } from 'chai';
import type { DriverConfig } from '../../src/framework/driver.ts';
import { driverUnderTest, Push } from './deployment-update-driver.ts';
import { type TestCluster, Workload } from './deployment-update-workload.ts';

/** How `deploymentUpdate` finds several workloads by their labels. */
export function itFindsBySelector(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });
  const pushTo = (config: DriverConfig, body: object): Push =>
    new Push(driverUnderTest({ kubeconfig: cluster.kubeconfig }), config, body);

  describe('a selector', () => {
    it('reaches every workload with the labels, each by an action of its own', async () => {
      const first = await Workload.create(cluster, { name: 'a', replicas: 1, labels: { tier: 'web', team: 'x' } });
      const { namespace } = first;
      await Workload.create(cluster, { namespace, name: 'b', replicas: 1, labels: { tier: 'web', team: 'y' } });
      await Workload.create(cluster, { namespace, name: 'c', replicas: 1, labels: { tier: 'db', team: 'y' } });
      await Workload.create(cluster, { namespace, name: 'd', replicas: 1, labels: { tier: 'web' } });
      await Workload.create(cluster, {
        namespace,
        name: 'e',
        replicas: 1,
        image: 'acme/other:1',
        labels: { tier: 'web', team: '' },
      });
      const paused = await Workload.create(cluster, { namespace, name: 'f', replicas: 1, labels: { tier: 'web', team: 'z' } });
      await paused.patch({ spec: { paused: true } });
      const push = pushTo({ namespace, selector: { tier: 'web', team: '' } }, { tag: '2' });
      const { actions, skipped = [] } = await push.plan();
      const targets = actions.map(({ target }) => target.split('/').slice(2).join('/'));
      expect(targets).to.deep.equal([`${namespace}/deployment/a`, `${namespace}/deployment/b`]);
      expect(skipped.map(({ target, reason }) => [target.split('/').at(-1), reason])).to.deep.equal([
        ['e', 'no container runs an image of acme/web (sidecar: envoyproxy/envoy:v1.31, web: acme/other:1)'],
        ['f', 'the Deployment is paused'],
      ]);
      const results = await Promise.all(actions.map((action) => push.execute(action)));
      expect(results.map(({ outcome }) => outcome)).to.deep.equal(['succeeded', 'succeeded']);
      expect(await first.image()).to.equal('acme/web:2');
    });

    it('that fits nothing is told', async () => {
      const { namespace } = await Workload.create(cluster, { replicas: 0 });
      const { actions, skipped = [] } = await pushTo({ namespace, selector: { tier: 'web', team: '' } }, { tag: '2' }).plan();
      expect(actions).to.deep.equal([]);
      expect(skipped.map(({ reason }) => reason)).to.deep.equal([
        `no deployment in namespace "${namespace}" has the labels tier=web,team`,
      ]);
    });

    it('updates a hundred Deployments side by side', async () => {
      const { namespace } = await Workload.create(cluster, { name: 'w-0', replicas: 1, labels: { tier: 'many' } });
      const names = Array.from({ length: 99 }, (_, index) => `w-${index + 1}`);
      await Promise.all(
        names.map((name) => Workload.create(cluster, { namespace, name, replicas: 1, labels: { tier: 'many' } })),
      );
      const push = pushTo({ namespace, selector: { tier: 'many' } }, { tag: '2' });
      const { actions } = await push.plan();
      expect(actions).to.have.length(100);
      const results = await Promise.all(actions.map((action) => push.execute(action)));
      expect(new Set(results.map(({ outcome }) => outcome))).to.deep.equal(new Set(['succeeded']));
    });
  });
}
