import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { type JsonObject, textOf } from '../../../src/emulators/shared/json-value.ts';
import { at, type Call, callerOf, startSample, until } from '../../support/rancher-emulator-client.ts';

const web = '/v2-beta/projects/1a5/services/1s1';
const worker = '/v2-beta/projects/1a5/services/1s2';

function upgradeTo(image: string, extra: object = {}): object {
  return { inServiceStrategy: { launchConfig: { imageUuid: `docker:${image}` }, batchSize: 1, intervalMillis: 2000, ...extra } };
}

describe('Rancher emulator: states', () => {
  let emulator: RancherEmulator;
  let call: Call;
  const start = async (speed: number | 'instant'): Promise<void> => {
    emulator = await startSample({ speed });
    call = callerOf(emulator.url);
  };
  afterEach(() => emulator.stop());
  const images = (service: string): string[] =>
    emulator
      .list('container')
      .filter(({ fields, state }) => fields['serviceId'] === service && state === 'running')
      .map(({ fields }) => textOf(fields['imageUuid']));

  describe('at once', () => {
    beforeEach(() => start('instant'));

    it('upgrades, finishes and offers the actions of each state', async () => {
      const upgraded = await call('POST', `${web}/?action=upgrade`, upgradeTo('acme/web:2'));
      expect(upgraded.status).to.equal(202);
      expect(upgraded.body).to.include({ state: 'upgraded', transitioning: 'no' });
      expect(upgraded.body['actions']).to.include.all.keys('finishupgrade', 'rollback', 'setservicelinks', 'remove');
      expect(upgraded.body['actions']).to.not.have.any.keys('upgrade', 'activate', 'deactivate', 'update', 'restart');
      expect(at(upgraded.body, 'launchConfig', 'imageUuid')).to.equal('docker:acme/web:2');
      expect(at(upgraded.body, 'launchConfig', 'version')).to.match(/^[0-9a-f-]{36}$/);
      expect(at(upgraded.body, 'upgrade', 'inServiceStrategy', 'previousLaunchConfig', 'imageUuid')).to.equal(
        'docker:acme/web:1.0',
      );
      expect(at(upgraded.body, 'upgrade', 'inServiceStrategy')).to.include({
        batchSize: 1,
        intervalMillis: 2000,
        startFirst: false,
      });
      expect(upgraded.body['instanceIds']).to.have.length(4);
      expect(images('1s1')).to.deep.equal(['docker:acme/web:2', 'docker:acme/web:2']);
      const finished = await call('POST', String(at(upgraded.body, 'actions', 'finishupgrade')));
      expect(finished.status).to.equal(202);
      expect(finished.body).to.include({ state: 'active', currentScale: 2 });
      expect(finished.body['instanceIds']).to.have.length(2);
    });

    it('rolls back to the containers there were', async () => {
      const before = (await call('GET', web)).body;
      await call('POST', `${web}/?action=upgrade`, upgradeTo('acme/web:2'));
      const { body } = await call('POST', `${web}/?action=rollback`);
      expect(body).to.include({ state: 'active' });
      expect(body['launchConfig']).to.deep.equal(before['launchConfig']);
      expect(body['instanceIds']).to.deep.equal(before['instanceIds']);
      expect(images('1s1')).to.deep.equal(['docker:acme/web:1.0', 'docker:acme/web:1.0']);
    });

    it('keeps sidekicks that are not listed, drops rancher/none, and pulls dependants in', async () => {
      const { body } = await call('POST', `${worker}/?action=upgrade`, upgradeTo('acme/worker:2'));
      expect(at(body, 'secondaryLaunchConfigs', 0)).to.include({
        name: 'log-shipper',
        imageUuid: 'docker:acme/log-shipper:1.0',
        version: '0',
      });
      await call('POST', `${worker}/?action=finishupgrade`);
      expect(images('1s2')).to.have.members(['docker:acme/worker:2', 'docker:acme/log-shipper:1.0']);
      const secondaryLaunchConfigs = [
        { name: 'log-shipper', imageUuid: 'docker:acme/log-shipper:2', networkLaunchConfig: 'worker' },
      ];
      const second = await call('POST', `${worker}/?action=upgrade`, { inServiceStrategy: { secondaryLaunchConfigs } });
      expect(at(second.body, 'launchConfig', 'imageUuid')).to.equal('docker:acme/worker:2');
      await call('POST', `${worker}/?action=finishupgrade`);
      const sidekickVersion = at((await call('GET', worker)).body, 'secondaryLaunchConfigs', 0, 'version');
      await call('POST', `${worker}/?action=upgrade`, upgradeTo('acme/worker:3'));
      expect(at((await call('GET', worker)).body, 'secondaryLaunchConfigs', 0, 'version')).to.not.equal(sidekickVersion);
      await call('POST', `${worker}/?action=finishupgrade`);
      const none = { name: 'log-shipper', imageUuid: 'rancher/none' };
      const third = await call('POST', `${worker}/?action=upgrade`, { inServiceStrategy: { secondaryLaunchConfigs: [none] } });
      expect(third.body['secondaryLaunchConfigs']).to.deep.equal([]);
      const back = await call('POST', `${worker}/?action=rollback`);
      expect(back.body['secondaryLaunchConfigs']).to.have.length(1);
    });

    const refusals: [string, unknown, object][] = [
      ['no strategy', {}, { code: 'MissingRequired', message: 'Upgrade strategy needs to be set' }],
      [
        'no configuration',
        { inServiceStrategy: {} },
        { code: 'InvalidOption', message: 'LaunchConfig/secondaryLaunchConfigs need to be specified for inService strategy' },
      ],
      [
        'an interval below 100',
        upgradeTo('a', { intervalMillis: 99 }),
        { code: 'MinLimitExceeded', fieldName: 'intervalMillis' },
      ],
      ['a batch below 1', upgradeTo('a', { batchSize: 0 }), { code: 'MinLimitExceeded', fieldName: 'batchSize' }],
    ];
    for (const [title, body, expected] of refusals) {
      it(`refuses an upgrade with ${title}`, async () => {
        const answer = await call('POST', `${web}/?action=upgrade`, body);
        expect(answer.body).to.include({ status: 422, ...expected });
        expect((await call('GET', web)).body['state']).to.equal('active');
      });
    }

    it('refuses startFirst with retainIp', async () => {
      await call('PUT', web, { retainIp: true });
      const answer = await call('POST', `${web}/?action=upgrade`, upgradeTo('a', { startFirst: true }));
      expect(answer.body).to.include({
        code: 'InvalidOption',
        message: "StartFirst option can't be used for service with retainIp field set",
      });
    });

    it('knows which actions there are and which are possible', async () => {
      expect((await call('POST', `${web}?action=fly`)).body).to.include({
        status: 422,
        code: 'InvalidAction',
        fieldName: 'action',
      });
      expect((await call('POST', `${web}?action=finishupgrade`)).body).to.include({
        status: 422,
        code: 'ActionNotAvailable',
        fieldName: 'action',
      });
      expect((await call('POST', '/v2-beta/services/1s99?action=upgrade')).status).to.equal(404);
    });

    it('deactivates, activates, restarts and removes', async () => {
      expect((await call('POST', `${web}?action=deactivate`)).body).to.include({ state: 'inactive', currentScale: 0 });
      expect((await call('POST', `${web}?action=activate`)).body).to.include({ state: 'active', currentScale: 2 });
      const restarted = await call('POST', `${web}?action=restart`, { rollingRestartStrategy: { batchSize: 1 } });
      expect(restarted.body).to.include({ state: 'active' });
      expect(emulator.list('container').find(({ fields }) => fields['serviceId'] === '1s1')?.fields['startCount']).to.equal(2);
      expect((await call('POST', `${web}?action=remove`)).body).to.include({ state: 'removed' });
    });

    it('runs a global service once a host', async () => {
      expect((await call('GET', '/v2-beta/services/1s5')).body).to.include({ currentScale: 3, scale: 1 });
    });

    it('fills in public endpoints of published ports', async () => {
      const { body } = await call('GET', '/v2-beta/services/1s3');
      expect(at(body, 'publicEndpoints', 0)).to.include({ port: 80, ipAddress: '172.17.0.1', serviceId: '1s3' });
    });
  });

  describe('in time', () => {
    it('passes through upgrading in batches, interval by interval', async () => {
      await start(20);
      const counts: number[] = [];
      emulator.onChange((row) => {
        if (row.type !== 'container') return;
        counts.push(images('1s1').filter((image) => image.endsWith(':2')).length);
      });
      const began = performance.now();
      const { body } = await call('POST', `${web}/?action=upgrade`, upgradeTo('acme/web:2', { intervalMillis: 4000 }));
      expect(body).to.include({ state: 'upgrading', transitioning: 'yes', transitioningMessage: 'In Progress' });
      expect(body['actions']).to.include.all.keys('cancelupgrade', 'rollback', 'setservicelinks');
      expect(body['actions']).to.not.have.any.keys('upgrade', 'finishupgrade');
      const done = await until(
        async () => (await call('GET', web)).body,
        (service) => service['transitioning'] !== 'yes',
      );
      expect(done['state']).to.equal('upgraded');
      expect(performance.now() - began).to.be.greaterThan(4000 / 20);
      expect([...new Set(counts)]).to.deep.equal([0, 1, 2]);
    });

    it('starts the new container before it stops the old with startFirst', async () => {
      for (const startFirst of [true, false]) {
        await start(50);
        const running = new Set<number>();
        emulator.onChange((row) => row.type === 'container' && running.add(images('1s1').length));
        await call('POST', `${web}/?action=upgrade`, upgradeTo('acme/web:2', { startFirst, intervalMillis: 100 }));
        await until(
          () => emulator.find('service', '1s1')?.state,
          (state) => state === 'upgraded',
        );
        expect(Math.max(...running)).to.equal(startFirst ? 3 : 2);
        expect(Math.min(...running)).to.equal(startFirst ? 2 : 1);
        await emulator.stop();
      }
      await start('instant');
    });

    it('can be cancelled, continued and rolled back', async () => {
      await start(20);
      const state = async (wanted: string): Promise<JsonObject> =>
        until(
          async () => (await call('GET', web)).body,
          (service) => service['state'] === wanted,
        );
      await call('POST', `${web}/?action=upgrade`, upgradeTo('acme/web:2', { intervalMillis: 600_000 }));
      await until(
        () => images('1s1').includes('docker:acme/web:2'),
        (isThere) => isThere,
      );
      await call('POST', `${web}/?action=cancelupgrade`);
      const cancelled = await state('canceled-upgrade');
      expect(cancelled['actions']).to.include.all.keys('continueupgrade', 'rollback');
      expect(images('1s1')).to.have.members(['docker:acme/web:1.0', 'docker:acme/web:2']);
      await call('POST', `${web}/?action=continueupgrade`);
      await state('upgraded');
      expect(images('1s1')).to.deep.equal(['docker:acme/web:2', 'docker:acme/web:2']);
      await call('POST', `${web}/?action=rollback`);
      expect((await call('GET', web)).body['state']).to.equal('rolling-back');
      await state('active');
      expect(images('1s1')).to.deep.equal(['docker:acme/web:1.0', 'docker:acme/web:1.0']);
    });

    it('shows the states of creation and removal', async () => {
      await start(20);
      const stack = await call('POST', '/v2-beta/projects/1a5/stacks', { name: 'new' });
      expect(stack.body).to.include({ state: 'activating', transitioning: 'yes' });
      const made = await call('POST', '/v2-beta/projects/1a5/services', {
        name: 'n',
        stackId: stack.body['id'],
        startOnCreate: true,
        launchConfig: { imageUuid: 'docker:a' },
      });
      expect(made.body).to.include({ state: 'registering', transitioning: 'yes' });
      const self = String(at(made.body, 'links', 'self'));
      await until(
        async () => (await call('GET', self)).body['state'],
        (state) => state === 'activating',
      );
      await until(
        async () => (await call('GET', self)).body['state'],
        (state) => state === 'active',
      );
      expect((await call('PUT', self, { scale: 2 })).body).to.include({ state: 'updating-active', transitioning: 'yes' });
      expect((await call('DELETE', self)).body).to.include({ state: 'removing' });
      expect((await call('DELETE', self)).status).to.equal(409);
      await until(
        async () => (await call('GET', self)).body['state'],
        (state) => state === 'removed',
      );
    });

    it('does not keep a process alive, and stops in the middle of things', async () => {
      await start(1);
      await call('POST', `${web}/?action=upgrade`, upgradeTo('acme/web:2'));
      await emulator.stop();
      await start('instant');
    });
  });
});
