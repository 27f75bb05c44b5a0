import http from 'node:http';

export interface Sent {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Record<string, unknown>;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  /** An object is sent as JSON with its content type. */
  readonly body?: string | Buffer | object;
  /** Says no length. */
  readonly chunked?: boolean;
}

/** One request with its path as it is: fetch would clean it, and forbids some headers. */
export function sendRequest(base: string, path: string, options: SendOptions = {}): Promise<Sent> {
  const { method = 'GET', headers = {}, body, chunked } = options;
  const { hostname, port } = new URL(base);
  const isJson = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
  const payload = isJson ? JSON.stringify(body) : body;
  const length = payload === undefined || chunked ? {} : { 'Content-Length': Buffer.byteLength(payload) };
  const type = isJson ? { 'Content-Type': 'application/json' } : {};
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: hostname,
      port,
      path,
      method,
      agent: false,
      headers: { ...type, ...length, ...headers },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const status = response.statusCode ?? 0;
        resolve({
          status,
          headers: response.headers,
          text,
          get json() {
            return JSON.parse(text) as Record<string, unknown>;
          },
        });
      });
    });
    request.end(payload);
  });
}
