import { expect } from 'chai';
import { decideImages, type ImageDecision } from '../../../../src/drivers/kubernetes/images/image-changes.ts';
import type { Container } from '../../../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import type { DeploymentUpdateConfig } from '../../../../src/drivers/kubernetes/definition.ts';
import { newestPushes } from '../../../../src/drivers/kubernetes/images/newest-pushes.ts';
import type { ImageEvent } from '../../../../src/framework/payload-format.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const event = (more: Partial<ImageEvent> = {}): ImageEvent => ({
  registry: 'docker.io',
  repository: 'acme/web',
  tag: '2',
  image: 'acme/web:2',
  ...more,
});

function decide(containers: readonly Container[], events: readonly ImageEvent[], config: DeploymentUpdateConfig): ImageDecision {
  return decideImages({ spec: { containers } }, newestPushes(events, config), config);
}

interface Case {
  readonly name: string;
  readonly image: string;
  readonly event?: Partial<ImageEvent>;
  readonly config?: object;
  readonly pullPolicy?: string;
  /** The new image; equal to `image` for a restart. */
  readonly to?: string;
  readonly reason?: RegExp;
}

const cases: readonly Case[] = [
  { name: 'a tag', image: 'acme/web:1', to: 'acme/web:2' },
  { name: 'a tag for an image without one', image: 'acme/web', to: 'acme/web:2' },
  { name: 'a digest', image: 'acme/web:1', event: { digest }, to: `acme/web:2@${digest}` },
  {
    name: 'no digest where none is wanted',
    image: 'acme/web:1',
    event: { digest },
    config: { pinDigest: false },
    to: 'acme/web:2',
  },
  { name: 'no digest that is malformed', image: 'acme/web:1', event: { digest: 'sha256:beef' }, to: 'acme/web:2' },
  { name: 'the tag in place of an older digest', image: `acme/web:2@${digest}`, to: 'acme/web:2' },
  { name: 'the tag in place of a digest of SHA-512', image: `acme/web:1@sha512:${'b'.repeat(128)}`, to: 'acme/web:2' },
  { name: 'the spelling of the workload', image: 'index.docker.io/acme/web:1', to: 'index.docker.io/acme/web:2' },
  { name: 'an official image', image: 'nginx', event: { repository: 'library/nginx', tag: '1.27' }, to: 'nginx:1.27' },
  {
    name: 'a registry with a port',
    image: 'reg.local:5000/web:1',
    event: { registry: 'reg.local:5000', repository: 'web' },
    to: 'reg.local:5000/web:2',
  },
  {
    name: 'a mirror',
    image: 'mirror.local/acme/web:1',
    config: { registryAliases: { 'mirror.local': 'docker.io' } },
    to: 'mirror.local/acme/web:2',
  },
  {
    name: 'a VPC host',
    image: 'registry-vpc.cn-hangzhou.aliyuncs.com/acme/web:1',
    event: { registry: 'registry.cn-hangzhou.aliyuncs.com' },
    config: { registryAliases: { 'registry-vpc.cn-hangzhou.aliyuncs.com': 'registry.cn-hangzhou.aliyuncs.com' } },
    to: 'registry-vpc.cn-hangzhou.aliyuncs.com/acme/web:2',
  },
  {
    name: 'a pull-through cache',
    image: 'harbor.local/hub/library/nginx:1',
    event: { repository: 'library/nginx' },
    config: { registryAliases: { 'harbor.local': 'quay.io', 'harbor.local/hub': 'docker.io' } },
    to: 'harbor.local/hub/library/nginx:2',
  },
  {
    name: 'nothing to a cache of another name',
    image: 'harbor.local/hub2/library/nginx:1',
    event: { repository: 'library/nginx' },
    config: { registryAliases: { 'harbor.local/hub': 'docker.io' } },
    reason: /^no container runs/,
  },
  {
    name: 'a host in capitals',
    image: 'MyRegistry.azurecr.io/acme/web:1',
    event: { registry: 'myregistry.azurecr.io' },
    to: 'MyRegistry.azurecr.io/acme/web:2',
  },
  {
    name: 'a host of Docker Hub in capitals',
    image: 'nginx:1',
    event: { registry: 'Index.Docker.io', repository: 'nginx' },
    to: 'nginx:2',
  },
  {
    name: 'a mirror of Docker Hub in capitals',
    image: 'mirror.local/nginx:1',
    config: { registryAliases: { 'mirror.local': 'Docker.io' } },
    event: { repository: 'library/nginx' },
    to: 'mirror.local/nginx:2',
  },
  {
    name: 'nothing of Docker Hub to a host that is told by its capitals',
    image: 'Acme/web:1',
    reason: /^no container runs/,
  },
  {
    name: 'a mirror in capitals',
    image: 'mirror.local/acme/web:1',
    config: { registryAliases: { 'Mirror.local': 'Registry.local' } },
    event: { registry: 'registry.Local' },
    to: 'mirror.local/acme/web:2',
  },
  { name: 'a restart of what pulls always', image: 'acme/web:2', pullPolicy: 'Always', to: 'acme/web:2' },
  { name: 'a restart of latest, which pulls always by default', image: 'acme/web', event: { tag: 'latest' }, to: 'acme/web' },
  {
    name: 'nothing to what does not pull again',
    image: 'acme/web:2',
    reason: /imagePullPolicy IfNotPresent .*: set it to Always, or push another tag$/,
  },
  {
    name: 'nothing to what never pulls',
    image: 'acme/web:latest',
    event: { tag: 'latest' },
    pullPolicy: 'Never',
    reason: /Never/,
  },
  { name: 'nothing to what runs that digest', image: `acme/web@${digest}`, event: { digest }, reason: /already runs/ },
  {
    name: 'nothing to another repository',
    image: 'acme/web2:1',
    reason: /^no container runs an image of acme\/web \(web: acme\/web2:1\)$/,
  },
  {
    name: 'nothing to another registry',
    image: 'quay.io/acme/web:1',
    reason: /^no container runs an image of acme\/web \(web: .*\); registryAliases can/,
  },
  { name: 'nothing to an image that is no reference', image: 'Acme Web', reason: /^no container runs/ },
  {
    name: 'nothing to an unknown container',
    image: 'acme/web:1',
    config: { container: 'other' },
    reason: /^there is no container "other" \(web: acme\/web:1\)$/,
  },
  {
    name: 'nothing to a host named like a property',
    image: 'constructor/web:1',
    event: { repository: 'constructor/other' },
    reason: /^no container/,
  },
];

