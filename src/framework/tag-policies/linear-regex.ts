import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';
import { PatternError } from '../pattern-error.ts';
import { sizeOfPattern } from './pattern-size.ts';

const maxLength = 256;

/** Instructions of the compiled expression: a tag of 128 characters makes each of them be looked at 128 times at most. */
const maxSize = 500;

export interface LinearRegex {
  /** About how many instructions it has. */
  readonly size: number;
  readonly hasGroup: boolean;
  /**
   * @returns what is to be compared: the first named group, else the first one, else the whole text; null where that group took no
   * part in the match; undefined where the text does not match.
   */
  find(text: string): string | null | undefined;
}

/**
 * Compiles an expression in the syntax of RE2 and Go. It is matched in the time that its size times the text takes, whatever they
 * are; look-around and back-references do not exist.
 * @throws PatternError also for one that is too large.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function compileLinearRegex(pattern: string): LinearRegex {
  if (pattern.length > maxLength) throw new PatternError(`it is longer than ${maxLength} characters`);
  const size = sizeOfPattern(pattern);
  if (size > maxSize) throw new PatternError(`it is too large: about ${size} steps, ${maxSize} are the most`);
  const regex = compile(pattern);
  const [named] = Object.values(regex.namedGroups()).toSorted((a, b) => a - b);
  const group = named ?? Math.min(regex.groupCount(), 1);
  return {
    size,
    hasGroup: group > 0,
    find(text) {
      const matcher = regex.matcher(text);
      if (!matcher.find()) return undefined;
      return group === 0 ? text : matcher.group(group);
    },
  };
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown;
    throw new PatternError(faultIn(pattern, thrown), { cause: thrown });
  }
}

/** The engine says what it stumbled over, but not where. */
function faultIn(pattern: string, thrown: RE2JSException): string {
  if (!(thrown instanceof RE2JSSyntaxException)) return thrown.message;
  const part = thrown.getPattern() ?? '';
  const at = part === '' ? -1 : pattern.indexOf(part);
  return `${thrown.getDescription()}${at < 0 ? '' : ` in "${part}" at position ${at + 1}`}`;
}
