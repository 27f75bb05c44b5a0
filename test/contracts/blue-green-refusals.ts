import { expect } from 'chai';
import { thrownBy } from '../support/thrown-by.ts';
import { BlueGreenSetUp, type BlueGreenOptions, plannedBy, resume, start } from './blue-green-set-up.ts';
import { projectId } from './deployment-update-driver.ts';
import type { TestCluster } from './deployment-update-workload.ts';

/** What `deploymentUpdate` does not update by a second Deployment, and says so before anything is written. */
export function itRefusesSwitches(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });

  const budget = { metadata: { name: 'budget' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } };
  const port = { ports: [{ port: 80 }] };
  const scaler = (name: string): object => ({
    metadata: { name: 'scaler' },
    spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } },
  });
  const advice =
    /by which Service web would tell the versions apart: give the pods a further label such as color=blue, and the Service's selector \(app=web\) too$/;

  const deployment = (name: string, labels: Readonly<Record<string, string>>): object => ({
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'acme/mine:1' }] } },
    },
  });
  const withPods = async (world: BlueGreenSetUp, name: string, labels: Readonly<Record<string, string>>): Promise<void> => {
    await world.post('/apis/apps/v1', 'deployments', deployment(name, labels));
    await world.until(`${name} has pods`, async () => ((await world.deployment(name))?.status?.replicas ?? 0) > 0);
  };

  const cases: readonly {
    readonly what: string;
    readonly options?: BlueGreenOptions;
    readonly config?: object;
    readonly make?: (world: BlueGreenSetUp) => Promise<void>;
    readonly message: RegExp;
  }[] = [
    { what: 'a Service that is not there', config: { service: 'other' }, message: /: there is no Service "other"$/ },
    {
      what: 'a Service that selects other pods',
      options: { selector: { app: 'other' } },
      message: /: Service web selects app=other, and no pods of Deployment web \(app=web\)$/,
    },
    {
      what: 'a Service without a selector',
      make: (world) => world.post('/api/v1', 'services', { metadata: { name: 'bare' }, spec: port }),
      config: { service: 'bare' },
      message: /: Service bare has no selector$/,
    },
    {
      what: 'a PodDisruptionBudget that would lose the pods',
      make: (world) => world.post('/apis/policy/v1', 'poddisruptionbudgets', budget),
      message: new RegExp(`: PodDisruptionBudget budget finds pods by the label app, ${advice.source}`),
    },
    {
      what: 'another Service that would lose the pods',
      make: (world) =>
        world.post('/api/v1', 'services', { metadata: { name: 'admin' }, spec: { ...port, selector: { app: 'web' } } }),
      message: new RegExp(`: Service admin finds pods by the label app, ${advice.source}`),
    },
    {
      what: 'another Service that would get the new pods at once',
      make: (world) =>
        world.post('/api/v1', 'services', { metadata: { name: 'admin' }, spec: { ...port, selector: { app: 'web-green' } } }),
      message: /: Service admin finds pods by the label app,/,
    },
    {
      what: 'an autoscaler of the Deployment',
      make: (world) => world.post('/apis/autoscaling/v2', 'horizontalpodautoscalers', scaler('web')),
      message: /: HorizontalPodAutoscaler scaler scales Deployment web by its name, and would not scale the second one$/,
    },
    {
      what: 'a Deployment that a controller owns',
      make: async (world) => {
        const owner = { apiVersion: 'example.com/v1', kind: 'Shop', name: 'main', uid: 'u1', controller: true };
        await world.patchDeployment('web', { metadata: { ownerReferences: [owner] } });
      },
      message: /: Deployment web is managed by Shop main, which would not manage a second one$/,
    },
    {
      what: 'a Service that has the pods of another Deployment behind it too',
      make: (world) => withPods(world, 'canary', { app: 'web', track: 'canary' }),
      message: /: Service web selects the pods of Deployment canary as well, and would not after the switch$/,
    },
    {
      what: 'a Service that would get the pods of another Deployment by the switch',
      make: (world) => withPods(world, 'other', { app: 'web-green' }),
      message:
        /: the pods of Deployment other have the label app=web-green, by which Service web would find them too: give the pods a further label/,
    },
    {
      what: 'a Deployment in the place of the second one that nobody updated',
      make: (world) => world.post('/apis/apps/v1', 'deployments', deployment('web-green', { app: 'mine' })),
      message: /: Deployment \S+\/web-green is in the way: it was not made by an update, and Service web does not select it$/,
    },
  ];

  describe('blue-green is refused for', () => {
    for (const { what, options, config, make, message } of cases) {
      it(what, async () => {
        const world = await BlueGreenSetUp.create(cluster, { replicas: 1, ...options });
        await make?.(world);
        const push = world.push({ tag: '2' }, config);
        const error = await thrownBy(push.plan());
        expect(error).to.include({ code: 'InvalidConfig', fieldName: 'strategy' });
        expect(error.message)
          .to.match(/^Strategy blueGreen is not possible: /)
          .and.match(message);
        const atCreation = await thrownBy(push.driver.validate(push.config, projectId));
        expect(atCreation.message, 'already when the receiver is made').to.equal(error.message);
      });
    }

    it('nothing that is about other pods and Deployments', async () => {
      const world = await BlueGreenSetUp.create(cluster, { replicas: 1 });
      await world.post('/apis/autoscaling/v2', 'horizontalpodautoscalers', scaler('other'));
      const selector = { matchExpressions: [{ key: 'app', operator: 'Exists' }] };
      await world.post('/apis/policy/v1', 'poddisruptionbudgets', { ...budget, spec: { minAvailable: 1, selector } });
      expect(await world.push({ tag: '2' }).run()).to.include({ outcome: 'succeeded' });
    });

    it('no receiver whose Deployment is not there yet', async () => {
      const world = await BlueGreenSetUp.create(cluster, { replicas: 0 });
      const push = world.push({ tag: '2' }, { name: 'later' });
      await push.driver.validate(push.config, projectId);
      expect(await thrownBy(push.plan())).to.include({ code: 'NotFound' });
    });

    it('a Deployment that is put in the place of the second one after the plan', async () => {
      const world = await BlueGreenSetUp.create(cluster, { replicas: 1 });
      const push = world.push({ tag: '2' });
      const action = await plannedBy(push);
      await world.post('/apis/apps/v1', 'deployments', deployment('web-green', { app: 'mine' }));
      const { outcome, message } = await push.execute(action);
      expect(outcome).to.equal('failed');
      expect(message).to.match(/web-green is in the way: it was not made by an update, and Service web does not select it$/);
      expect(await world.standing()).to.deep.equal({ web: 'acme/web:1 live', 'web-green': 'acme/mine:1' });
    });

    it('what came up while a person was waited for', async () => {
      const world = await BlueGreenSetUp.create(cluster, { replicas: 1 });
      const push = world.push({ tag: '2' }, { promote: 'manual' });
      const { action } = await start(push);
      await world.post('/apis/autoscaling/v2', 'horizontalpodautoscalers', scaler('web'));
      const { outcome, message } = await resume(push, action, 'promote');
      expect(outcome).to.equal('superseded');
      expect(message).to.match(
        /: HorizontalPodAutoscaler scaler scales Deployment web by its name.*; \S+\/web-green is removed, Service web was not switched$/,
      );
      expect(await world.standing()).to.deep.equal({ web: 'acme/web:1 live' });
    });

    it('what another receiver has brought meanwhile, though it wrote to both Deployments', async () => {
      const world = await BlueGreenSetUp.create(cluster, { replicas: 1 });
      const push = world.push({ tag: '2' }, { promote: 'manual' });
      const { action } = await start(push);
      for (const name of ['web', 'web-green']) {
        const other = world.push({ tag: '3' }, { name, strategy: 'keep', service: undefined, keepOldSeconds: undefined });
        expect(await other.run()).to.include({ outcome: 'succeeded' });
      }
      const { outcome, message } = await resume(push, action, 'promote');
      expect(outcome).to.equal('superseded');
      expect(message).to.match(/^container web of web now has acme\/web:3, not acme\/web:1; \S+\/web-green is removed/);
      expect(await world.standing()).to.deep.equal({ web: 'acme/web:3 live' });
    });

    it('no push of another container after one that failed and stays for a look', async () => {
      const world = await BlueGreenSetUp.create(cluster, { replicas: 1 });
      const bad = world.push({ tag: '2-bad' }, { onFailure: 'keep' });
      expect(await bad.run()).to.include({ outcome: 'failed' });
      expect(await world.standing()).to.have.property('web-green', 'acme/web:2-bad');
      const other = world.push({ registry: 'docker.io', repository: 'envoyproxy/envoy', tag: 'v1.32' });
      expect(await other.run()).to.include({ outcome: 'succeeded' });
      expect(await world.standing()).to.deep.equal({ 'web-green': 'acme/web:1 live' });
    });

    it('no label that only Jobs have, and takes another one where one is taken', async () => {
      const labels = { app: 'web', tier: 'front' };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'acme/web:1' }] } };
      const world = await BlueGreenSetUp.create(cluster, { replicas: 1, spec: { template }, selector: labels });
      const job = { restartPolicy: 'Never', containers: [{ name: 'web', image: 'acme/web:1-unready' }] };
      await world.post('/apis/batch/v1', 'jobs', {
        metadata: { name: 'report' },
        spec: { template: { metadata: { labels }, spec: job } },
      });
      await withPods(world, 'other', { app: 'web', tier: 'front-green' });
      expect((await plannedBy(world.push({ tag: '2' }))).input['blueGreen']).to.include({ label: 'app', to: 'web-green' });
    });
  });
}
