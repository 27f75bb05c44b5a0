import net from 'node:net';

/** What the load generator is asked to do, by a message from its parent. */
export interface LoadOrder {
  readonly port: number;
  /** Path with query. */
  readonly path: string;
  /** `{number}` in it becomes a number of ten digits that is another one in each request. */
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
  /** Ends earlier after so many requests. */
  readonly maxRequests: number;
}

/** What it answers. Times are milliseconds from the last byte written to the whole answer. */
export interface LoadResult {
  readonly requests: number;
  /** Answers other than 200, and connections that broke. */
  readonly failures: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

const numberDigits = 10;
/** So that no push is sent twice, in whatever order. */
let sent = 1_400_000_000;

/** Sends a POST over keep-alive connections, one request at a time on each, as fast as it is answered. */
export async function generateLoad({ port, path, body, connections, seconds, maxRequests }: LoadOrder): Promise<LoadResult> {
  const payload = body.replace('{number}', '0'.repeat(numberDigits));
  const request = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
  );
  const numberAt = request.length - Buffer.byteLength(payload) + body.indexOf('{number}');
  const times = new Float64Array(maxRequests);
  let requests = 0;
  let failures = 0;
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;

  const drive = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let answer = '';
    const own = Buffer.from(request);
    const send = (): void => {
      sentAt = performance.now();
      if (body.includes('{number}')) own.write(String((sent += 1)), numberAt, 'latin1');
      socket.write(own);
    };
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      // Both servers answer without a body.
      if (!answer.endsWith('\r\n\r\n')) return;
      const now = performance.now();
      if (!answer.startsWith('HTTP/1.1 200 ')) failures += 1;
      answer = '';
      if (requests < maxRequests) times[requests++] = now - sentAt;
      if (now < endAt && requests < maxRequests) send();
      else socket.end();
    });
    socket.on('error', () => (failures += 1));
    socket.on('close', () => resolve());
    return promise;
  };
  await Promise.all(Array.from({ length: connections }, drive));

  const sorted = times.subarray(0, requests).toSorted();
  const quantile = (part: number): number => sorted[Math.min(requests - 1, Math.floor(requests * part))] ?? 0;
  return { requests, failures, seconds: (performance.now() - startedAt) / 1000, p50: quantile(0.5), p99: quantile(0.99) };
}

process.on('message', (order: LoadOrder) => {
  void generateLoad(order).then((result) => process.send?.(result));
});
