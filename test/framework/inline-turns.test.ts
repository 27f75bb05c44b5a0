import { expect } from 'chai';
import type { Accepted, Claim, DeliveryStore } from '../../src/framework/deliveries/delivery-store.ts';
import { InlineTurns } from '../../src/framework/deliveries/inline-turns.ts';
import { leaseMs, RunningWork } from '../../src/framework/deliveries/running-work.ts';
import { newDelivery } from '../support/new-delivery.ts';
import { openTemporaryStore } from '../support/temporary-store.ts';

describe('turns of inline deliveries', () => {
  let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
  let store: DeliveryStore;
  let running: RunningWork;
  const lane = 'rancher/1a5/service/1s1';
  const projectId = '1a5';

  beforeEach(async () => {
    opened = await openTemporaryStore();
    store = opened.store;
    running = new RunningWork(store, 'me');
  });

  afterEach(async () => {
    running.stop();
    await opened.close();
  });

  const accept = (): Promise<Accepted> => store.accept(newDelivery({ kind: 'inline', lane, projectId, owner: 'me', leaseMs }));
  const end = (claim: Claim): Promise<void> => store.end(claim, undefined, { state: 'succeeded', message: '' });

  it('come one after the other, in the order in which the deliveries were stored', async () => {
    const turns = new InlineTurns(store, running);
    const accepted = [await accept(), await accept(), await accept()];
    const done: string[] = [];
    let atOnce = 0;
    await Promise.all(
      accepted.toReversed().map(({ id, claim }) =>
        turns.take({ id, projectId }, lane, claim, async (mine) => {
          atOnce += 1;
          expect(atOnce).to.equal(1);
          await end(mine);
          done.push(id);
          atOnce -= 1;
        }),
      ),
    );
    expect(done).to.deep.equal(accepted.map(({ id }) => id));
  });

  it('that do not come in time are given up: nothing is done, and the sender may come again', async () => {
    const turns = new InlineTurns(store, running, 60);
    const first = await accept();
    const { id } = await accept();
    const refused = await turns
      .take({ id, projectId }, lane, undefined, () => Promise.reject(new Error('it was done')))
      .catch((thrown: unknown) => thrown);
    expect(refused).to.include({ code: 'Unavailable', retryAfterSeconds: 5 });
    expect(await store.get(projectId, id)).to.have.property('state', 'cancelled');
    expect(await store.get(projectId, first.id)).to.have.property('state', 'running');
  });

  it('of a delivery that was cancelled do not come', async () => {
    const turns = new InlineTurns(store, running);
    await accept();
    const { id } = await accept();
    const taken = turns.take({ id, projectId }, lane, undefined, () => Promise.resolve()).catch((thrown: unknown) => thrown);
    await store.cancel(projectId, id, 'somebody');
    expect(await taken).to.include({ code: 'Unavailable' });
  });
});
