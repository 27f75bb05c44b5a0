import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Clock } from '../../../src/drivers/service-upgrade/clock.ts';
import { serviceUpgrade } from '../../../src/drivers/service-upgrade/index.ts';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { LeaseLostError } from '../../../src/framework/deliveries/delivery-store.ts';
import type { ActionContext, ActionResult, PlannedAction } from '../../../src/framework/driver.ts';
import { payloadFormats } from '../../../src/payloads/index.ts';
import { RancherClient } from '../../../src/rancher/rancher-client.ts';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import { ended } from '../../support/ended.ts';
import { at, serviceKey, startSample } from '../../support/rancher-emulator-client.ts';
import { deliveryOf } from '../../support/run-driver.ts';
import { type Cut, CutRancher, type Moment } from './cut-rancher.ts';

const config = { serviceSelector: { app: '' }, tag: '2', batchSize: 1, intervalMillis: 1 };
const killed = new Error('killed');
const lost = new RancherError('unreachable', 'ECONNRESET');

let time = 0;
/** Goes on by what is waited for alone, a hundred times as fast as it says: no time is over since the machine is busy. */
const clock: Clock = {
  now: () => time,
  async wait(milliseconds, signal) {
    time += milliseconds;
    await delay(milliseconds / 100);
    signal.throwIfAborted();
  },
};

