import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';

export interface ReadEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A reader of server-sent events. */
export class EventReader {
  readonly response: IncomingMessage;
  readonly events: ReadEvent[] = [];
  /** The whole text so far. */
  text = '';
  ended = false;

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.on('error', () => undefined);
    response.on('close', () => {
      this.ended = true;
    });
  }

  /** Opens a stream, whatever its status is. Without `read` it takes nothing of what is sent. */
  static async open(url: string, headers: http.OutgoingHttpHeaders = {}, read = true): Promise<EventReader> {
    const request = http.get(url, { agent: false, headers: { Accept: 'text/event-stream', ...headers } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const reader = new EventReader(response);
    if (read) {
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => reader.#take(chunk));
    }
    return reader;
  }

  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }

  close(): void {
    this.response.destroy();
  }

  #take(chunk: string): void {
    this.text += chunk;
    const blocks = this.text.split('\n\n').slice(0, -1);
    const events = blocks.flatMap((block) => {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2))) as Record<
        string,
        string
      >;
      const { id = '', event = '', data } = fields;
      return data === undefined ? [] : [{ id, event, data: JSON.parse(data) as Record<string, unknown> }];
    });
    this.events.splice(0, Infinity, ...events);
  }
}
