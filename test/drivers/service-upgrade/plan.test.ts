import { expect } from 'chai';
import { serviceUpgrade } from '../../../src/drivers/service-upgrade/index.ts';
import type { DriverConfig, Plan } from '../../../src/framework/driver.ts';
import { payloadFormats } from '../../../src/payloads/index.ts';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import type { RancherResource } from '../../../src/rancher/rancher.ts';
import { FakeRancher } from '../../support/fake-rancher.ts';
import { refusal } from '../../support/refusal.ts';
import { deliveryOf } from '../../support/run-driver.ts';

const good = { serviceSelector: { app: 'web' }, tag: 'latest', batchSize: 1, intervalMillis: 2 };
const event = { registry: 'docker.io', repository: 'acme/web', tag: 'latest', image: 'acme/web:latest' };

function service(id: string, labels: unknown, extra: Readonly<Record<string, unknown>> = {}): RancherResource {
  return { id, type: 'service', name: id, state: 'active', launchConfig: { labels }, ...extra };
}

function planOn(services: readonly RancherResource[], config: DriverConfig = good, events = [event]): Promise<Plan> {
  const driver = serviceUpgrade({ rancher: new FakeRancher({ resources: services }), formats: payloadFormats });
  return driver.plan({ ...deliveryOf(), events }, config, new AbortController().signal);
}

async function found(services: readonly RancherResource[], serviceSelector: unknown): Promise<unknown[]> {
  const plan = await planOn(services, { ...good, serviceSelector });
  return plan.actions.map(({ input }) => input['serviceId']);
}

describe('serviceUpgrade, plan', () => {
  it('gives each service its own image where several repositories were pushed at once', async () => {
    const pushed = (repository: string): typeof event => ({ ...event, repository, image: `${repository}:latest` });
    const labels = { app: 'web' };
    const running = (image: string): Record<string, unknown> => ({ launchConfig: { labels, imageUuid: `docker:${image}` } });
    const sidekicks = [
      { name: 'api', labels, imageUuid: 'docker:index.docker.io/acme/api:1' },
      { name: 'log', labels, imageUuid: 'docker:acme/log:1' },
    ];
    const { actions, skipped } = await planOn(
      [
        service('1s1', labels, running('acme/web:1')),
        service('1s2', labels, running('docker.io/acme/api')),
        service('1s3', labels, running('acme/other:1')),
        service('1s4', labels, { ...running('acme/other:1'), secondaryLaunchConfigs: sidekicks }),
      ],
      good,
      [pushed('acme/api'), pushed('acme/web')],
    );
    expect(
      actions.map(({ input: { serviceId, image, primary, sidekicks: names } }) => [serviceId, image, primary, names]),
    ).to.deep.equal([
      ['1s1', 'acme/web:latest', true, []],
      ['1s2', 'acme/api:latest', true, []],
      ['1s4', 'acme/api:latest', false, ['api']],
    ]);
    expect(skipped).to.deep.equal([{ target: 'rancher/1a5/service/1s3', reason: 'it runs none of the images that were pushed' }]);
  });

  it('has one action for each service, and says which of its parts match', async () => {
    const plan = await planOn([
      service('1s1', { app: 'web', tier: 'front' }),
      service('1s2', { app: 'other' }),
      service(
        '1s7',
        {},
        {
          secondaryLaunchConfigs: [
            { name: 'sk1', labels: { app: 'web' } },
            { name: 'sk2', labels: { app: 'x' } },
          ],
        },
      ),
    ]);
    const image = 'acme/web:latest';
    expect(plan.actions.map(({ target, input, streams, images }) => ({ target, input, streams, images }))).to.deep.equal([
      {
        target: 'rancher/1a5/service/1s1',
        input: { serviceId: '1s1', image, primary: true, sidekicks: [], found: { configs: { '': '' }, upgrade: [] } },
        streams: ['launchConfig docker.io/acme/web'],
        images: [image],
      },
      {
        target: 'rancher/1a5/service/1s7',
        input: { serviceId: '1s7', image, primary: false, sidekicks: ['sk1'], found: { configs: { sk1: '' }, upgrade: [] } },
        streams: ['sidekick sk1 docker.io/acme/web'],
        images: [image],
      },
    ]);
  });

  it('wants every pair of the selector, in any case, an empty value standing for any', async () => {
    const services = [
      service('both', { app: 'web', tier: 'front' }),
      service('one', { app: 'web' }),
      service('other', { app: 'web', tier: 'back' }),
      service('case', { APP: 'Web', Tier: 'FRONT' }),
    ];
    expect(await found(services, { app: 'web', tier: 'front' })).to.deep.equal(['both', 'case']);
    expect(await found(services, { tier: '' })).to.deep.equal(['both', 'other', 'case']);
    expect(await found(services, { tier: null })).to.deep.equal(['both', 'other', 'case']);
  });

  it('is not upset by launch configs and labels of any shape', async () => {
    const odd = [null, 'text', [], 7, { app: 7 }, { app: null }, { app: {} }];
    const services = [
      ...odd.map((labels, index) => service(`labels${index}`, labels)),
      ...odd.map((launchConfig, index) => service(`config${index}`, {}, { launchConfig })),
      ...odd.map((one, index) => service(`sidekick${index}`, {}, { secondaryLaunchConfigs: one })),
      service('nameless', {}, { secondaryLaunchConfigs: [null, 'x', { labels: { app: 'web' } }] }),
      service('good', { app: 'web' }),
    ];
    expect(await found(services, { app: 'web' })).to.deep.equal(['good']);
  });

  it('leaves system services alone, and those that are being removed', async () => {
    const plan = await planOn([
      service('1s1', { app: 'web' }, { system: true }),
      service('1s2', { app: 'web' }, { state: 'removing' }),
      service('1s3', { app: 'x' }, { system: true }),
    ]);
    expect(plan).to.deep.equal({
      actions: [],
      skipped: [
        { target: 'rancher/1a5/service/1s1', reason: 'it is a system service' },
        { target: 'rancher/1a5/service/1s2', reason: 'it is being removed' },
      ],
    });
  });

  it('takes the image of the last push', async () => {
    const plan = await planOn([service('1s1', { app: 'web' })], good, [event, { ...event, image: 'acme/web:v2' }]);
    expect(plan.actions[0]?.input['image']).to.equal('acme/web:v2');
    expect((await planOn([service('1s1', { app: 'web' })], good, [])).actions).to.deep.equal([]);
  });

  it('upgrades nothing with an empty selector', async () => {
    await refusal(
      () => planOn([service('1s1', { app: 'web' })], { ...good, serviceSelector: {} }),
      400,
      'Service selectors not provided',
    );
  });

  it("passes on Rancher's text", async () => {
    const driverOn = (error: Error) =>
      serviceUpgrade({ rancher: new FakeRancher({ fault: () => error }), formats: payloadFormats });
    const run = (error: Error) => driverOn(error).plan({ ...deliveryOf(), events: [event] }, good, new AbortController().signal);
    await refusal(() => run(new RancherError('unreachable', 'ECONNREFUSED')), 500, 'Error ECONNREFUSED in listing services');
    await refusal(() => run(new RancherError('schemas', '?')), 500, 'Error in creating API client');
  });
});
