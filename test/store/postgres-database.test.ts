import { once } from 'node:events';
import net from 'node:net';
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import { PostgresDatabase } from '../../src/store/postgres/postgres-database.ts';
import { thrownBy } from '../support/thrown-by.ts';

/** A message of PostgreSQL's protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const authenticated = message('R', Buffer.alloc(4));
const ready = message('Z', Buffer.from('I'));
const terminated = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0'));

describe('a connection to PostgreSQL', () => {
  it('may be ended by the server as soon as it is there, in the same packet', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      // Whoever connects is let in and thrown out at once.
      socket.once('data', () => socket.end(Buffer.concat([authenticated, ready, terminated])));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const database = await PostgresDatabase.open(`postgres://user:secret@127.0.0.1:${port}/deliveries`);
    try {
      const thrown = await thrownBy(database.transaction({ kind: 'read' }, (tx) => tx.all('SELECT 1')));
      expect(thrown).to.be.instanceOf(StoreUnavailableError);
    } finally {
      await database.close();
      server.close();
    }
  });
});
