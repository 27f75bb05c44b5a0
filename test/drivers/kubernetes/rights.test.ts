import { expect } from 'chai';
import { driverUnderTest, Push } from '../../contracts/deployment-update-driver.ts';
import { testCluster, type TestCluster, Workload, type WorkloadOptions } from '../../contracts/deployment-update-workload.ts';
import { type ControlPlane, useControlPlane } from '../../support/control-plane.ts';
import { documentedRules, grant, kubeconfigWith, type RoleRule } from '../../support/role.ts';
import { thrownBy } from '../../support/thrown-by.ts';

interface Feature {
  /** In docs/examples/kubernetes. */
  readonly file: string;
  readonly workload: WorkloadOptions;
  readonly config: object;
  /** Whether a failed rollout of this kind can be taken back. */
  readonly rollsBack: boolean;
  /** Behind a Service that selects its pods. */
  readonly service?: boolean;
}

const byName = { name: 'web' };
const features: readonly Feature[] = [
  { file: 'roles/deployment.yaml', workload: {}, config: byName, rollsBack: true },
  {
    file: 'roles/blue-green.yaml',
    workload: {},
    config: { ...byName, strategy: 'blueGreen', service: 'web', keepOldSeconds: 0 },
    rollsBack: true,
    service: true,
  },
  { file: 'roles/selector.yaml', workload: {}, config: { selector: { app: 'web' } }, rollsBack: true },
  { file: 'webhook-service.yaml', workload: {}, config: { selector: { app: 'web' } }, rollsBack: true },
  { file: 'roles/stateful-set.yaml', workload: { kind: 'statefulSet' }, config: byName, rollsBack: true },
  { file: 'roles/daemon-set.yaml', workload: { kind: 'daemonSet' }, config: byName, rollsBack: true },
  { file: 'roles/cron-job.yaml', workload: { kind: 'cronJob' }, config: byName, rollsBack: false },
];

/** What is lost with a right that the driver can do without; without any other, the error names it. */
const optional: Readonly<Record<string, RegExp>> = {
  'watch deployments': /^$/,
  'watch statefulsets': /^$/,
  'watch daemonsets': /^$/,
  'watch pods': /^$/,
  'list pods': /^cannot see the pods: .* cannot list resource "pods"/,
};

describe('the rights in docs/kubernetes-rbac.md', function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let cluster: TestCluster;
  before(async function () {
    plane = await useControlPlane(this);
    cluster = await testCluster(plane.kubeconfig);
  });

  async function setUp(
    { workload: options, config, service }: Feature,
    rules: readonly RoleRule[],
  ): Promise<(tag: string) => Push> {
    const { namespace, kind } = await Workload.create(cluster, { replicas: 1, ...options });
    const metadata = { name: 'web' };
    const spec = { ports: [{ port: 80 }], selector: { app: 'web' } };
    if (service === true) await cluster.call('POST', `/api/v1/namespaces/${namespace}/services`, { metadata, spec });
    const kubeconfig = await kubeconfigWith(plane.kubeconfig, await grant(cluster, namespace, rules));
    return (tag) => new Push(driverUnderTest({ kubeconfig, graceMs: 1000 }), { namespace, kind, ...config }, { tag });
  }

  for (const feature of features) {
    describe(feature.file, () => {
      it('suffices for an update, and for taking one back', async () => {
        const push = await setUp(feature, await documentedRules(feature.file));
        expect(await push('2').run()).to.include({ outcome: 'succeeded' });
        if (feature.rollsBack) expect(await push('3-bad').run()).to.include({ outcome: 'rolledBack' });
      });

      it('has no right too many: without any of them something is lost, and the service says what', async () => {
        const rules = await documentedRules(feature.file);
        const rights = rules.flatMap(({ resources: [resource = ''], verbs }) => verbs.map((verb) => ({ verb, resource })));
        await Promise.all(rights.map((right) => lacks(feature, rules, right)));
      });
    });
  }

  async function lacks(
    feature: Feature,
    rules: readonly RoleRule[],
    { verb, resource }: { readonly verb: string; readonly resource: string },
  ): Promise<void> {
    const right = `${verb} ${resource}`;
    const without = rules
      .map((rule) => (rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) } : rule))
      .filter(({ verbs }) => verbs.length > 0);
    const push = await setUp(feature, without);
    if (right === 'delete pods') {
      const { outcome, message } = await push('2-bad').run();
      expect([outcome, message], right).to.match(/^failed,.* run: kubectl -n \S+ delete pod web-0$/);
    } else if (optional[right]) {
      const update = push('2-slow1s');
      expect(await update.run(), right).to.include({ outcome: 'succeeded' });
      expect(update.messages.filter((text) => text.startsWith('cannot')).join(), right).to.match(optional[right]);
    } else {
      const error = await thrownBy(push('2').run());
      expect(error, right).to.have.property('code', 'Forbidden');
      expect(error.message, right).to.contain(`cannot ${verb} resource "${resource}"`);
    }
  }
});
