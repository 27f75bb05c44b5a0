import { expect } from 'chai';
import type { Server } from 'node:http';
import { closeServer, listen } from '../../src/api/listen.ts';
import { createOperationsServer } from '../../src/api/operations-server.ts';
import { sendRequest } from '../support/send-request.ts';

describe('the operations server', () => {
  let ready = true;
  let server: Server;
  let url: string;

  before(async () => {
    server = createOperationsServer(() => ready);
    url = `http://127.0.0.1:${await listen(server, '127.0.0.1', 0, '')}`;
  });
  after(() => closeServer(server, 0));

  it('says that the process lives, and whether it takes deliveries', async () => {
    const statuses = async (): Promise<number[]> =>
      Promise.all(['/healthz', '/readyz?verbose', '/other'].map(async (path) => (await sendRequest(url, path)).status));
    expect(await statuses()).to.deep.equal([200, 200, 404]);
    ready = false;
    expect(await statuses()).to.deep.equal([200, 503, 404]);
  });
});