describe('decideImages', () => {
  for (const { name, image, to, reason, pullPolicy, config = {}, event: more } of cases) {
    it(`gives ${name}`, () => {
      const container: Container = { name: 'web', image, ...(pullPolicy !== undefined && { imagePullPolicy: pullPolicy }) };
      const { changes, reasons } = decide([container], [event(more)], config);
      expect(changes).to.deep.equal(to === undefined ? [] : [{ container: 'web', init: false, from: image, to }]);
      if (reason) expect(reasons.join()).to.match(reason);
    });
  }

  it('takes the newest push of a repository, and each container its own', () => {
    const containers = [
      { name: 'web', image: 'acme/web:1' },
      { name: 'worker', image: 'acme/worker:1' },
      { name: 'proxy', image: 'envoy:1' },
    ];
    const events = [
      event({ tag: '3', pushedAt: 30 }),
      event({ tag: '2', pushedAt: 20 }),
      event({ repository: 'acme/worker', tag: '8' }),
      event({ repository: 'acme/worker', tag: '9' }),
    ];
    const { changes } = decide(containers, events, {});
    expect(changes.map(({ container, to }) => [container, to])).to.deep.equal([
      ['web', 'acme/web:3'],
      ['worker', 'acme/worker:9'],
    ]);
  });

  it('takes the newest by the order of the tags where there is one, whatever was pushed last', () => {
    const containers = [{ name: 'web', image: 'acme/web:1.9.0' }];
    const events = [event({ tag: '1.10.0', pushedAt: 10 }), event({ tag: '1.9.1', pushedAt: 20 }), event({ tag: '1.2.0' })];
    const to = (config: object): readonly string[] => decide(containers, events, config).changes.map((change) => change.to);
    expect(to({ tagPolicy: 'semver', tag: '*' })).to.deep.equal(['acme/web:1.10.0']);
    expect(to({ tagPolicy: 'any', tagOrder: 'alphabetical' })).to.deep.equal(['acme/web:1.9.1']);
    expect(to({})).to.deep.equal(['acme/web:1.9.1']);
  });

  it('compares each container with its own tag', () => {
    const containers = ['1.4.0', '1.2.0', 'latest', `1.4.0@${digest}`].map((tag, index) => ({
      name: `web${index}`,
      image: `acme/web:${tag}`,
    }));
    const { changes, reasons } = decide(containers, [event({ tag: '1.3.0' })], {
      tagPolicy: 'semver',
      tag: '*',
    });
    expect(changes.map(({ container }) => container)).to.deep.equal(['web1', 'web2']);
    expect(reasons).to.deep.equal([
      'container web0 keeps acme/web:1.4.0: tag 1.3.0 is lower than 1.4.0, which runs',
      `container web3 keeps acme/web:1.4.0@${digest}: tag 1.3.0 is lower than 1.4.0, which runs`,
    ]);
  });

  it('takes a push that does not name its registry for one to the registry of the container', () => {
    const pushed: ImageEvent = { repository: 'app1/alpine', tag: '3.4', image: 'app1/alpine:3.4' };
    const containers = [
      { name: 'a', image: 'nexus.local:8082/app1/alpine:3.3' },
      { name: 'b', image: 'nexus.local:8082/app2/alpine:3.3' },
    ];
    expect(decide(containers, [pushed], {}).changes).to.deep.equal([
      { container: 'a', init: false, from: 'nexus.local:8082/app1/alpine:3.3', to: 'nexus.local:8082/app1/alpine:3.4' },
    ]);
  });

  it('knows a registry under another host and path', () => {
    const pushed = event({ registry: 'example.jfrog.io', repository: 'docker-local/acme/web' });
    const containers = [{ name: 'a', image: 'docker.example.com/acme/web:1' }];
    const registryAliases = { 'docker.example.com': 'example.jfrog.io/docker-local' };
    expect(decide(containers, [pushed], { registryAliases }).changes[0]?.to).to.equal('docker.example.com/acme/web:2');
  });

  it('names not more of what was pushed than people read', () => {
    const events = Array.from({ length: 1000 }, (_, index) => event({ repository: `acme/web${index}` }));
    const { reasons } = decide([{ name: 'web', image: 'nginx:1' }], events, {});
    expect(reasons.join()).to.match(/^no container runs an image of acme\/web0, .*acme\/web9 and 990 more \(web: nginx:1\)$/);
  });

  it('restarts nothing that a new image restarts anyway', () => {
    const containers = [
      { name: 'old', image: 'acme/web:1' },
      { name: 'same', image: 'acme/web:2', imagePullPolicy: 'Always' },
    ];
    expect(decide(containers, [event()], {}).changes.map(({ container }) => container)).to.deep.equal(['old']);
  });
});
