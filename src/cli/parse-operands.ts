import { UsageError } from './command.ts';

export interface ParsedOperands {
  /** The last value of each flag that has one. */
  readonly texts: ReadonlyMap<string, string>;
  /** The flags without a value that were given. */
  readonly switches: ReadonlySet<string>;
  /** What is no flag, in the order given. */
  readonly operands: readonly string[];
}

/**
 * Takes apart arguments whose operands and values may be any text: `-docker` is an operand, and so is all after `--`.
 * @param texts flags with a value, `--name value` or `--name=value`; @param switches flags without.
 * @throws UsageError for an unknown `--flag`, a missing value, or a value too many.
 */
export function parseOperands(args: readonly string[], texts: readonly string[], switches: readonly string[]): ParsedOperands {
  const values = new Map<string, string>();
  const given = new Set<string>();
  const operands: string[] = [];
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (arg === '--') return { texts: values, switches: given, operands: [...operands, ...left] };
    const [, name = '', inline] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === '') operands.push(arg);
    else if (texts.includes(name)) {
      const value = inline ?? left.shift();
      if (value === undefined) throw new UsageError(`--${name} needs a value`);
      values.set(name, value);
    } else if (!switches.includes(name)) throw new UsageError(`there is no option --${name}`);
    else if (inline !== undefined) throw new UsageError(`--${name} takes no value`);
    else given.add(name);
  }
  return { texts: values, switches: given, operands };
}
