import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextRound, setTimeout as wait } from 'node:timers/promises';

/** The address cannot be listened on; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Listens and resolves with the port.
 * @param changeWith the option that chooses another address, for the message.
 * @throws ListenError
 */
export async function listen(server: Server, host: string, port: number, changeWith: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const fault = taken ? 'is taken by another program' : 'cannot be listened on';
    throw new ListenError(`${host}:${port} ${fault}; choose another with ${changeWith}`, { cause });
  } finally {
    server.off('error', reject);
  }
  return (server.address() as AddressInfo).port;
}

/** How often it is looked whether the last connection is gone, and for how long none may have come, milliseconds. */
const lookEveryMs = 20;
const quietMs = 100;
/** Node takes one connection in each round of its event loop, however many wait. */
const quietRounds = 4;

/**
 * Resolves when nobody is connected any more, or after `ms`. New connections are still taken: a sender whose idle connection
 * is closed at the moment when it sends would not know what became of its request. The server is to be closed at once then:
 * a connection that waits to be taken would be reset.
 */
export async function drainServer(server: Server, ms: number): Promise<void> {
  const endAt = performance.now() + ms;
  let connectedAt = Number.NEGATIVE_INFINITY;
  let rounds = 0;
  const connected = (): void => {
    connectedAt = performance.now();
    rounds = 0;
  };
  server.on('connection', connected);
  // Who sends steadily may be between two connections.
  const isQuiet = async (): Promise<boolean> => performance.now() - connectedAt >= quietMs && (await connectionsOf(server)) === 0;
  while (performance.now() < endAt && !(await isQuiet())) await wait(lookEveryMs);
  for (const giveUpAt = performance.now() + ms; rounds < quietRounds && performance.now() < giveUpAt; rounds += 1)
    await nextRound();
  server.off('connection', connected);
}

async function connectionsOf(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  server.getConnections((error, count) => resolve(error ? 0 : count));
  return promise;
}

/** Lets requests in flight end, at most `graceMs`, and closes what is left. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearTimeout(timer);
}
