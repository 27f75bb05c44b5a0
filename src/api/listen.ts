import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

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

/** Lets requests in flight end, at most `graceMs`, and closes what is left. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearTimeout(timer);
}
