import { expect } from 'chai';
import {
  deployment,
  deployments,
  EmulatorClient,
  images,
  type ContainerView,
  type Json,
} from '../../support/kubernetes-emulator-client.ts';

describe('patches on the Kubernetes emulator', () => {
  let client: EmulatorClient;
  let path: string;
  beforeEach(async () => {
    client = await EmulatorClient.start();
    path = `${deployments}/web`;
    await client.call('POST', `${deployments}?fieldManager=creator`, deployment('web'));
  });
  afterEach(() => client.stop());

  const containers = async (): Promise<readonly ContainerView[]> => (await client.get(path)).body.spec.template.spec.containers;
  const template = (spec: Json): Json => ({ spec: { template: { spec } } });

  describe('strategic merge', () => {
    it('merges containers by name and their lists by key', async () => {
      const change = { name: 'web', image: 'acme/web:2', env: [{ name: 'NEW', value: '1' }], ports: [{ containerPort: 9090 }] };
      const { status, body } = await client.patch('strategic', path, template({ containers: [change] }));
      expect(status).to.equal(200);
      expect(images(body)).to.deep.equal(['envoy:1', 'acme/web:2']);
      const [, web] = body.spec.template.spec.containers;
      expect(web?.env.map(({ name }) => name)).to.have.members(['MODE', 'NEW']);
      expect(web?.ports.map(({ containerPort }) => containerPort)).to.have.members([8080, 9090]);
    });

    it('puts a new entry first, as the API server does, unless the patch has an order', async () => {
      await client.patch('strategic', path, template({ containers: [{ name: 'new', image: 'new:1' }] }));
      expect((await containers()).map(({ name }) => name)).to.deep.equal(['new', 'sidecar', 'web']);
      const order = [{ name: 'sidecar' }, { name: 'web' }, { name: 'new' }];
      await client.patch('strategic', path, template({ '$setElementOrder/containers': order }));
      expect((await containers()).map(({ name }) => name)).to.deep.equal(['sidecar', 'web', 'new']);
    });

    it('obeys its directives', async () => {
      await client.patch('strategic', path, template({ containers: [{ name: 'sidecar', $patch: 'delete' }] }));
      expect((await containers()).map(({ name }) => name)).to.deep.equal(['web']);
      await client.patch('strategic', path, template({ containers: [{ $patch: 'replace' }, { name: 'only', image: 'only:1' }] }));
      expect((await containers()).map(({ name }) => name)).to.deep.equal(['only']);
      await client.patch('strategic', path, { metadata: { finalizers: ['a.b/c', 'd.e/f'] } });
      const { body } = await client.patch('strategic', path, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.b/c'] } });
      expect(body.metadata.finalizers).to.deep.equal(['d.e/f']);
      const recreate = await client.patch('strategic', path, {
        spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      });
      expect(recreate.body.spec.strategy).to.deep.equal({ type: 'Recreate' });
    });

    it('replaces tolerations as a whole', async () => {
      await client.patch('strategic', path, template({ tolerations: [{ key: 'a', operator: 'Exists' }] }));
      const { body } = await client.patch('strategic', path, template({ tolerations: [{ key: 'b', operator: 'Exists' }] }));
      expect(body.spec.template.spec.tolerations).to.deep.equal([{ key: 'b', operator: 'Exists' }]);
    });

    it('needs the merge key', async () => {
      const { status, body } = await client.patch('strategic', path, template({ containers: [{ image: 'x' }] }));
      expect([status, body.message]).to.deep.equal([500, 'map: map[image:x] does not contain declared merge key: name']);
    });
  });

  it('replaces lists by a merge patch', async () => {
    const { body } = await client.patch('merge', path, template({ containers: [{ name: 'web', image: 'acme/web:2' }] }));
    expect(images(body)).to.deep.equal(['acme/web:2']);
  });

  it('tests and changes by a JSON patch, all or nothing', async () => {
    const image = '/spec/template/spec/containers/1/image';
    const good = [
      { op: 'test', path: image, value: 'acme/web:1' },
      { op: 'replace', path: image, value: 'acme/web:2' },
      { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'c' } },
      { op: 'copy', from: '/metadata/annotations/a~1b', path: '/metadata/annotations/copy' },
    ];
    const { body } = await client.patch('json', path, good);
    expect(images(body)[1]).to.equal('acme/web:2');
    expect(body.metadata.annotations).to.include({ 'a/b': 'c', copy: 'c' });
    const refused = await client.patch('json', path, [{ op: 'replace', path: '/spec/replicas', value: 7 }, ...good]);
    expect(refused.status).to.equal(422);
    expect(refused.body).to.deep.include({
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
    expect((await client.get(path)).body.spec.replicas).to.equal(2);
    expect((await client.patch('json', path, { op: 'add' })).status).to.equal(400);
    expect((await client.patch('json', path, [{ op: 'remove', path: '/spec/none' }])).status).to.equal(422);
  });

  it('refuses a stale resourceVersion in each of them', async () => {
    const metadata = { resourceVersion: '1' };
    const stale = [
      await client.patch('strategic', path, { metadata }),
      await client.patch('merge', path, { metadata }),
      await client.patch('json', path, [{ op: 'replace', path: '/metadata/resourceVersion', value: '1' }]),
      await client.call('PUT', path, { ...deployment('web'), metadata: { name: 'web', ...metadata } }),
    ];
    for (const { status, body } of stale) {
      expect(status).to.equal(409);
      expect(body).to.deep.include({
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
      });
    }
  });

  describe('server-side apply', () => {
    const applied = (image: string, spec: Json = {}): Json => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { ...spec, template: { spec: { containers: [{ name: 'web', image }] } } },
    });

    it('names the owner of a field that it would change, and takes it by force', async () => {
      const refused = await client.patch('apply', `${path}?fieldManager=me`, applied('acme/web:2', { replicas: 3 }));
      expect(refused.status).to.equal(409);
      expect(refused.body.message).to.equal(
        'Apply failed with 2 conflicts: conflicts with "creator" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name="web"].image',
      );
      expect(refused.body.details.causes[1]).to.deep.equal({
        reason: 'FieldManagerConflict',
        message: 'conflict with "creator" using apps/v1',
        field: '.spec.template.spec.containers[name="web"].image',
      });
      const { status, body } = await client.patch('apply', `${path}?fieldManager=me&force=true`, applied('acme/web:2'));
      expect(status).to.equal(200);
      expect(images(body)).to.deep.equal(['envoy:1', 'acme/web:2']);
      const mine = body.metadata.managedFields.find(({ manager }) => manager === 'me');
      expect(mine).to.include({ operation: 'Apply', fieldsType: 'FieldsV1' });
      const owned = { 'k:{"name":"web"}': { '.': {}, 'f:name': {}, 'f:image': {} } };
      expect(mine?.fieldsV1).to.deep.equal({ 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': owned } } } });
    });

    it('removes what it no longer says, and leaves what others own', async () => {
      const labels = (value: Json): Json => ({ ...applied('acme/web:1'), metadata: { name: 'web', labels: value } });
      const target = `${path}?fieldManager=me`;
      await client.patch('apply', target, labels({ mine: '1', app: 'web' }));
      const { body } = await client.patch('apply', target, labels({}));
      expect(body.metadata.labels).to.deep.equal({ app: 'web' });
    });

    it('creates, and needs a manager', async () => {
      const fresh = { ...deployment('fresh') };
      expect((await client.patch('apply', `${deployments}/fresh?fieldManager=me`, fresh)).status).to.equal(201);
      const { status, body } = await client.patch('apply', path, applied('acme/web:1'));
      expect([status, body.message]).to.deep.equal([
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ]);
    });
  });

  it('changes nothing on a dry run', async () => {
    const { body } = await client.patch('strategic', `${path}?dryRun=All`, { spec: { replicas: 9 } });
    expect(body.spec.replicas).to.equal(9);
    expect((await client.get(path)).body.spec.replicas).to.equal(2);
  });

  it('knows no other type of patch', async () => {
    const { status, body } = await client.call('PATCH', path, {}, { 'content-type': 'text/plain' });
    expect([status, body.reason]).to.deep.equal([415, 'UnsupportedMediaType']);
  });
});
