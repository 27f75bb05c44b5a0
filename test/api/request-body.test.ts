import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { readBody } from '../../src/api/request-body.ts';

/** A request whose body is there already. */
function requestWith(body: Buffer): IncomingMessage {
  return Object.assign(Readable.from([body]), { headers: {}, complete: true }) as unknown as IncomingMessage;
}

describe('readBody', () => {
  const limit = 1024 * 1024;

  it('gives out large bodies one in a turn of the event loop, however many there are', async () => {
    let turn = 0;
    const count = (): void => {
      turn += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    const turns: number[] = [];
    const bodies = Array.from({ length: 5 }, () =>
      readBody(requestWith(Buffer.alloc(limit)), limit).then(() => turns.push(turn)),
    );
    await Promise.all(bodies);
    clearImmediate(immediate);
    expect(new Set(turns)).to.have.lengthOf(5);
  });

  it('lets no small body wait for a large one', async () => {
    const order: string[] = [];
    const large = Array.from({ length: 5 }, () =>
      readBody(requestWith(Buffer.alloc(limit)), limit).then(() => order.push('large')),
    );
    const small = readBody(requestWith(Buffer.from('{}')), limit).then((body) => order.push(body.toString()));
    await Promise.all([...large, small]);
    expect(order.indexOf('{}')).to.be.lessThan(2);
  });
});
