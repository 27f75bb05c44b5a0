import { expect } from 'chai';
import {
  deployment,
  deployments,
  EmulatorClient,
  pods,
  replicaSets,
  type View,
} from '../../support/kubernetes-emulator-client.ts';

describe('requests to the Kubernetes emulator', () => {
  let client: EmulatorClient;
  beforeEach(async () => {
    client = await EmulatorClient.start();
  });
  afterEach(() => client.stop());

  it('find out what there is', async () => {
    expect((await client.get('/version')).body).to.include({ major: '1', minor: '34' });
    for (const path of ['/healthz', '/readyz', '/livez']) expect((await client.get(path)).body.message).to.equal('ok');
    const { groups } = (await client.get('/apis')).body;
    expect(groups.map(({ name }) => name)).to.include.members(['apps', 'autoscaling', 'batch', 'policy']);
    const { resources } = (await client.get('/apis/apps/v1')).body;
    expect(resources.map(({ name }) => name)).to.include.members(['deployments', 'deployments/scale', 'statefulsets']);
    const { status, body } = await client.get('/apis/apps/v1beta1/namespaces/default/deployments');
    expect([status, body.message]).to.deep.equal([404, 'the server could not find the requested resource']);
  });

  it('complete what is created', async () => {
    const { status, body } = await client.call('POST', deployments, {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'acme/web' }] } },
      },
    });
    expect(status).to.equal(201);
    expect(body).to.include({ kind: 'Deployment', apiVersion: 'apps/v1' });
    expect(body.metadata).to.include({ generation: 1 });
    const [owner, ...others] = body.metadata.managedFields;
    expect(others).to.deep.equal([]);
    expect(owner?.fieldsV1).to.have.all.keys('f:spec').and.to.have.nested.property('f:spec.f:replicas');
    expect(body.spec).to.deep.include({
      replicas: 1,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    });
    expect(body.spec.template.spec).to.include({ restartPolicy: 'Always', terminationGracePeriodSeconds: 30 });
    expect(body.spec.template.spec.containers[0]?.imagePullPolicy).to.equal('Always');
    const again = await client.call('POST', deployments, deployment('web'));
    expect([again.status, again.body.reason, again.body.message]).to.deep.equal([
      409,
      'AlreadyExists',
      'deployments.apps "web" already exists',
    ]);
  });

  it('are told what is invalid, field by field', async () => {
    const wrong = {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'c' } },
          spec: { containers: [{ name: 'a', image: 'b' }, { name: 'a' }] },
        },
      },
    };
    const { status, body } = await client.call('POST', deployments, wrong);
    expect(status).to.equal(422);
    expect(body.message).to.equal(
      'Deployment.apps "web" is invalid: [spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`, spec.template.spec.containers[1].image: Required value, spec.template.spec.containers[1].name: Duplicate value: "a"]',
    );
    expect(body.details.causes.map(({ reason }) => reason)).to.deep.equal([
      'FieldValueInvalid',
      'FieldValueRequired',
      'FieldValueDuplicate',
    ]);
    await client.call('POST', deployments, deployment('web'));
    const selector = await client.patch('merge', `${deployments}/web`, {
      spec: { selector: { matchLabels: { app: 'web', x: 'y' } } },
    });
    expect(selector.body.message).to.contain(
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","x":"y"}}: field is immutable',
    );
    const empty = await client.setImage(`${deployments}/web`, '');
    expect([empty.status, empty.body.message]).to.deep.equal([
      422,
      'Deployment.apps "web" is invalid: spec.template.spec.containers[1].image: Required value',
    ]);
  });

  it('are told of unknown fields if they ask', async () => {
    const { spec, ...rest } = deployment('web') as { spec: object };
    const wrong = { ...rest, spec: { ...spec, foo: 1, template: { spec: { containers: [{ name: 'a', imagee: 'c' }] } } } };
    const { status, body } = await client.call('POST', `${deployments}?fieldValidation=Strict`, wrong);
    expect([status, body.message]).to.deep.equal([
      400,
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.template.spec.containers[0].imagee", unknown field "spec.foo"',
    ]);
  });

  it('from the future are sent back', async () => {
    const { status, body } = await client.get(`${deployments}?resourceVersion=999999999`);
    expect([status, body.reason]).to.deep.equal([504, 'Timeout']);
  });

  it('miss what is not there', async () => {
    const { status, body } = await client.patch('strategic', `${deployments}/none`, {});
    expect(status).to.equal(404);
    expect(body).to.deep.include({
      message: 'deployments.apps "none" not found',
      details: { name: 'none', group: 'apps', kind: 'deployments' },
    });
    const elsewhere = await client.call('POST', '/apis/apps/v1/namespaces/nope/deployments', deployment('web'));
    expect(elsewhere.body.message).to.equal('namespaces "nope" not found');
  });

  it('list by labels and fields, page by page', async () => {
    for (const name of ['a', 'b', 'c']) await client.call('POST', deployments, deployment(name, { replicas: 0 }));
    const names = async (query: string): Promise<string[]> =>
      (await client.get(`${deployments}?${query}`)).body.items.map(({ metadata }) => metadata.name);
    expect(await names('labelSelector=app%3Db')).to.deep.equal(['b']);
    expect(await names('labelSelector=app%20notin%20(a,b)')).to.deep.equal(['c']);
    expect(await names('fieldSelector=metadata.name%3Dc')).to.deep.equal(['c']);
    const first = (await client.get(`${deployments}?limit=2`)).body;
    expect(first.items).to.have.length(2);
    expect(first.metadata.remainingItemCount).to.equal(1);
    expect(await names(`limit=2&continue=${first.metadata.continue}`)).to.deep.equal(['c']);
    expect((await client.get(`${deployments}?continue=rubbish`)).status).to.equal(400);
  });

  it('print as a table', async () => {
    const path = await client.deploy('web');
    const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { body } = await client.call('GET', path, undefined, accept);
    expect(body.kind).to.equal('Table');
    expect(body.columnDefinitions.map(({ name }) => name)).to.include.members(['Name', 'Ready', 'Up-to-date', 'Available']);
    expect(body.rows[0]?.cells.slice(0, 4)).to.deep.equal(['web', '2/2', 2, 2]);
  });

  describe('to delete', () => {
    const gone = (path: string): Promise<View> => client.until(path, ({ items }) => items.length === 0);

    it('take along what was owned', async () => {
      const path = await client.deploy('web');
      const { body } = await client.call('DELETE', path);
      expect(body).to.deep.include({ kind: 'Status', status: 'Success' });
      await gone(replicaSets);
      await gone(pods);
    });

    it('in the foreground leave the owner until the last', async () => {
      const path = await client.deploy('web');
      const { body } = await client.call('DELETE', path, { propagationPolicy: 'Foreground' });
      expect(body.metadata.finalizers).to.deep.equal(['foregroundDeletion']);
      await client.until(path, ({ code }) => code === 404);
      expect((await client.get(pods)).body.items).to.deep.equal([]);
    });

    it('may leave orphans', async () => {
      const path = await client.deploy('web');
      await client.call('DELETE', `${path}?propagationPolicy=Orphan`);
      const { items } = (await client.get(replicaSets)).body;
      expect(items.map(({ metadata }) => metadata.ownerReferences)).to.deep.equal([undefined]);
      expect((await client.get(pods)).body.items).to.have.length(2);
    });

    it('wait for finalizers', async () => {
      const path = await client.deploy('web');
      await client.patch('merge', path, { metadata: { finalizers: ['a.b/c'] } });
      await client.call('DELETE', path);
      expect((await client.get(path)).body.metadata.deletionTimestamp).to.be.a('string');
      await client.patch('merge', path, { metadata: { finalizers: null } });
      expect((await client.get(path)).status).to.equal(404);
    });

    it('empty a namespace', async () => {
      await client.call('POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
      await client.call('POST', '/api/v1/namespaces/other/configmaps', { metadata: { name: 'a' }, data: { b: 'c' } });
      await client.call('DELETE', '/api/v1/namespaces/other');
      expect((await client.get('/api/v1/configmaps')).body.items).to.deep.equal([]);
    });
  });

  describe('without the rights', () => {
    it('are refused', async () => {
      const path = `${deployments}/web`;
      expect((await client.call('GET', path, undefined, { authorization: 'Bearer wrong' })).status).to.equal(401);
      const anonymous = await fetch(client.emulator.url + path);
      expect(anonymous.status).to.equal(403);
      expect(((await anonymous.json()) as View).message).to.equal(
        'deployments.apps "web" is forbidden: User "system:anonymous" cannot get resource "deployments" in API group "apps" in the namespace "default"',
      );
    });

    it('may do what a rule says and nothing else', async () => {
      const path = await client.deploy('web');
      const user = 'system:serviceaccount:default:restricted';
      const rules = [{ verbs: ['get', 'list', 'watch'], resources: ['deployments'], namespace: 'default' }];
      const authorization = `Bearer ${client.emulator.addUser({ name: user, rules })}`;
      expect((await client.call('GET', path, undefined, { authorization })).status).to.equal(200);
      expect((await client.call('GET', '/apis', undefined, { authorization })).status).to.equal(200);
      const { status, body } = await client.call('PATCH', path, {}, { authorization });
      expect(status).to.equal(403);
      expect(body.message).to.equal(
        `deployments.apps "web" is forbidden: User "${user}" cannot patch resource "deployments" in API group "apps" in the namespace "default"`,
      );
      for (const other of [
        '/api/v1/namespaces/default/secrets',
        '/apis/apps/v1/namespaces/kube-system/deployments',
        '/api/v1/nodes',
      ])
        expect((await client.call('GET', other, undefined, { authorization })).status, other).to.equal(403);
    });
  });

  describe('of the hostile kind', () => {
    const nested = '['.repeat(200_000);
    for (const [title, body, status] of [
      ['no JSON', '{', 400],
      ['a list', '[]', 400],
      ['nothing', '', 400],
      ['too deep', `{"metadata":${nested}`, 400],
      ['another kind', '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}', 400],
      ['a text for a number', '{"metadata":{"name":"x"},"spec":{"replicas":"three"}}', 400],
      ['more replicas than a number holds', '{"metadata":{"name":"x"},"spec":{"replicas":1e99}}', 400],
      ['a text for a list', '{"metadata":{"name":"x"},"spec":{"template":{"spec":{"containers":"all"}}}}', 400],
      ['nulls in a list', '{"metadata":{"name":"x"},"spec":{"template":{"spec":{"containers":[null]}}}}', 400],
      ['numbers as labels', '{"metadata":{"name":"x","labels":{"a":1}}}', 400],
      ['a prototype', '{"__proto__":{"polluted":1},"metadata":{"__proto__":{"name":"x"}}}', 422],
      ['far too much', `{"a":"${'x'.repeat(4 << 20)}"}`, 413],
    ] as const) {
      it(`get a Status for ${title}`, async () => {
        const answer = await client.call('POST', deployments, body);
        expect([answer.status, answer.body.kind]).to.deep.equal([status, 'Status']);
        expect(({} as { polluted?: number }).polluted).to.equal(undefined);
      });
    }

    it('cannot reach the prototype by a patch', async () => {
      const path = `${deployments}/web`;
      await client.call('POST', deployments, deployment('web', { replicas: 0 }));
      await client.patch('merge', path, '{"metadata":{"annotations":{"__proto__":"x"}},"__proto__":{"polluted":1}}');
      await client.patch('strategic', path, '{"metadata":{"annotations":{"constructor":"x"}},"__proto__":{"polluted":1}}');
      const pointer = await client.patch('json', path, [
        { op: 'add', path: '/metadata/constructor/prototype/polluted', value: 1 },
      ]);
      expect(pointer.status).to.equal(422);
      expect(({} as { polluted?: number }).polluted).to.equal(undefined);
      expect((await client.get(path)).status).to.equal(200);
    });
  });

  it('go wrong on demand', async () => {
    const path = `${deployments}/none`;
    client.emulator.faults.failNext({ method: 'GET', path: '/deployments', status: 503, times: 2 });
    expect([(await client.get(path)).status, (await client.get(path)).status, (await client.get(path)).status]).to.deep.equal([
      503, 503, 404,
    ]);
    client.emulator.faults.failNext({ drop: true });
    const dropped = await client.get(path).catch((thrown: unknown) => thrown);
    expect(dropped).to.be.an.instanceOf(TypeError);
    expect(client.emulator.requests.at(-1)).to.deep.include({ method: 'GET', path });
  });
});
