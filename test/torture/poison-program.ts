/**
 * Takes 40 deliveries and one whose handling ends the process, and prints what became of them; started again after each end.
 * Usage: poison-program.ts FILE
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { DeliverySummary } from '../../src/framework/deliveries/delivery-record.ts';
import { isEnded } from '../../src/framework/deliveries/delivery-record.ts';
import type { Driver } from '../../src/framework/driver.ts';
import { createLog } from '../../src/framework/log.ts';
import { openSqliteDeliveryStore } from '../../src/store/sqlite/sqlite-delivery-store.ts';
import { activeReceiver } from '../support/active-receiver.ts';
import { startEngine } from '../support/start-engine.ts';
import { testDriver } from '../support/test-drivers.ts';

const deliveries = 41;
const file = process.argv[2] ?? '';
const log = createLog(() => undefined);

const driver: Driver = {
  ...testDriver('queued', 'queued'),
  accept: (request) => {
    const repository = request.body.toString();
    return { kind: 'accepted', events: [{ registry: 'docker.io', repository, tag: '1', image: `${repository}:1` }] };
  },
  plan: ({ events }) => {
    const repository = events[0]?.repository ?? '';
    return Promise.resolve({ actions: [{ target: repository, description: repository, input: { repository } }] });
  },
  async execute({ input }) {
    // No error that anybody could catch: the process is gone.
    if (input['repository'] === 'poison') process.abort();
    await delay(20);
    return { outcome: 'succeeded', message: '' };
  },
};

const receiver = activeReceiver('queued');

const store = await openSqliteDeliveryStore({ file, log });
const list = (): Promise<DeliverySummary[]> => store.list({ projectId: '1a5', limit: 1_000, order: 'asc' });
const engine = await startEngine({ drivers: [driver], receiver, store });
const taken = await list();
for (let index = taken.length; index < deliveries; index += 1) {
  const body = Buffer.from(index === 20 ? 'poison' : `image${index}`);
  await engine.intake.take({ receiver, driver, request: { headers: {}, query: '', body } });
}
let found = await list();
while (!found.every(({ state }) => isEnded(state))) {
  await delay(20);
  found = await list();
}
process.stdout.write(`${JSON.stringify(found.map(({ events, state }) => [events[0]?.repository, state]))}\n`);
await engine.stop();
await store.close();
