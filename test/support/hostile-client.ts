import fs from 'node:fs';
import net from 'node:net';

/** A connection that speaks HTTP as badly as a test wants. */
export interface RawConnection {
  readonly socket: net.Socket;
  /** What came back so far. */
  answer(): string;
  /** Resolves when the connection is closed, with how long it was open, milliseconds. */
  readonly closed: Promise<number>;
}

export async function connectRaw(base: string, text = ''): Promise<RawConnection> {
  const { hostname, port } = new URL(base);
  const socket = net.connect(Number(port), hostname);
  const start = performance.now();
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now() - start)));
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed]);
  if (text !== '') socket.write(text);
  return { socket, answer: () => answer, closed };
}

/** Sends `size` bytes of body, as fast as they are taken, until the connection ends. Returns the first line of the answer. */
export async function sendHuge(base: string, head: string, size: number, chunked: boolean): Promise<string> {
  const connection = await connectRaw(base, head);
  const piece = Buffer.alloc(64 * 1024, '[');
  const part = chunked ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]) : piece;
  const { closed } = connection;
  for (let sent = 0; !connection.socket.closed && sent < size; sent += piece.length) {
    if (!connection.socket.write(part))
      await Promise.race([new Promise((resolve) => connection.socket.once('drain', resolve)), closed]);
  }
  connection.socket.end();
  await closed;
  return connection.answer().split('\r\n')[0] ?? '';
}

/** The most memory that a process ever had, bytes; undefined where the system does not tell. */
export function peakMemory(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
