import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { wireDate } from '../resource/wire-date.ts';
import { unauthorized } from '../http/api-error.ts';
import { acceptWebSocket } from '../http/websocket-server.ts';
import type { ProxyTokens } from './proxy-tokens.ts';

/** The websockets behind a container's `logs` and `execute`: one line, marked `01` as the host agent marks output, then the end. */
export class LogStreams {
  readonly #tokens: ProxyTokens;

  constructor(tokens: ProxyTokens) {
    this.#tokens = tokens;
  }

  /** @throws ApiError 401 for a token that is not or no longer known. */
  accept(request: IncomingMessage, connection: Duplex, head: Buffer, token: string): void {
    const target = this.#tokens.redeem(token);
    if (!target) throw unauthorized();
    acceptWebSocket(request, connection, head, (socket) => {
      socket.on('error', () => socket.terminate());
      socket.send(`01 ${wireDate(Date.now())} this container is emulated and writes nothing\n`);
      socket.close(1000);
    });
  }
}
