import { Range, type SemVer } from 'semver';
import { PatternError } from '../pattern-error.ts';

const maxLength = 256;

const comparator =
  /\s*(!=|>=|=>|<=|=<|~>|[<>=~^])?\s*v?((?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?(?=[\s,]|$)(?:\s*,)?/y;
const mirrored: Readonly<Record<string, string>> = { '=>': '>=', '=<': '<=', '~>': '~' };

/** One of the parts that `||` joins: all must hold. */
interface Alternative {
  readonly range: Range;
  readonly excluded: readonly Range[];
}

/**
 * Reads a range as Flux, Argo CD Image Updater and Helm do: `^1.2`, `~1.2.3`, `>=1.0, <2`, `1.x`, `1.2 - 1.4`, `!=1.3.1`, `||`. A
 * prerelease is in it only where the range names one: `^1.2-0` has all of them.
 * @throws PatternError
 */
export function parseVersionRange(text: string): (version: SemVer) => boolean {
  if (text.length > maxLength) throw new PatternError(`it is longer than ${maxLength} characters`);
  const alternatives = text.split('||').map((part, index, parts) => {
    const offset = parts.slice(0, index).reduce((sum, { length }) => sum + length + 2, 0);
    return parseAlternative(part, offset);
  });
  return (version) =>
    alternatives.some(({ range, excluded }) => range.test(version) && !excluded.some((each) => each.test(version)));
}

function parseAlternative(text: string, offset: number): Alternative {
  // Hyphens with a space on both sides are no part of a version.
  const part = text.replaceAll(/(\S+)\s+-\s+(\S+)/g, '>=$1 <=$2');
  const wanted: string[] = [];
  const unwanted: string[] = [];
  let namesPrerelease = false;
  comparator.lastIndex = 0;
  do {
    const at = comparator.lastIndex;
    const [matched = '', operator = '=', numbers = '', prerelease] = comparator.exec(part) ?? [];
    if (matched === '')
      throw new PatternError(`${shown(part.slice(at))} at position ${offset + at + 1} is no version to compare with`);
    namesPrerelease ||= prerelease !== undefined;
    const version = normalVersion(numbers, prerelease, operator);
    if (operator === '!=') unwanted.push(version);
    else wanted.push(`${mirrored[operator] ?? operator}${version}`);
  } while (part.slice(comparator.lastIndex).trim() !== '');
  const options = { includePrerelease: namesPrerelease };
  try {
    return {
      range: new Range(wanted.length === 0 ? '*' : wanted.join(' '), options),
      excluded: unwanted.map((each) => new Range(each, { includePrerelease: true })),
    };
  } catch (thrown) {
    throw new PatternError(`${shown(text)} at position ${offset + 1} is no range of versions`, { cause: thrown });
  }
}

/** As the library reads it: no leading zeros, and a prerelease only of a version that has all three numbers. */
function normalVersion(numbers: string, prerelease: string | undefined, operator: string): string {
  const parts = numbers.split('.').map((part) => (/^\d/.test(part) ? part.replace(/^0+(?=\d)/, '') : 'x'));
  const isBound = /^[<>^]|^=[<>]/.test(operator) && !parts.includes('x');
  if (prerelease !== undefined && isBound) parts.push(...Array<string>(3 - parts.length).fill('0'));
  const isWhole = parts.length === 3 && !parts.includes('x');
  return parts.join('.') + (prerelease !== undefined && isWhole ? `-${prerelease}` : '');
}

function shown(text: string): string {
  return text.trim() === '' ? 'nothing' : `"${text.trim()}"`;
}
