import { expect } from 'chai';
import { LargeBodies } from '../../src/api/large-bodies.ts';

describe('large bodies', () => {
  const entered: string[] = [];
  let bodies: LargeBodies;
  beforeEach(() => {
    bodies = new LargeBodies({ most: 3, mostOfOne: 2 });
    entered.splice(0);
  });

  /** @returns what ends it. */
  const send = (name: string, receiver = name): AbortController => {
    const ended = new AbortController();
    void bodies.enter(receiver, ended.signal).then(() => entered.push(name));
    return ended;
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('are dealt with so many at a time, in their order', async () => {
    const [first] = [send('a'), send('b'), send('c'), send('d'), send('e')];
    await settle();
    expect(entered).to.deep.equal(['a', 'b', 'c']);
    first?.abort();
    await settle();
    expect(entered).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('of one receiver leave a place to those of others', async () => {
    const ofOne = [send('1', 'a'), send('2', 'a'), send('3', 'a')];
    send('4', 'b');
    await settle();
    expect(entered).to.deep.equal(['1', '2', '4']);
    ofOne[1]?.abort();
    await settle();
    expect(entered).to.deep.equal(['1', '2', '4', '3']);
  });

  it('whose senders are gone take no place', async () => {
    const all = [send('1'), send('2'), send('3'), send('4'), send('5')];
    all[3]?.abort();
    await settle();
    expect(entered, 'it goes on, to find that its sender is gone').to.deep.equal(['1', '2', '3', '4']);
    all[0]?.abort();
    await settle();
    expect(entered).to.deep.equal(['1', '2', '3', '4', '5']);
    for (const each of all) each.abort();
    send('6');
    send('7');
    send('8');
    send('9');
    await settle();
    expect(entered.slice(5), 'every place is free again, and no more').to.deep.equal(['6', '7', '8']);
  });

  it('of a sender that is gone before its turn are not waited for', async () => {
    const gone = AbortSignal.abort();
    for (let time = 0; time < 10; time += 1) await bodies.enter('a', gone);
    send('1', 'a');
    send('2', 'a');
    await settle();
    expect(entered).to.deep.equal(['1', '2']);
  });
});
