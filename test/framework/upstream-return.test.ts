import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { isEnded } from '../../src/framework/deliveries/delivery-record.ts';
import { type DeliveryStore, StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import type { Driver } from '../../src/framework/driver.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { activeReceiver } from '../support/active-receiver.ts';
import { openDirectDeliveryStore } from '../support/direct-delivery-store.ts';
import { startEngine } from '../support/start-engine.ts';
import { testDriver } from '../support/test-drivers.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const receiver = activeReceiver('queued');

describe('work that waits for an upstream that was away', () => {
  it('goes on when that is back, though the store failed right then', async () => {
    const time = new VirtualTime();
    const { store: real } = openDirectDeliveryStore();
    try {
      await time.run(waitForUpstream(real), 600_000);
    } finally {
      time.end();
      await real.close();
    }
  });
});

async function waitForUpstream(real: DeliveryStore): Promise<void> {
  let isAway = true;
  let failures = 0;
  const driver: Driver = {
    ...testDriver('queued', 'queued'),
    plan: ({ id }) => Promise.resolve({ actions: [{ target: id, description: 'deploys', input: {} }] }),
    execute: () =>
      isAway
        ? Promise.reject(new ServiceError('Unavailable', 'the cluster is away'))
        : Promise.resolve({ outcome: 'succeeded', message: '' }),
  };
  const store: DeliveryStore = {
    ...real,
    wake(what) {
      if (isAway || failures > 0) return real.wake(what);
      failures += 1;
      return Promise.reject(new StoreUnavailableError('the disk failed'));
    },
  };
  const engine = await startEngine({ drivers: [driver], receiver, store });
  const request = { headers: {}, query: '', body: Buffer.alloc(0) };
  for (let number = 0; number < 12; number += 1) await engine.intake.take({ receiver, driver, request });
  // By now the pauses between the tries are minutes long.
  await delay(180_000);
  isAway = false;
  await delay(20_000);
  const states = (await real.list({ projectId: '1a5', limit: 100, order: 'asc' })).map(({ state }) => state);
  expect(states.filter((state) => !isEnded(state))).to.deep.equal([]);
  expect(failures).to.equal(1);
  await engine.stop();
}
