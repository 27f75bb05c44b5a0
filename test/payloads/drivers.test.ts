import { expect } from 'chai';
import { createKubernetesAllowance } from '../../src/drivers/kubernetes/allow.ts';
import { deploymentUpdate } from '../../src/drivers/kubernetes/index.ts';
import { serviceUpgrade } from '../../src/drivers/service-upgrade/index.ts';
import type { Acceptance, Driver, DriverConfig } from '../../src/framework/driver.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { FakeRancher } from '../support/fake-rancher.ts';
import { expectedEvents, type PayloadSample, payloadSamples } from '../support/payload-samples.ts';
import { refusal } from '../support/refusal.ts';

const kubernetes = deploymentUpdate({
  formats: payloadFormats,
  clusters: { connect: () => Promise.reject(new Error('nothing is connected here')) },
  allow: createKubernetesAllowance({ defaultClusterProjectId: '1a5' }),
});
const rancher = serviceUpgrade({ rancher: new FakeRancher(), formats: payloadFormats });
const upgrade = { serviceSelector: { app: 'web' }, tagPattern: '*', batchSize: 1, intervalMillis: 2 };

function accept(driver: Driver, config: DriverConfig, body: unknown, headers: Readonly<Record<string, string>> = {}): Acceptance {
  return driver.accept({ headers, query: '', body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }, config);
}

function eventsOf(acceptance: Acceptance): object[] {
  return acceptance.kind === 'accepted' ? acceptance.events.map((event) => ({ registry: null, digest: null, ...event })) : [];
}

function wanted(sample: PayloadSample): object[] {
  return expectedEvents(sample).map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'outcome')));
}