describe('serviceUpgrade, resumed on the Rancher emulator', () => {
  let emulator: RancherEmulator;
  let client: RancherClient;
  let name = 0;

  before(async () => {
    emulator = await startSample({ speed: 300 });
    client = new RancherClient({ url: emulator.url, ...serviceKey });
  });
  after(async () => {
    client.close();
    await emulator.stop();
  });

  /** A service of its own for every run, with a sidekick that runs the same and one that is none of the receiver's business. */
  function plant(image: string): string {
    name += 1;
    const launch = { labels: { app: `web${name}` }, imageUuid: `docker:${image}` };
    const secondaryLaunchConfigs = [
      { ...launch, name: 'sk1' },
      { imageUuid: 'docker:acme/log:1', name: 'log' },
    ];
    const id = `1s${1000 + name}`;
    emulator.plant({
      type: 'service',
      id,
      name: `web${name}`,
      accountId: '1a5',
      stackId: '1st1',
      scale: 1,
      launchConfig: launch,
      secondaryLaunchConfigs,
    });
    return id;
  }

  /** The one action of a push to the service with this label. */
  async function planFor(label: string): Promise<PlannedAction> {
    const event = { registry: 'docker.io', repository: 'acme/web', tag: '2', image: 'acme/web:2' };
    const driver = serviceUpgrade({ rancher: client, formats: payloadFormats });
    const plan = await driver.plan(
      { ...deliveryOf(), events: [event] },
      { ...config, serviceSelector: { app: label } },
      signal(),
    );
    const [action] = plan.actions;
    if (!action) throw new Error('nothing was planned');
    return structuredClone(action);
  }

  const signal = (): AbortSignal => new AbortController().signal;

  function execute(
    rancher: CutRancher,
    action: PlannedAction,
    cut?: Cut,
    context: Partial<ActionContext> = {},
  ): Promise<ActionResult> {
    const driver = serviceUpgrade({ rancher: rancher.seen(cut), formats: payloadFormats, clock });
    const noted = { progress: () => undefined, beforeWrite: async () => undefined, following: () => undefined };
    return ended(driver.execute(action, { config, delivery: deliveryOf(), signal: signal(), ...noted, ...context }));
  }

  function expectUpgraded(id: string, { actions }: CutRancher, where: string): void {
    const row = emulator.find('service', id);
    expect(row?.state, where).to.equal('active');
    expect(at(row?.fields, 'launchConfig', 'imageUuid'), where).to.equal('docker:acme/web:2');
    expect(at(row?.fields, 'secondaryLaunchConfigs', 0, 'imageUuid'), where).to.equal('docker:acme/web:2');
    expect(at(row?.fields, 'secondaryLaunchConfigs', 1, 'imageUuid'), where).to.equal('docker:acme/log:1');
    expect(actions, where).to.deep.equal(['upgrade', 'finishupgrade']);
  }

  for (const before of ['acme/web:1', 'acme/web:2']) {
    for (const moment of ['before', 'after'] satisfies Moment[]) {
      it(`upgrades ${before} once, killed ${moment} any call`, async () => {
        let cuts = 0;
        for (let call = 0; ; call += 1) {
          const id = plant(before);
          const action = await planFor(`web${name}`);
          const rancher = new CutRancher(client);
          const first = await execute(rancher, action, { call, moment, error: killed }).catch((thrown: unknown) => thrown);
          if (!rancher.cut) break;
          cuts += 1;
          expect(first).to.equal(killed);
          const where = `killed ${moment} call ${call}`;
          expect(await execute(rancher, action, undefined, { resumed: true }), where).to.include({ outcome: 'succeeded' });
          expectUpgraded(id, rancher, where);
        }
        expect(cuts).to.be.greaterThan(5);
      });

      it(`upgrades ${before} once, with no answer, lost ${moment} any call`, async () => {
        for (let call = 1; ; call += 1) {
          const id = plant(before);
          const action = await planFor(`web${name}`);
          const rancher = new CutRancher(client);
          const where = `lost ${moment} call ${call}`;
          expect(await execute(rancher, action, { call, moment, error: lost }), where).to.include({ outcome: 'succeeded' });
          expectUpgraded(id, rancher, where);
          if (!rancher.cut) break;
        }
      });
    }
  }

  for (const moment of ['before', 'after'] satisfies Moment[]) {
    it(`rolls a failed upgrade back once, killed ${moment} any call`, async () => {
      const rollback = { ...config, onFailure: 'rollback', finishTimeoutSeconds: 10 };
      let cuts = 0;
      for (let call = 0; ; call += 1) {
        const id = plant('acme/web:1');
        emulator.faults.failProcess({ resource: `web${name}`, process: 'upgrade', mode: 'stuck' });
        const action = await planFor(`web${name}`);
        const rancher = new CutRancher(client);
        const cut = { call, moment, error: killed };
        const first = await execute(rancher, action, cut, { config: rollback }).catch((thrown: unknown) => thrown);
        if (!rancher.cut) break;
        cuts += 1;
        expect(first).to.equal(killed);
        const where = `killed ${moment} call ${call}`;
        const context = { config: rollback, resumed: true };
        expect(await execute(rancher, action, undefined, context), where).to.include({ outcome: 'rolledBack' });
        expect(rancher.actions, where).to.deep.equal(['upgrade', 'rollback']);
        const row = emulator.find('service', id);
        expect([row?.state, at(row?.fields, 'launchConfig', 'imageUuid')], where).to.deep.equal(['active', 'docker:acme/web:1']);
      }
      expect(cuts).to.be.greaterThan(5);
    });
  }

  it('leaves a service alone that someone rolled back while nobody looked', async () => {
    const id = plant('acme/web:2');
    const action = await planFor(`web${name}`);
    const rancher = new CutRancher(client);
    emulator.faults.failProcess({ resource: `web${name}`, process: 'upgrade', mode: 'stuck' });
    await execute(rancher, action, { call: 2, moment: 'after', error: killed }).catch(() => undefined);
    const project = client.project('1a5');
    const service = await project.get('service', id);
    if (!service) throw new Error('the service is gone');
    await project.action(service, 'rollback');
    expect(await execute(rancher, action, undefined, { resumed: true })).to.deep.equal({
      outcome: 'superseded',
      message: 'someone else rolled the upgrade back',
    });
    emulator.faults.clear();
    expect(await execute(rancher, await planFor(`web${name}`)), 'the next push').to.include({ outcome: 'succeeded' });
    expect(rancher.actions).to.deep.equal(['upgrade', 'upgrade', 'finishupgrade']);
  });

  it('gets there though every process dies after a few calls', async () => {
    const id = plant('acme/web:2');
    const action = await planFor(`web${name}`);
    const rancher = new CutRancher(client);
    for (let life = 0; life < 100; life += 1) {
      const cut = { call: 2 + (life % 3), moment: 'after', error: killed } as const;
      const end = await execute(rancher, action, cut, { resumed: life > 0 }).catch((thrown: unknown) => thrown);
      if (end !== killed) break;
    }
    expectUpgraded(id, rancher, 'in the end');
  });

  it('writes nothing more once its lease is lost, and says just that', async () => {
    for (const [step, done] of [
      ['upgrade', []],
      ['finish the upgrade', ['upgrade']],
    ] as const) {
      plant('acme/web:1');
      const action = await planFor(`web${name}`);
      const rancher = new CutRancher(client);
      const gone = new LeaseLostError();
      const beforeWrite = async (asked: string): Promise<void> => {
        if (asked === step) throw gone;
      };
      expect(await execute(rancher, action, undefined, { beforeWrite }).catch((thrown: unknown) => thrown)).to.equal(gone);
      expect(rancher.actions).to.deep.equal(done);
    }
  });

  it('stops before the next write when it is told to', async () => {
    plant('acme/web:1');
    const action = await planFor(`web${name}`);
    const rancher = new CutRancher(client);
    const stop = new AbortController();
    const beforeWrite = async (): Promise<void> => stop.abort(killed);
    const end = execute(rancher, action, undefined, { beforeWrite, signal: stop.signal });
    expect(await end.catch((thrown: unknown) => thrown)).to.equal(killed);
    expect(rancher.actions).to.deep.equal([]);
  });

  it('upgrades what was planned from the service as it is when its turn has come', async () => {
    const id = plant('acme/web:1');
    const action = await planFor(`web${name}`);
    const service = await client.project('1a5').get('service', id);
    if (!service) throw new Error('the service is gone');
    const rancher = new CutRancher(client);
    const log = { name: 'log', imageUuid: 'docker:acme/log:2' };
    const launchConfig = { labels: { app: `web${name}`, extra: 'yes' }, imageUuid: 'docker:acme/web:1' };
    await client.project('1a5').action(service, 'upgrade', {
      inServiceStrategy: { launchConfig, secondaryLaunchConfigs: [log], batchSize: 1, intervalMillis: 100 },
    });
    expect(await execute(rancher, action)).to.include({ outcome: 'succeeded' });
    expect(rancher.actions).to.deep.equal(['finishupgrade', 'upgrade', 'finishupgrade']);
    const fields = emulator.find('service', id)?.fields;
    expect(at(fields, 'launchConfig', 'labels', 'extra')).to.equal('yes');
    const images = [0, 1].map((index) => at(fields, 'secondaryLaunchConfigs', index, 'imageUuid'));
    expect(images).to.have.members(['docker:acme/log:2', 'docker:acme/web:2']);
  });
});
