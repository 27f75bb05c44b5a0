import { expect } from 'chai';
import * as fc from 'fast-check';
import { LruMap } from '../../src/framework/lru-map.ts';
import { createRegistry } from '../../src/framework/registry.ts';
import { Semaphore } from '../../src/framework/semaphore.ts';
import { TokenBucket } from '../../src/framework/token-bucket.ts';

describe('the semaphore', () => {
  it('lets so many run at a time, in the order of asking, and goes on after a failure', async () => {
    const semaphore = new Semaphore(2);
    const { signal } = new AbortController();
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const begun: number[] = [];
    const runs = gates.map(({ promise }, index) =>
      semaphore.run(signal, () => {
        begun.push(index);
        return promise;
      }),
    );
    expect(begun).to.deep.equal([0, 1]);
    gates[1]?.reject(new Error('no'));
    expect(await runs[1]?.catch((error: Error) => error.message)).to.equal('no');
    await Promise.resolve();
    expect(begun).to.deep.equal([0, 1, 2]);
    for (const { resolve } of gates) resolve();
    await Promise.all([runs[0], runs[2], runs[3]]);
    expect(begun).to.deep.equal([0, 1, 2, 3]);
  });

  it('begins nothing whose signal was aborted while it waited', async () => {
    const semaphore = new Semaphore(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = semaphore.run(new AbortController().signal, () => promise);
    const controller = new AbortController();
    const second = semaphore.run(controller.signal, () => Promise.reject(new Error('it began')));
    controller.abort(new Error('given up'));
    resolve();
    await first;
    expect(await second.catch((error: Error) => error.message)).to.equal('given up');
    expect(await semaphore.run(new AbortController().signal, () => Promise.resolve(1))).to.equal(1);
  });
});

describe('the token bucket', () => {
  it('never gives more than its capacity and its rate', () => {
    const steps = fc.array(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 3 })));
    fc.assert(
      fc.property(steps, (takes) => {
        const bucket = new TokenBucket(20, 1, 0);
        let now = 0;
        let taken = 0;
        for (const [wait, count] of takes) {
          now += wait;
          if (bucket.take(count, now)) taken += count;
          expect(taken).to.be.at.most(20 + now / 1_000 + 1e-6);
        }
      }),
    );
  });

  it('gives nothing in part', () => {
    const bucket = new TokenBucket(2, 1, 0);
    expect([bucket.take(1, 0), bucket.take(2, 0), bucket.take(1, 0), bucket.take(1, 999), bucket.take(1, 1_001)]).to.deep.equal([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});

describe('the LRU map', () => {
  it('forgets what was used longest ago', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.get('a');
    map.set('c', 3);
    expect(['a', 'b', 'c'].map((key) => map.get(key))).to.deep.equal([1, undefined, 3]);
    expect(map.size).to.equal(2);
    map.delete('a');
    map.clear();
    expect([...map.values()]).to.deep.equal([]);
  });
});

describe('the registry', () => {
  const registry = createRegistry([{ id: 'a' }, { id: 'b' }], ({ id }) => id);

  it('finds by id, and nothing that every object has', () => {
    expect(registry.find('b')).to.deep.equal({ id: 'b' });
    for (const id of ['__proto__', 'constructor', 'toString', '']) expect(registry.find(id)).to.equal(undefined);
    expect(() => registry.require('x', 'InvalidRequest', (id) => `no ${id}`))
      .to.throw('no x')
      .with.property('status', 400);
  });

  it('takes each id once', () => {
    expect(() => createRegistry(['a', 'a'], (id) => id)).to.throw('two implementations are registered as a');
  });
});