describe('drivers, with the samples of registries', () => {
  for (const sample of payloadSamples) {
    const { name, text, headers, expected } = sample;
    it(`both ${expected.outcome === 'deploy' ? 'accept' : 'ignore'} ${name}`, () => {
      // A payload that does not name its registry needs a receiver that does.
      const repository = expected.registry === null ? { repository: `registry.local:5000/${expected.repository}` } : {};
      const acceptances = [
        accept(kubernetes, { name: 'web' }, text, headers),
        accept(kubernetes, { name: 'web', payloadFormat: 'auto' }, text),
        accept(rancher, { ...upgrade, ...repository, payloadFormat: 'auto' }, text, headers),
        accept(rancher, { ...upgrade, ...repository, payloadFormat: 'auto' }, text),
      ];
      for (const [index, acceptance] of acceptances.entries()) {
        expect(acceptance.kind).to.equal(expected.outcome === 'deploy' ? 'accepted' : 'ignored');
        if (expected.outcome !== 'deploy') continue;
        const filled = index > 1 && expected.registry === null ? { registry: 'registry.local:5000' } : {};
        const events = eventsOf(acceptance);
        expect(events).to.have.length(wanted(sample).length);
        wanted(sample).forEach((event, at) => expect(events[at]).to.include({ ...event, ...filled }));
      }
    });
  }

  const nexus = payloadSamples.find(({ name }) => name === 'nexus-docker-component')?.text ?? '';

  it('take the registry from the receiver where the payload does not say', () => {
    const repository = 'nexus.local:8082/app1/alpine';
    const event = { registry: 'nexus.local:8082', repository: 'app1/alpine', tag: '3.4', image: `${repository}:3.4` };
    for (const acceptance of [
      accept(kubernetes, { name: 'web', repository }, nexus),
      accept(rancher, { ...upgrade, payloadFormat: 'nexus', repository }, nexus),
    ]) {
      expect(acceptance).to.have.property('kind', 'accepted');
      expect(eventsOf(acceptance)[0]).to.include(event);
    }
    const other = {
      kind: 'ignored',
      reason: "the push is of app1/alpine, and the receiver's repository is nexus.local/app2/alpine",
    };
    expect(accept(kubernetes, { name: 'web', repository: 'nexus.local/app2/alpine' }, nexus)).to.deep.equal(other);
    expect(accept(rancher, { ...upgrade, payloadFormat: 'nexus', repository: 'nexus.local/app2/alpine' }, nexus)).to.deep.equal(
      other,
    );
  });

  it('upgrade no service to an image of nobody knows which registry', () => {
    expect(accept(rancher, { ...upgrade, payloadFormat: 'auto' }, nexus)).to.deep.equal({
      kind: 'ignored',
      reason: 'the push of app1/alpine does not name its registry: the receiver needs a repository',
    });
  });

  it('match a repository that is shown in capitals', () => {
    const alicloud = payloadSamples.find(({ name }) => name === 'alicloud')?.text ?? '';
    const repository = 'registry.cn-hangzhou.aliyuncs.com/namespace/repotest';
    expect(accept(kubernetes, { name: 'web', repository }, alicloud)).to.have.property('kind', 'accepted');
    expect(accept(rancher, { ...upgrade, payloadFormat: 'alicloud', repository }, alicloud)).to.have.property('kind', 'accepted');
  });

  it('act on every good push of a body, whatever else is in it', () => {
    const push = (repository: string, tag?: string): object => ({
      action: 'push',
      target: { repository, ...(tag !== undefined && { tag }) },
      request: { host: 'r.local' },
    });
    const body = { events: [push('a', '1'), push('Bad Name', '1'), push('b', 'bad tag'), push('c'), push('d', '2')] };
    const acceptance = accept(kubernetes, { name: 'web' }, body);
    expect(eventsOf(acceptance).map((event) => 'image' in event && event.image)).to.deep.equal(['r.local/a:1', 'r.local/d:2']);
    expect(() => accept(kubernetes, { name: 'web' }, { events: [push('Bad Name', '1'), push('b', 'bad tag')] })).to.throw(
      'The pushed repository "r.local/Bad Name" is not a valid name; The pushed tag "bad tag" is not valid',
    );
  });

  it('act on a list of events, unless the Go service would not have', async () => {
    const data = { action: 'push', target: { repository: 'web', tag: 'latest' }, request: { host: 'acme.azurecr.io' } };
    const event = { eventType: 'Microsoft.ContainerRegistry.ImagePushed', eventTime: '2018-04-25T21:39:47Z', data };
    for (const acceptance of [
      accept(kubernetes, { name: 'web' }, [event]),
      accept(kubernetes, { name: 'web', payloadFormat: 'azure' }, [event]),
      accept(rancher, { ...upgrade, payloadFormat: 'auto' }, [event]),
    ]) {
      expect(eventsOf(acceptance).map((each) => 'image' in each && each.image)).to.deep.equal(['acme.azurecr.io/web:latest']);
    }
    for (const payloadFormat of ['azure', 'dockerhub', '']) {
      const text = 'Body should be of type map[string]interface{}';
      await refusal(() => accept(rancher, { ...upgrade, payloadFormat }, [event]), 400, text);
    }
  });

  it('find the repository of a host in capitals', () => {
    const event = { image: 'Registry.Example.com/acme/web:1' };
    const config = { name: 'web', repository: 'registry.example.com/acme/web' };
    expect(accept(kubernetes, config, event)).to.have.property('kind', 'accepted');
  });

  it('keep the refusals of the Go service where a receiver of serviceUpgrade names its formats', async () => {
    const rows: readonly (readonly [format: string, body: object, text: string])[] = [
      ['dockerhub', { push_data: {}, repository: { repo_name: 'a/b' } }, 'Webhook response contains no tag'],
      ['azure', { action: 'ping' }, 'Incomplete Azure Container Reigstry webhook response provided'],
      ['azure', { action: 'push', target: {} }, 'Azure Container Reigstry webhook response contains no tag'],
      ['alicloud', { push_data: {} }, 'Alicloud Docker Hub webhook response contains no tag'],
    ];
    for (const [payloadFormat, body, text] of rows) {
      await refusal(() => accept(rancher, { ...upgrade, payloadFormat }, body), 400, text);
    }
    const noTag = { push_data: {}, repository: { repo_name: 'a/b' } };
    expect(accept(rancher, { ...upgrade, payloadFormat: 'auto' }, noTag)).to.deep.include({ reason: 'the push has no tag' });
    expect(accept(kubernetes, { name: 'web', payloadFormat: 'dockerhub' }, noTag)).to.deep.include({
      reason: 'the push has no tag',
    });
  });

  it('read a body by the paths of the receiver', async () => {
    const fields = { payloadFormat: 'custom', imagePath: '$.image.name', tagPath: '$.image.tag' };
    const body = { image: { name: 'acme/web', tag: '7' } };
    for (const acceptance of [
      accept(kubernetes, { name: 'web', ...fields }, body),
      accept(rancher, { ...upgrade, ...fields }, body),
    ]) {
      expect(eventsOf(acceptance)[0]).to.include({ repository: 'acme/web', tag: '7' });
    }
    await kubernetes.validate({ name: 'web', ...fields }, '1a5');
    await rancher.validate({ ...upgrade, ...fields }, '1a5');
    const wrong: readonly (readonly [DriverConfig, string])[] = [
      [{ imagePath: '' }, 'imagePath not provided, which payloadFormat custom needs'],
      [{ imagePath: 'a[' }, `Invalid imagePath "a[": character 2 is no step: use names, [n], [*] and ['name']`],
      [{ tagPath: '$' }, 'Invalid tagPath "$": the path has no step'],
      [{ payloadFormat: 'auto' }, 'imagePath needs payloadFormat custom'],
      [{ payloadFormat: 'generic', imagePath: '' }, 'tagPath needs payloadFormat custom'],
      [
        { payloadFormat: undefined, imagePath: undefined, tagPath: undefined, digestPath: 'a' },
        'digestPath needs payloadFormat custom',
      ],
    ];
    for (const [field, text] of wrong) {
      await refusal(() => kubernetes.validate({ name: 'web', ...fields, ...field }, '1a5'), 400, text);
      await refusal(() => rancher.validate({ ...upgrade, ...fields, ...field }, '1a5'), 400, text);
    }
  });
});
