import http from 'node:http';

export interface PushLoadOptions {
  /** Where a push goes, and its body; the first is 1. */
  readonly request: (number: number) => { readonly url: string; readonly body: object };
  readonly connections: number;
  /** How many a second, as far as there are connections to send them over; absent: each sends one after the other. */
  readonly perSecond?: number;
}

/** What came of many pushes. */
export interface PushLoadResult {
  /** Times by the status of the answer, or by the code of the socket's error. */
  readonly answers: Readonly<Record<string, number>>;
  /** Ids of deliveries that were answered with 200. */
  readonly acknowledged: readonly string[];
  /** Milliseconds from the first byte sent to the whole answer, those answered. */
  readonly p50: number;
  readonly p99: number;
}

/** Pushes over connections that are kept. */
export class PushLoad {
  readonly answers: Record<string, number> = {};
  readonly acknowledged: string[] = [];
  readonly #options: PushLoadOptions;
  readonly #agent: http.Agent;
  readonly #times: number[] = [];
  #number = 0;

  constructor(options: PushLoadOptions) {
    this.#options = options;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: options.connections });
  }

  /** Sends until so many were sent, or until a signal. */
  async run(count: number, signal?: AbortSignal): Promise<PushLoadResult> {
    const { connections, perSecond } = this.#options;
    const last = this.#number + count;
    const more = (): boolean => this.#number < last && signal?.aborted !== true;
    if (perSecond === undefined) {
      const sender = async (): Promise<void> => {
        while (more()) await this.#send();
      };
      await Promise.all(Array.from({ length: connections }, sender));
    } else {
      await this.#sendSteadily(perSecond, connections, more);
    }
    this.#agent.destroy();
    const times = this.#times.toSorted((a, b) => a - b);
    const at = (part: number): number => Math.round((times[Math.floor(times.length * part)] ?? 0) * 10) / 10;
    return { answers: this.answers, acknowledged: this.acknowledged, p50: at(0.5), p99: at(0.99) };
  }

  async #sendSteadily(perSecond: number, connections: number, more: () => boolean): Promise<void> {
    const open = new Set<Promise<void>>();
    let sent = 0;
    const startedAt = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      const due = ((performance.now() - startedAt) / 1_000) * perSecond;
      for (; sent < due && more(); sent += 1) {
        // Those that waited for a connection would still be sent when the load is over.
        if (open.size >= connections) continue;
        const one = this.#send().finally(() => open.delete(one));
        open.add(one);
      }
      if (!more()) resolve();
    }, 5);
    await promise;
    clearInterval(timer);
    await Promise.all(open);
  }

  async #send(): Promise<void> {
    const { url, body } = this.#options.request(++this.#number);
    const text = JSON.stringify(body);
    const { promise, resolve } = Promise.withResolvers<string>();
    const startedAt = performance.now();
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    const request = http.request(url, { method: 'POST', agent: this.#agent, headers }, (response) => {
      const id = response.headers['x-webhook-delivery'];
      response.resume().on('end', () => {
        this.#times.push(performance.now() - startedAt);
        if (response.statusCode === 200 && typeof id === 'string') this.acknowledged.push(id);
        resolve(String(response.statusCode));
      });
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end(text);
    const answer = await promise;
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
  }
}
