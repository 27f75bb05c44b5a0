import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodingFault } from '../framework/encoding-fault.ts';
import { ServiceError } from '../framework/errors.ts';

/**
 * Reads a whole body of at most `limit` bytes. A length that is said to be larger is refused before anything is read, and
 * nothing is ever decompressed.
 * @throws ServiceError `TooLarge`, `UnsupportedEncoding`, or `InvalidRequest` where the sender gave up.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const fault = encodingFault(request.headers['content-encoding']);
  if (fault !== undefined) {
    reject(fault);
    return promise;
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    reject(tooLarge(limit));
    return promise;
  }
  // Events and no iterator, which costs more than all the rest; and the connection has to live on, to carry a refusal.
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (error: Error): void => {
    request.off('data', take).pause();
    reject(error);
  };
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > limit) stop(tooLarge(limit));
    else chunks.push(chunk);
  };
  const early = (cause?: Error): void => {
    if (!request.complete) stop(new ServiceError('InvalidRequest', 'The body ended early', cause && { cause }));
  };
  request.on('data', take);
  request.once('end', () => {
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    resolve(size > largeBytes ? inTurn(body) : body);
  });
  request.once('error', early);
  request.once('close', () => early());
  return promise;
}

/** Larger bodies than registries send, which take long to parse, bytes. */
export const largeBytes = 64 * 1024;

let lastTurn: Promise<unknown> = Promise.resolve();

/** Many large bodies may have arrived at once: others are answered between any two. */
function inTurn(body: Buffer): Promise<Buffer> {
  const turn = lastTurn.then(() => nextTurn(body));
  lastTurn = turn;
  return turn;
}

function tooLarge(limit: number): ServiceError {
  return new ServiceError('TooLarge', `The body is larger than ${limit} bytes`);
}
