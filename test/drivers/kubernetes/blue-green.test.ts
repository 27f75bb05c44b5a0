import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type KubernetesEmulator, startKubernetesEmulator } from '../../../src/emulators/kubernetes/kubernetes-emulator.ts';
import { type DeliveryRecord, isEnded } from '../../../src/framework/deliveries/delivery-record.ts';
import type { DeliveryStore } from '../../../src/framework/deliveries/delivery-store.ts';
import type { Receiver } from '../../../src/framework/receiver.ts';
import { BlueGreenSetUp } from '../../contracts/blue-green-set-up.ts';
import { driverUnderTest } from '../../contracts/deployment-update-driver.ts';
import { type TestCluster, testCluster } from '../../contracts/deployment-update-workload.ts';
import { deliveryRequest } from '../../support/run-driver.ts';
import { activeReceiver } from '../../support/active-receiver.ts';
import { startEngine } from '../../support/start-engine.ts';
import { openTemporaryStore } from '../../support/temporary-store.ts';
import { thrownBy } from '../../support/thrown-by.ts';

type Engine = Awaited<ReturnType<typeof startEngine>>;

describe('blue-green in the queue', function () {
  this.timeout(180_000);
  let emulator: KubernetesEmulator;
  let folder: string;
  let cluster: TestCluster;
  before(async () => {
    emulator = await startKubernetesEmulator({ speed: 10 });
    folder = await mkdtemp(path.join(os.tmpdir(), 'kubeconfig-'));
    await writeFile(path.join(folder, 'config'), emulator.kubeconfig());
    cluster = await testCluster(path.join(folder, 'config'));
  });
  after(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true });
  });

  let opened: { store: DeliveryStore; close(): Promise<void> };
  const engines: Engine[] = [];
  beforeEach(async () => {
    opened = await openTemporaryStore();
  });
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.stop();
    await opened.close();
  });

  /** A receiver that waits for a person, and what is done with it. */
  class Scene {
    readonly world: BlueGreenSetUp;
    readonly driver = driverUnderTest({ kubeconfig: cluster.kubeconfig, graceMs: 300 });
    readonly receiver: Receiver;
    removed = false;
    engine!: Engine;

    constructor(world: BlueGreenSetUp, config: object) {
      this.world = world;
      const blueGreen = { namespace: world.namespace, name: 'web', strategy: 'blueGreen', service: 'web' };
      this.receiver = activeReceiver('deploymentUpdate', {
        key: 'k'.repeat(40),
        name: 'web',
        config: { ...blueGreen, promote: 'manual', keepOldSeconds: 600, ...config },
      });
    }

    /** @param shared true where it is one of several replicas. */
    async start(shared = false): Promise<Engine> {
      const receiver = (): Receiver => ({ ...this.receiver, removed: this.removed });
      this.engine = await startEngine({ drivers: [this.driver], receiver, store: opened.store, shared });
      engines.push(this.engine);
      return this.engine;
    }

    async stop(engine = this.engine): Promise<void> {
      engines.splice(engines.indexOf(engine), 1);
      await engine.stop();
    }

    async push(tag: string): Promise<string> {
      const { receiver, driver } = this;
      return (await this.engine.intake.take({ receiver, driver, request: deliveryRequest({ tag }) })).id;
    }

    async read(id: string): Promise<DeliveryRecord> {
      const record = await this.engine.control.get('1a5', id);
      if (record === undefined) throw new Error(`there is no delivery ${id}`);
      return record;
    }

    /** Waits for a condition; the limit only keeps a broken test from hanging. */
    async until(id: string, condition: (delivery: DeliveryRecord) => boolean): Promise<DeliveryRecord> {
      const end = performance.now() + 60_000;
      for (;;) {
        const delivery = await this.read(id);
        if (condition(delivery)) return delivery;
        if (performance.now() > end) throw new Error(`gave up: ${delivery.state} ${delivery.message}`);
        await sleep(20);
      }
    }

    awaiting(id: string, ...awaits: readonly string[]): Promise<DeliveryRecord> {
      return this.until(id, (delivery) => delivery.state === 'waiting' && String(delivery.awaits) === String(awaits));
    }

    ended(id: string): Promise<DeliveryRecord> {
      return this.until(id, ({ state }) => isEnded(state));
    }
  }

  const scene = async (config: object = {}): Promise<Scene> => {
    const made = new Scene(await BlueGreenSetUp.create(cluster, { replicas: 1 }), config);
    await made.start();
    return made;
  };
  const untouched = { web: 'acme/web:1 live' };

  it('waits for a person without a lease, says how to promote, and records who did', async () => {
    const here = await scene({ keepOldSeconds: 1 });
    const id = await here.push('2');
    const waiting = await here.awaiting(id, 'promote', 'abort');
    expect(waiting.message).to.contain(`POST …/deliveries/${id}?action=promote`);
    expect((await thrownBy(here.engine.control.decide('1a7', id, 'promote', 'BKEY'))).message).to.equal(
      `There is no delivery ${id}`,
    );
    await here.engine.control.decide('1a5', id, 'promote', 'AKEY');
    expect(await thrownBy(here.engine.control.decide('1a5', id, 'promote', 'BKEY'))).to.include({ code: 'Conflict' });
    const ended = await here.ended(id);
    expect(ended).to.include({ state: 'succeeded' });
    expect(await here.world.standing()).to.deep.equal({ 'web-green': 'acme/web:2 live' });
    const events = await here.engine.control.events({ projectId: '1a5', deliveryId: id, after: 0, limit: 1_000 });
    expect(events.map(({ message }) => message)).to.include('promote by AKEY');
    expect(ended.actions[0]?.attempts.length).to.be.lessThan(6);
  });

  it('goes on after a restart in each of its waits', async () => {
    const here = await scene();
    const id = await here.push('2');
    await here.awaiting(id, 'promote', 'abort');
    await here.stop();
    await here.start();
    await here.engine.control.decide('1a5', id, 'promote', 'AKEY');
    await here.awaiting(id, 'abort');
    await here.stop();
    await here.start();
    expect(await here.world.standing()).to.deep.equal({ web: 'acme/web:1', 'web-green': 'acme/web:2 live' });
    await here.engine.control.decide('1a5', id, 'abort', 'AKEY');
    const ended = await here.ended(id);
    expect(ended).to.include({ state: 'rolledBack' });
    expect(ended.message).to.match(/^aborted by AKEY; /);
    expect(await here.world.standing()).to.deep.equal(untouched);
    const again = await here.ended(await here.push('2'));
    expect(again.message).to.match(/^on hold by delivery \w+ for acme\/web:2: aborted by AKEY$/);
  });

  it('hears a decision that another replica took', async () => {
    const here = await scene();
    await here.stop();
    const [one, other] = [await here.start(true), await here.start(true)];
    const id = await here.push('2');
    await here.awaiting(id, 'promote', 'abort');
    await here.stop(other);
    here.engine = one;
    expect(await opened.store.decide('1a5', id, 'promote', 'the other replica')).to.equal(1);
    await here.awaiting(id, 'abort');
    expect(await here.world.behindService()).to.deep.equal(['web-green']);
  });

  it('gives way to a newer push before its promotion', async () => {
    const here = await scene();
    const older = await here.push('2');
    await here.awaiting(older, 'promote', 'abort');
    const newer = await here.push('3');
    await here.awaiting(newer, 'promote', 'abort');
    expect(await here.read(older)).to.include({ state: 'superseded', supersededBy: newer });
    expect(await here.world.standing()).to.deep.equal({ ...untouched, 'web-green': 'acme/web:3' });
  });

  it('has succeeded when a newer push comes after its switch', async () => {
    const here = await scene({ promote: 'auto' });
    const older = await here.push('2');
    await here.awaiting(older, 'abort');
    const newer = await here.push('3');
    await here.awaiting(newer, 'abort');
    expect(await here.read(older)).to.include({ state: 'succeeded' });
    expect(await here.world.standing()).to.deep.equal({ 'web-green': 'acme/web:2', web: 'acme/web:3 live' });
  });

  it('gives way to a push of what runs', async () => {
    const here = await scene();
    const older = await here.push('2');
    await here.awaiting(older, 'promote', 'abort');
    const newer = await here.push('1');
    expect(await here.ended(newer)).to.include({ state: 'ignored' });
    expect(await here.ended(older)).to.include({ state: 'superseded' });
    expect(await here.world.standing()).to.deep.equal(untouched);
  });

  it('leaves nothing behind when it is cancelled while it waits', async () => {
    const here = await scene();
    const id = await here.push('2');
    await here.awaiting(id, 'promote', 'abort');
    await here.engine.control.cancel('1a5', id, 'AKEY');
    const ended = await here.ended(id);
    expect(ended).to.include({ state: 'cancelled' });
    expect(ended.message).to.match(/^aborted by AKEY; .*web-green is removed, Service web was not switched$/);
    expect(await here.world.standing()).to.deep.equal(untouched);
  });

  it('leaves nothing behind when it is cancelled while it rolls out', async () => {
    const here = await scene();
    const id = await here.push('2-unready');
    await here.until(id, ({ actions: [action] }) => action?.message.startsWith('1 of 1 updated, 0 available') === true);
    await here.engine.control.cancel('1a5', id, 'AKEY');
    expect(await here.ended(id)).to.include({ state: 'cancelled' });
    expect(await here.world.standing()).to.deep.equal(untouched);
  });

  it('leaves nothing behind when its image is put on hold, or its receiver is removed', async () => {
    const here = await scene();
    const held = await here.push('2');
    await here.awaiting(held, 'promote', 'abort');
    const [target] = await here.engine.control.listTargets('1a5');
    await here.engine.control.hold('1a5', target?.id ?? '', { image: 'acme/web:2', reason: 'breaks', by: 'AKEY' });
    const ended = await here.ended(held);
    expect([ended.state, ended.message]).to.match(
      /^cancelled,aborted by a hold: on hold by AKEY for acme\/web:2: breaks; .*is removed/,
    );
    const orphan = await here.push('3');
    await here.awaiting(orphan, 'promote', 'abort');
    here.removed = true;
    here.engine.receiverChanged(here.receiver);
    expect(await here.ended(orphan)).to.include({ state: 'cancelled' });
    expect(await here.world.standing()).to.deep.equal(untouched);
  });
});
