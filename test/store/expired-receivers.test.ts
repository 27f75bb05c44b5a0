import { expect } from 'chai';
import type { Receiver, ReceiverStore } from '../../src/framework/receiver.ts';
import { ExpiredReceivers } from '../../src/store/expired-receivers.ts';
import { toReceiver } from '../../src/store/rancher-receiver-store.ts';
import { until } from '../support/until.ts';

function receiver(expiresAt: number | undefined, more: object = {}): Receiver {
  return toReceiver('1a5', { id: '1go1', type: 'genericObject', key: 'k', resourceData: { expiresAt }, ...more });
}

/** A store of one receiver that tells what was removed. */
function storeOf(stored: Receiver | undefined): { store: ReceiverStore; removed: string[]; got: string[] } {
  const removed: string[] = [];
  const got: string[] = [];
  const no = (): Promise<never> => Promise.reject(new Error('not asked for'));
  const get = (_projectId: string, id: string): Promise<Receiver | undefined> => {
    got.push(id);
    return Promise.resolve(stored);
  };
  const remove = ({ id }: Receiver): Promise<void> => Promise.resolve(void removed.push(id));
  return { store: { list: no, nameTaken: no, create: no, replaceData: no, get, remove }, removed, got };
}

describe('expired receivers', () => {
  const noFailure = (_receiver: Receiver, error: Error): void => {
    throw error;
  };

  it('are deleted once, however often they are seen', async () => {
    const past = receiver(Date.now() - 1);
    const { store, removed } = storeOf(past);
    const expired = new ExpiredReceivers(store, noFailure);
    for (let time = 0; time < 5; time += 1) expired.schedule(past);
    await until(() => removed.length > 0);
    expect(removed).to.deep.equal(['1go1']);
  });

  it('are left alone if they turn out to be gone, or to have more time', async () => {
    for (const now of [undefined, receiver(undefined), receiver(Date.now() + 60_000), receiver(1, { removed: '2017' })]) {
      const { store, removed, got } = storeOf(now);
      const expired = new ExpiredReceivers(store, noFailure);
      expired.schedule(receiver(1));
      await until(() => got.length > 0);
      await Promise.resolve();
      expect(removed).to.deep.equal([]);
      expired.stop();
    }
  });

  it('are not looked at before their time, however far away it is', () => {
    const { store, got } = storeOf(undefined);
    const expired = new ExpiredReceivers(store, noFailure);
    for (const at of [undefined, Date.now() + 60_000, 8.64e15]) expired.schedule(receiver(at));
    expired.stop();
    expect(got).to.deep.equal([]);
  });

  it('that cannot be deleted are told of, and tried again when they are seen', async () => {
    const past = receiver(1);
    const { store } = storeOf(past);
    const failed: string[] = [];
    const refusing = { ...store, remove: () => Promise.reject(new Error('no')) };
    const expired = new ExpiredReceivers(refusing, (_receiver, error) => failed.push(error.message));
    expired.schedule(past);
    await until(() => failed.length === 1);
    expired.schedule(past);
    await until(() => failed.length === 2);
    expect(failed).to.deep.equal(['no', 'no']);
  });
});
