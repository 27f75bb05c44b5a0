import { limits } from '../framework/limits.ts';
import { UsageError } from './command.ts';

/** Standard input, or what stands for it. */
export type Input = AsyncIterable<Buffer> & { readonly isTTY?: boolean };

/**
 * A body as a registry would send it, from standard input.
 * @throws UsageError where nothing is sent there, and for more than any receiver takes.
 */
export async function readSentBody(input: Input): Promise<Buffer> {
  if (input.isTTY) throw new UsageError('the body is read from standard input: put < FILE behind the command');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of input) {
    size += part.length;
    if (size > limits.bodyBytes)
      throw new UsageError(`the body is larger than ${limits.bodyBytes} bytes, which no receiver takes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** `Name: value` as a lower-case name and a value. @throws UsageError for anything else. */
export function parseSentHeader(text: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^\s*([^\s:]+)\s*:(.*)$/s.exec(text) ?? [];
  if (name === '') throw new UsageError(`--header needs 'Name: value', not ${text}`);
  return [name.toLowerCase(), value.trim()];
}
