import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { testCluster, Workload } from '../contracts/deployment-update-workload.ts';
import { type ControlPlane, useControlPlane } from '../support/control-plane.ts';
import { type EmbeddedService, type ListedDelivery, startEmbeddedService } from '../support/embedded-service.ts';
import { type Program, startCommand } from '../support/program.ts';
import { needRegistry, startRegistry, type TestRegistry } from '../support/registry.ts';
import { writeOciLayout } from '../support/registry-image.ts';

describe("pushes to Debian's docker-registry", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let service: EmbeddedService;
  let registry: TestRegistry;
  let workload: Workload;
  let folder: string;
  const started: Program[] = [];

  before(async function () {
    await needRegistry(this);
    plane = await useControlPlane(this);
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'images-'));
    service = await startEmbeddedService({ KUBECONFIG: plane.kubeconfig });
    const namespace = `registry-${Math.random().toString(36).slice(2, 8)}`;
    await plane.kubectl('create', 'namespace', namespace);
    registry = await startRegistry({ notify: await service.createReceiver('web', { namespace, name: 'web' }) });
    workload = await Workload.create(await testCluster(plane.kubeconfig), {
      namespace,
      image: `${registry.host}/acme/web:1`,
      replicas: 2,
      progressDeadlineSeconds: 10,
    });
  });

  afterEach(async () => {
    for (const program of started.splice(0)) await program.stop();
    await registry?.stop();
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** An image that exists nowhere else. @returns its layout and its digest. */
  async function image(content: string, architectures?: readonly string[]): Promise<{ layout: string; digest: string }> {
    const layout = path.join(folder, content);
    return { layout, digest: await writeOciLayout(layout, { content, ...(architectures && { architectures }) }) };
  }

  function watch(...args: string[]): Program {
    const kubectl = path.join(plane.programs, 'kubectl');
    const program = startCommand(kubectl, ['--kubeconfig', plane.kubeconfig, '-n', workload.namespace, ...args]);
    started.push(program);
    return program;
  }

  it('roll a Deployment out, and kubectl sees it', async () => {
    const columns = 'IMAGE:.spec.template.spec.containers[1].image,AVAILABLE:.status.availableReplicas';
    const get = watch('get', 'deployment', 'web', '--watch', '--output', `custom-columns=${columns}`);
    await get.says(/acme\/web:1 +2/);
    const { layout, digest } = await image('two');
    await registry.push(layout, 'acme/web:2-slow2s');
    const wanted = `${registry.host}/acme/web:2-slow2s@${digest}`;
    await get.says(new RegExp(wanted));
    const status = watch('rollout', 'status', 'deployment/web');
    await status.says(/Waiting for deployment "web" rollout to finish/);
    await status.says(/deployment "web" successfully rolled out/);
    expect(await status.ended()).to.equal(0);
    const deliveries = await service.deliveriesWhen((all) => all.some(({ state }) => state === 'succeeded'));
    const images = deliveries.flatMap((delivery) => delivery.images);
    expect(images).to.have.length(1);
    expect(images[0]).to.include({
      image: `${registry.host}/acme/web:2-slow2s`,
      registry: registry.host,
      repository: 'acme/web',
      tag: '2-slow2s',
      digest,
    });
    expect(await workload.image()).to.equal(wanted);
    expect(await workload.image('sidecar')).to.equal('envoyproxy/envoy:v1.31');
    const history = await plane.kubectl('rollout', 'history', 'deployment/web', '--namespace', workload.namespace);
    expect(history).to.match(/2 .*acme\/web/);
  });

  it('deploy the index of an image for several platforms, once', async () => {
    const { layout, digest } = await image('two', ['amd64', 'arm64']);
    await registry.push(layout, 'acme/web:2', '--all');
    await service.deliveriesWhen((all) => all.some(({ state }) => state === 'succeeded'));
    expect(await workload.image()).to.equal(`${registry.host}/acme/web:2@${digest}`);
    const { metadata } = await workload.read();
    // HEAD requests of the layers, manifests without a tag, the same index again, and at last deletions.
    await registry.push(layout, 'acme/web:2', '--all');
    await registry.skopeo('inspect', 'acme/web:2');
    await registry.skopeo('delete', 'acme/web:2');
    const ofAnother = await image('three');
    await registry.push(ofAnother.layout, 'acme/other:3');
    const isLast = ({ images }: ListedDelivery): boolean => images.some(({ tag }) => tag === '3');
    const deliveries = await service.deliveriesWhen(
      (all) => all.some(isLast) && all.every(({ state }) => state === 'succeeded' || state === 'ignored'),
    );
    expect(deliveries.filter(({ state }) => state === 'succeeded')).to.have.length(1);
    expect((await workload.read()).metadata?.generation).to.equal(metadata?.generation);
  });

  it('are taken back once where the image does not run, and held', async () => {
    const { layout, digest } = await image('two');
    await registry.push(layout, 'acme/web:2-bad');
    const [{ message } = { message: '' }] = await service.deliveriesWhen((all) => all[0]?.state === 'rolledBack');
    expect(message).to.match(/ImagePullBackOff/);
    expect(await workload.image()).to.equal(`${registry.host}/acme/web:1`);
    const { metadata } = await workload.read();
    await registry.push(layout, 'acme/web:2-bad');
    await service.deliveriesWhen((all) => all.some(({ message: why }) => /hold/.test(why)));
    expect((await workload.read()).metadata?.generation).to.equal(metadata?.generation);
    const target = `kubernetes/test/${workload.namespace}/deployment/web`;
    const { body } = await service.call('GET', `targets?name=${encodeURIComponent(target)}`);
    expect(JSON.stringify(body)).to.contain(digest);
  });
});
