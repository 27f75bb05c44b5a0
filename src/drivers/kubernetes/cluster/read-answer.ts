/** Longest answer with one object that is read, bytes: etcd keeps none of more than 1.5 MB. */
export const maxObjectBytes = 4 * 1024 * 1024;
/** The same for a list. */
export const maxListBytes = 32 * 1024 * 1024;

/** What an answer is too large for. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';

  constructor(limit: number) {
    super(`more than ${limit / 1024 / 1024} MiB`);
  }
}

/** The whole text of an answer. @throws AnswerTooLargeError as soon as there are more bytes; the rest is not read. */
export async function readText(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw new AnswerTooLargeError(limit);
    read.push(chunk);
  }
  return Buffer.concat(read).toString('utf8');
}

/**
 * The lines of a watch, each with one object. It ends early where there is more in all than in the longest list.
 * @throws AnswerTooLargeError for a line that is too long.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxListBytes) return;
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > maxObjectBytes) throw new AnswerTooLargeError(maxObjectBytes);
    yield* parts.filter((line) => line.trim() !== '');
  }
}
