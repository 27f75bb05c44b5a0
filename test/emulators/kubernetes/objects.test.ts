import { expect } from 'chai';
import { deployment, deployments, EmulatorClient, type Json } from '../../support/kubernetes-emulator-client.ts';

const services = '/api/v1/namespaces/default/services';
const autoscalers = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

describe('objects of the Kubernetes emulator', () => {
  let client: EmulatorClient;
  before(async () => {
    client = await EmulatorClient.start();
  });
  after(() => client.stop());

  const service = (name: string, spec: Json = {}): Json => ({
    metadata: { name },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  });
  const create = async (path: string, body: Json): Promise<Json> => {
    const { status, body: created } = await client.call('POST', path, body);
    expect(status, JSON.stringify(created)).to.equal(201);
    return created as unknown as Json;
  };

  describe('a Service', () => {
    it('gets an address that stays, and a selector that may change', async () => {
      const created = await create(services, service('web'));
      const { clusterIP } = created['spec'] as { clusterIP: string };
      expect(clusterIP).to.match(/^10\.96\.\d+\.\d+$/);
      expect(created).to.deep.include({
        spec: {
          ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
          selector: { app: 'web' },
          clusterIP,
          clusterIPs: [clusterIP],
          type: 'ClusterIP',
          sessionAffinity: 'None',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          internalTrafficPolicy: 'Cluster',
        },
        status: { loadBalancer: {} },
      });
      expect(created).not.to.have.nested.property('metadata.generation');
      const { body } = await client.patch('merge', `${services}/web`, { spec: { selector: { app: 'web', version: '2' } } });
      expect(body.spec).to.deep.include({ clusterIP, selector: { app: 'web', version: '2' } });
      const moved = await client.patch('merge', `${services}/web`, { spec: { clusterIP: '10.96.3.4' } });
      expect(moved.body.message).to.equal(
        'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.3.4"]: may not change once set',
      );
      const replaced = await client.call('PUT', `${services}/web`, service('web'));
      expect([replaced.status, (replaced.body.spec as unknown as Json)['clusterIP']]).to.deep.equal([200, clusterIP]);
    });

    it('has node ports, no address, or somebody else’s name', async () => {
      const ports = [
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ];
      const node = await create(services, service('node', { type: 'NodePort', ports }));
      const found = (node['spec'] as { ports: { nodePort: number }[] }).ports.map(({ nodePort }) => nodePort);
      expect(new Set(found).size).to.equal(2);
      for (const port of found) expect(port).to.be.within(30_000, 32_767);
      const headless = await create(services, service('headless', { clusterIP: 'None', ports: undefined }));
      expect(headless['spec']).to.deep.include({ clusterIP: 'None', clusterIPs: ['None'] });
      const external = await create(services, { metadata: { name: 'ext' }, spec: { type: 'ExternalName', externalName: 'a.b' } });
      expect(external['spec']).to.deep.equal({ type: 'ExternalName', sessionAffinity: 'None', externalName: 'a.b' });
    });

    for (const [why, spec, message] of [
      ['no ports', { ports: undefined }, 'spec.ports: Required value'],
      [
        'ports without names',
        { ports: [{ port: 80 }, { port: 81 }] },
        '[spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
      ],
      [
        'a strange type and port',
        { type: 'Foo', ports: [{ port: 0 }] },
        '[spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive, spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]',
      ],
    ] as const) {
      it(`is refused for ${why}`, async () => {
        const { status, body } = await client.call('POST', services, service('wrong', spec));
        expect([status, body.message]).to.deep.equal([422, `Service "wrong" is invalid: ${message}`]);
      });
    }
  });

  it('an autoscaler is the same in both its versions', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const old = autoscalers.replace('v2', 'v1');
    await create(old, {
      metadata: { name: 'web' },
      spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 60, scaleTargetRef },
    });
    const stored = (await client.get(`${autoscalers}/web`)).body as unknown as Json;
    const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } };
    expect(stored).to.include({ apiVersion: 'autoscaling/v2' });
    expect(stored['spec']).to.deep.equal({
      minReplicas: 1,
      maxReplicas: 3,
      scaleTargetRef,
      metrics: [{ type: 'Resource', resource }],
    });
    const { body } = await client.patch('merge', `${old}/web`, { spec: { targetCPUUtilizationPercentage: 70 } });
    expect(body.spec).to.include({ targetCPUUtilizationPercentage: 70 });
    expect(body.apiVersion).to.equal('autoscaling/v1');
    const wrong = { minReplicas: 4, maxReplicas: 3, scaleTargetRef: { kind: 'Deployment' } };
    expect((await client.call('POST', autoscalers, { metadata: { name: 'x' }, spec: wrong })).body.message).to.equal(
      'HorizontalPodAutoscaler.autoscaling "x" is invalid: [spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`, spec.scaleTargetRef.name: Required value]',
    );
  });

  it('a disruption budget has one limit', async () => {
    const selector = { matchLabels: { app: 'web' } };
    await create(budgets, { metadata: { name: 'web' }, spec: { minAvailable: 1, selector } });
    const both = { minAvailable: 1, maxUnavailable: '5%', selector };
    expect((await client.call('POST', budgets, { metadata: { name: 'x' }, spec: both })).body.message).to.contain(
      'minAvailable and maxUnavailable cannot be both set',
    );
  });

  it('a Secret keeps texts as base64, a Namespace its name as a label', async () => {
    const secret = await create('/api/v1/namespaces/default/secrets', { metadata: { name: 's' }, stringData: { a: 'b' } });
    expect(secret).to.deep.include({ type: 'Opaque', data: { a: 'Yg==' } });
    const namespace = await create('/api/v1/namespaces', { metadata: { name: 'other' } });
    expect(namespace).to.have.nested.property('metadata.labels').that.deep.equals({ 'kubernetes.io/metadata.name': 'other' });
  });

  it('tell the version that was expected', async () => {
    const { status, body } = await client.call('POST', deployments, { ...deployment('x'), apiVersion: 'apps/v1beta1' });
    expect([status, body.message]).to.deep.equal([
      400,
      'the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)',
    ]);
  });
});

