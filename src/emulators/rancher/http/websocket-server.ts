import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';

let server: Promise<WebSocketServer> | undefined;

/** The package brings TLS along: some megabytes, which an emulator that nobody subscribes to does without. */
async function load(): Promise<WebSocketServer> {
  const { WebSocketServer: Server } = await import('ws');
  return new Server({ noServer: true, maxPayload: 64 * 1024 });
}

/** Makes a websocket of a connection that asked for it; one that is broken or no websocket is closed and never handed on. */
export function acceptWebSocket(
  request: IncomingMessage,
  connection: Duplex,
  head: Buffer,
  accepted: (socket: WebSocket) => void,
): void {
  const broken = (): unknown => connection.destroy();
  connection.on('error', broken);
  server ??= load();
  void server.then((loaded) => loaded.handleUpgrade(request, connection, head, accepted), broken);
}
