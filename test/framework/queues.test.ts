import { expect } from 'chai';
import * as fc from 'fast-check';
import { LruMap } from '../../src/framework/lru-map.ts';
import { createRegistry } from '../../src/framework/registry.ts';
import { TokenBucket } from '../../src/framework/token-bucket.ts';

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
