import { expect } from 'chai';
import { scaleService } from '../../../src/drivers/scale-service/index.ts';
import type { DriverConfig } from '../../../src/framework/driver.ts';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import type { RancherResource } from '../../../src/rancher/rancher.ts';
import { FakeRancher } from '../../support/fake-rancher.ts';
import { refusal } from '../../support/refusal.ts';
import { deliveryOf, deliveryRequest, runDriver } from '../../support/run-driver.ts';

function service(id: string, extra: Readonly<Record<string, unknown>> = {}): RancherResource {
  return {
    id,
    type: 'service',
    kind: 'service',
    name: 'web',
    scale: 2,
    launchConfig: { imageUuid: 'docker:acme/web:1' },
    ...extra,
  };
}

const services = [
  service('1s1'),
  service('1s2', { kind: 'loadBalancerService' }),
  service('1s3', { launchConfig: { labels: { 'io.rancher.scheduler.global': 'true' } } }),
  service('1s4', { launchConfig: { imageUuid: 'docker:rancher/none' } }),
  service('1s5', { kind: 'dnsService' }),
  service('1s6', { removed: '2017-01-01T00:00:00Z' }),
  service('1s7', { launchConfig: null }),
  service('1s8', { launchConfig: { labels: { 'io.rancher.scheduler.global': true } } }),
];
const good = { serviceId: '1s1', amount: 1, action: 'up', min: 1, max: 4 };
const apiError = 'Bad response statusCode [500]. Status [500 Internal Server Error]. Body: [] from [http://r/v2-beta]';

const validation: readonly (readonly [config: DriverConfig, text: string])[] = [
  [{}, 'Scale action not provided'],
  [{ ...good, action: 'sideways', amount: 0 }, 'Invalid action sideways'],
  [{ ...good, amount: 0, serviceId: '' }, 'Invalid amount: 0'],
  [{ ...good, amount: -2 }, 'Invalid amount: -2'],
  [{ ...good, serviceId: '', min: 0 }, 'ServiceId not provided'],
  [{ action: 'up', amount: 1, serviceId: '1s1', max: 0 }, 'Minimum scale not provided/invalid'],
  [{ action: 'up', amount: 1, serviceId: '1s1', min: 1 }, 'Maximum scale not provided/invalid'],
  [{ ...good, min: 4 }, 'Max must be greater than min'],
  [{ ...good, min: 5, serviceId: '1s99' }, 'Max must be greater than min'],
  [{ ...good, serviceId: '1s99' }, 'Invalid service 1s99'],
  [{ ...good, serviceId: '1s6' }, 'Invalid service 1s6'],
  [{ ...good, serviceId: '1s5' }, 'Can only create webhooks for Services. The supplied service is of type dnsService'],
  [{ ...good, serviceId: '1s3' }, 'Cannot create webhook for global service 1s3'],
  [{ ...good, serviceId: '1s4' }, 'Cannot create webhook for service with no image 1s4'],
];

const execution: readonly (readonly [config: DriverConfig, text: string])[] = [
  [{ ...good, serviceId: '1s6' }, 'Service 1s6 has been deleted'],
  [{ ...good, serviceId: '1s99' }, 'Service 1s99 has been deleted'],
  [{ ...good, max: 2 }, 'Cannot scale above provided max scale value'],
  [{ ...good, action: 'down', min: 2 }, 'Cannot scale below provided min scale value'],
  [{ ...good, action: 'sideways' }, 'Scale action not provided'],
  [{ ...good, action: 'down', amount: -9 }, 'Invalid amount: -9'],
];

describe('scaleService', () => {
  for (const [config, text] of validation) {
    it(`does not validate ${JSON.stringify(config)}: ${text}`, async () => {
      const driver = scaleService({ rancher: new FakeRancher({ resources: services }) });
      await refusal(() => driver.validate(config, '1a5'), 400, text);
    });
  }

  for (const serviceId of ['1s1', '1s2', '1s7', '1s8']) {
    it(`validates a config of service ${serviceId}`, async () => {
      await scaleService({ rancher: new FakeRancher({ resources: services }) }).validate({ ...good, serviceId }, '1a5');
    });
  }

  for (const [config, text] of execution) {
    it(`does not execute ${JSON.stringify(config)}: ${text}`, async () => {
      const rancher = new FakeRancher({ resources: services });
      await refusal(() => runDriver(scaleService({ rancher }), config), 400, text);
      expect(rancher.writes).to.deep.equal([]);
    });
  }

  for (const [action, scale] of [
    ['up', 3],
    ['down', 1],
  ] as const) {
    it(`scales ${action} to a number that is decided at planning`, async () => {
      const rancher = new FakeRancher({ resources: services });
      const { plan, results } = await runDriver(scaleService({ rancher }), { ...good, action });
      expect(plan.actions[0]).to.deep.include({ target: 'rancher/1a5/service/1s1', input: { serviceId: '1s1', scale } });
      expect(rancher.writes).to.deep.equal([['update service/1s1', { currentScale: scale, scale }]]);
      expect(results[0]?.outcome).to.equal('succeeded');
    });
  }

  it('names the service as what must not be planned twice at once', () => {
    const driver = scaleService({ rancher: new FakeRancher() });
    expect(driver.exclusive?.(good, '1a5')).to.equal('rancher/1a5/service/1s1');
  });

  it("passes on Rancher's text, and its status where the update failed", async () => {
    const failing = (verb: string) =>
      new FakeRancher({
        resources: services,
        fault: (call) => (call.verb === verb ? new RancherError('answer', apiError, { status: 409 }) : undefined),
      });
    await refusal(() => scaleService({ rancher: failing('get') }).validate(good, '1a5'), 500, `Error in getService: ${apiError}`);
    await refusal(() => runDriver(scaleService({ rancher: failing('get') }), good), 500, `Error in getService: ${apiError}`);
    await refusal(
      () => runDriver(scaleService({ rancher: failing('update') }), good),
      409,
      `Error in updateService: ${apiError}`,
    );
  });

  it('says what the Go service says without schemas', async () => {
    const rancher = new FakeRancher({ fault: () => new RancherError('schemas', 'no answer') });
    await refusal(() => runDriver(scaleService({ rancher }), good), 500, 'Error in creating API client');
  });

  it('ignores a resolved alert if only firing ones count', async () => {
    const driver = scaleService({ rancher: new FakeRancher() });
    const resolved = deliveryRequest({ version: '4', status: 'resolved', alerts: [] });
    expect(driver.accept(resolved, { ...good, onlyFiring: true }).kind).to.equal('ignored');
    expect(driver.accept(resolved, good).kind).to.equal('accepted');
    for (const body of [{ version: '4', status: 'firing' }, { status: 'resolved' }, [], '', '{', 'null']) {
      expect(driver.accept(deliveryRequest(body), { ...good, onlyFiring: true }).kind).to.equal('accepted');
    }
  });

  it('does nothing once it is told to stop', async () => {
    const rancher = new FakeRancher({ resources: services });
    const driver = scaleService({ rancher });
    const delivery = deliveryOf();
    const { actions } = await driver.plan(delivery, good, new AbortController().signal);
    const signal = AbortSignal.abort(new Error('stopped'));
    let message = '';
    for (const action of actions) {
      await driver
        .execute(action, { config: good, delivery, signal, progress() {}, beforeWrite: async () => undefined, following() {} })
        .catch((error: Error) => (message = error.message));
    }
    expect(message).to.equal('stopped');
    expect(rancher.writes).to.deep.equal([]);
  });
});
