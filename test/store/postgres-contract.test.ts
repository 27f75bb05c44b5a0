import { openPostgresDeliveryStore } from '../../src/store/postgres/postgres-delivery-store.ts';
import { describeDeliveryStore } from '../contracts/delivery-store.ts';
import { freshDatabase } from '../support/postgres.ts';

describeDeliveryStore('PostgreSQL', async (test) => {
  let ahead = 0;
  const store = await openPostgresDeliveryStore({
    url: await freshDatabase(test),
    log: { warn: () => undefined },
    clock: (now) => now + ahead,
  });
  return { store, advance: (ms) => (ahead += ms) };
});