describe('the Kubernetes emulator as release 1.8', () => {
  it('serves the old groups, with their defaults', async () => {
    const client = await EmulatorClient.start({ release: '1.8' });
    try {
      expect((await client.get('/version')).body).to.include({ minor: '8' });
      const groups = (await client.get('/apis')).body.groups.map(({ name, versions }) => [
        name,
        ...versions.map(({ version }) => version),
      ]);
      expect(groups).to.deep.include.members([
        ['apps', 'v1beta2', 'v1beta1'],
        ['batch', 'v1', 'v1beta1'],
        ['extensions', 'v1beta1'],
      ]);
      const { selector: _selector, ...spec } = deployment('web')['spec'] as Json;
      const path = '/apis/extensions/v1beta1/namespaces/default/deployments';
      const created = await client.call('POST', path, { ...deployment('web'), apiVersion: 'extensions/v1beta1', spec });
      expect([created.status, created.body.apiVersion]).to.deep.equal([201, 'extensions/v1beta1']);
      expect(created.body.spec).to.deep.include({
        selector: { matchLabels: { app: 'web' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      });
      const same = await client.get('/apis/apps/v1beta2/namespaces/default/deployments/web');
      expect([same.body.apiVersion, same.body.metadata.uid]).to.deep.equal(['apps/v1beta2', created.body.metadata.uid]);
      expect((await client.get('/apis/batch/v1/namespaces/default/cronjobs')).status).to.equal(404);
      expect((await client.get('/apis/batch/v1beta1/namespaces/default/cronjobs')).status).to.equal(200);
    } finally {
      await client.stop();
    }
  });
});
