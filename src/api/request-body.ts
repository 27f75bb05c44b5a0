import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../framework/errors.ts';

/**
 * Reads a whole body of at most `limit` bytes. A length that is said to be larger is refused before anything is read, and
 * nothing is ever decompressed.
 * @throws ServiceError `TooLarge`, `UnsupportedEncoding`, or `InvalidRequest` where the sender gave up.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new ServiceError('UnsupportedEncoding', 'A body with a Content-Encoding is not accepted');
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The connection has to live on, to carry the refusal.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (thrown instanceof ServiceError) throw thrown;
    throw new ServiceError('InvalidRequest', 'The body ended early', { cause: thrown });
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): ServiceError {
  return new ServiceError('TooLarge', `The body is larger than ${limit} bytes`);
}
