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
  #parsed = 0;

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
    for (let end = this.#end(); end >= 0; end = this.#end()) {
      const lines = this.text.slice(this.#parsed, end).split('\n');
      this.#parsed = end + 2;
      const fields = new Map(lines.map((line): [string, string] => splitLine(line)));
      const data = fields.get('data');
      if (data === undefined) continue;
      const { id = '', event = '' } = Object.fromEntries(fields);
      this.events.push({ id, event, data: JSON.parse(data) as Record<string, unknown> });
    }
  }

  #end(): number {
    return this.text.indexOf('\n\n', this.#parsed);
  }
}

function splitLine(line: string): [string, string] {
  const at = line.indexOf(': ');
  return [line.slice(0, at), line.slice(at + 2)];
}
