import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { coerceError } from '../framework/errors.ts';
import { UsageError } from './command.ts';

export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/**
 * @param texts flags with a value; @param switches flags without.
 * @throws UsageError for an unknown flag, a missing value or an argument too many.
 */
export function parseFlags(args: readonly string[], texts: readonly string[], switches: readonly string[] = []): Flags {
  const options: ParseArgsOptionsConfig = {};
  for (const name of texts) options[name] = { type: 'string' };
  for (const name of switches) options[name] = { type: 'boolean' };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values as Flags;
  } catch (thrown) {
    throw new UsageError(coerceError(thrown).message, { cause: thrown });
  }
}
