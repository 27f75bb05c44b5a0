import { expect } from 'chai';
import { EventExpiry } from '../../../../src/emulators/kubernetes/events/event-expiry.ts';
import { ObjectStore } from '../../../../src/emulators/kubernetes/objects/object-store.ts';
import { typeOfKind } from '../../../../src/emulators/kubernetes/schema/resource-types.ts';

const events = typeOfKind('Event');

function add(store: ObjectStore, name: string, lastTimestamp?: string): void {
  const metadata = { name, namespace: 'default', uid: '', resourceVersion: '', creationTimestamp: '' };
  store.create(events, { apiVersion: 'v1', kind: 'Event', metadata, ...(lastTimestamp !== undefined && { lastTimestamp }) });
}

function touch(store: ObjectStore, name: string): void {
  const found = store.require(events, 'default', name);
  store.replace(events, { ...found, count: Number(found['count'] ?? 1) + 1 });
}

function names(store: ObjectStore): string[] {
  return store.list(events).map(({ metadata }) => metadata.name);
}

async function untilGone(store: ObjectStore, name: string): Promise<void> {
  await new Promise<void>((resolve) => {
    store.onEvent(({ type, object }) => {
      if (type === 'DELETED' && object.metadata.name === name) resolve();
    });
  });
}

describe('EventExpiry', () => {
  it('removes an Event when its time is over, and keeps one that was written since', async () => {
    const store = new ObjectStore();
    const expiry = new EventExpiry(store, { keptMs: 1_000, mostKept: 10 });
    add(store, 'old');
    add(store, 'kept');
    const second = untilGone(store, 'kept');
    const gone = untilGone(store, 'old');
    const touching = setInterval(() => touch(store, 'kept'), 50);
    await gone;
    expect(names(store)).to.deep.equal(['kept']);
    clearInterval(touching);
    await second;
    expect(names(store)).to.deep.equal([]);
    expiry.stop();
  });

  it('keeps no more than so many, the ones last written', () => {
    const store = new ObjectStore();
    const expiry = new EventExpiry(store, { keptMs: 60_000, mostKept: 2 });
    for (const name of ['a', 'b']) add(store, name);
    touch(store, 'a');
    add(store, 'c');
    expect(names(store)).to.deep.equal(['a', 'c']);
    expiry.stop();
  });

  it('takes up what a former process left, by when it was last written', async () => {
    const store = new ObjectStore();
    add(store, 'over', new Date(Date.now() - 120_000).toISOString());
    add(store, 'fresh', new Date().toISOString());
    const expiry = new EventExpiry(store, { keptMs: 60_000, mostKept: 10 });
    const gone = untilGone(store, 'over');
    expiry.resume();
    await gone;
    expect(names(store)).to.deep.equal(['fresh']);
    expiry.stop();
  });
});
