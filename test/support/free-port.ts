import { once } from 'node:events';
import net from 'node:net';

const given = new Set<number>();

/**
 * A port that nobody listens on, for programs that cannot be told to take any. It is below those that systems give to
 * connections and to servers that take any port, one of which would have it by the time that it is listened on.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
